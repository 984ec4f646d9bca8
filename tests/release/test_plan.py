"""What a deploy decides to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flask_cdn_stack.assets.fingerprint import AssetObject
from flask_cdn_stack.assets.headers import Headers
from flask_cdn_stack.release.plan import Plan, make_plan
from flask_cdn_stack.release.state import Claim, ObjectRecord, State
from tests.release.fakes import HEADERS, digest, make_assets, make_build, make_manifest

TREE = {"css/app.css": "body {}", "js/app.js": "1", "logo.svg": "<svg/>"}


def _record(asset: AssetObject) -> ObjectRecord:
    return ObjectRecord(asset.checksum, asset.size, "etag", None, asset.headers.id)


def _published(tree: dict[str, str]) -> State:
    assets = make_assets(tree)
    return State(
        serial=1,
        objects={asset.key: _record(asset) for asset in assets},
        release="r1",
        manifest=digest(make_manifest(tree).encode()),
        releases=("r1",),
    )


def _reasons(plan: Plan) -> dict[str, str]:
    return {item.asset.key: item.reason for item in plan.uploads}


CLAIM = Claim(("logo.svg",), 0, "host", 1)


@pytest.mark.parametrize(
    ("tree", "state", "reasons"),
    [
        (TREE, State(), dict.fromkeys(TREE, "new")),
        (TREE, _published(TREE), {}),
        ({**TREE, "js/app.js": "2"}, _published(TREE), {"js/app.js": "changed"}),
        ({**TREE, "js/more.js": ""}, _published(TREE), {"js/more.js": "new"}),
        (TREE, replace(_published(TREE), writing={"other": CLAIM}), {"logo.svg": "interrupted"}),
        (TREE, replace(_published(TREE), writing={"me": CLAIM}), {}),
        ({**TREE, "logo.svg": "2"}, replace(_published(TREE), writing={"other": CLAIM}), {"logo.svg": "interrupted"}),
        (TREE, State(writing={"other": CLAIM}), {**dict.fromkeys(TREE, "new"), "logo.svg": "interrupted"}),
        ({"js/app.js": "1"}, replace(_published(TREE), writing={"other": CLAIM}), {}),
    ],
)
def test_reasons(tree: dict[str, str], state: State, reasons: dict[str, str]) -> None:
    """Each upload has one, and what has none is unchanged."""
    plan = make_plan(make_build(tree), state, "me")

    assert _reasons(plan) == reasons
    assert set(plan.unchanged) == set(tree) - set(reasons)


def test_headers() -> None:
    """Equal bytes with other headers are sent again."""
    build = make_build(TREE, Headers(HEADERS.content_type, "no-cache"))

    assert _reasons(make_plan(build, _published(TREE), "me")) == dict.fromkeys(TREE, "headers")


def test_sent_before_another_published() -> None:
    """What is new is not sent twice; what the other published counts more."""
    build = make_build({"new": "1", "both": "1"})
    uploaded = {asset.key: _record(asset) for asset in build.objects}
    state = _published({"both": "2"})

    assert _reasons(make_plan(build, state, "me", uploaded)) == {"both": "changed"}


@pytest.mark.parametrize(
    ("tree", "publishes"),
    [
        (TREE, False),
        ({**TREE, "logo.svg": "2"}, True),
        ({"logo.svg": "<svg/>"}, True),
        ({}, True),
        ({**TREE, "other": ""}, True),
    ],
)
def test_publishes(tree: dict[str, str], publishes: bool) -> None:
    """Whatever makes the manifest another one; a file that is gone does so without an upload."""
    plan = make_plan(make_build(tree), _published(TREE), "me")

    assert plan.publishes is publishes
    assert plan.manifest == make_manifest(tree)


def test_unknown_key_publishes() -> None:
    """The release stays as it is, and has to be uploaded again."""
    plan = make_plan(make_build(TREE), replace(_published(TREE), writing={"other": CLAIM}), "me")

    assert plan.publishes
    assert plan.manifest_checksum == _published(TREE).manifest


@pytest.mark.parametrize(
    ("tree", "state", "replaced"),
    [
        (TREE, State(), set()),
        (TREE, _published(TREE), set()),
        ({**TREE, "js/more.js": ""}, _published(TREE), set()),
        ({"logo.svg": "<svg/>"}, _published(TREE), set()),
        ({**TREE, "js/app.js": "2", "new": ""}, _published(TREE), {"js/app.js"}),
        (TREE, State(writing={"other": CLAIM}), {"logo.svg"}),
    ],
)
def test_replaced(tree: dict[str, str], state: State, replaced: set[str]) -> None:
    """Only what a viewer may hold an old copy of."""
    assert make_plan(make_build(tree), state, "me").replaced == replaced


@pytest.mark.parametrize(
    ("stored", "lost"),
    [
        (None, {}),
        ({"css/app.css": "etag", "js/app.js": "etag", "logo.svg": "etag"}, {}),
        ({"css/app.css": "etag", "js/app.js": "other"}, {"js/app.js": "other", "logo.svg": None}),
    ],
)
@pytest.mark.parametrize("tree", [{"css/app.css": "body {}"}, {"css/app.css": "changed"}])
def test_what_no_file_can_mend(
    tree: dict[str, str], stored: dict[str, str] | None, lost: dict[str, str | None]
) -> None:
    """Objects of other releases are named; those that another run has in hand are not."""
    state = _published(TREE)
    claimed = replace(state, writing={"other": CLAIM})

    assert make_plan(make_build(tree), state, "me", stored=stored).lost == lost
    assert make_plan(make_build(tree), claimed, "me", stored=stored).lost == {
        key: etag for key, etag in lost.items() if key not in CLAIM.keys
    }

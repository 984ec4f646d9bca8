"""What a deploy decides to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flask_cdn_stack.assets.headers import Headers
from flask_cdn_stack.release.plan import Plan, make_plan
from flask_cdn_stack.release.state import Claim, State
from tests.release.fakes import HEADERS, make_build, make_manifest, published

TREE = {"css/app.css": "body {}", "js/app.js": "1", "logo.svg": "<svg/>"}


def _reasons(plan: Plan) -> dict[str, str]:
    return {item.asset.key: item.reason for item in plan.uploads}


CLAIM = Claim(("logo.svg",), 0, "host", 1)


STATE = published(TREE)
CLAIMED = replace(STATE, writing={"other": CLAIM})


@pytest.mark.parametrize(
    ("tree", "state", "reasons", "publishes", "replaced"),
    [
        (TREE, State(), dict.fromkeys(TREE, "new"), True, set()),
        (TREE, STATE, {}, False, set()),
        ({**TREE, "js/app.js": "2", "js/more.js": ""}, STATE, {"js/app.js": "changed", "js/more.js": "new"}, True,
         {"js/app.js"}),
        ({"logo.svg": "<svg/>"}, STATE, {}, True, set()),
        ({}, STATE, {}, True, set()),
        (TREE, CLAIMED, {"logo.svg": "interrupted"}, True, {"logo.svg"}),
        (TREE, replace(STATE, writing={"me": CLAIM}), {}, False, set()),
        ({**TREE, "logo.svg": "2"}, CLAIMED, {"logo.svg": "interrupted"}, True, {"logo.svg"}),
        (TREE, State(writing={"other": CLAIM}), {**dict.fromkeys(TREE, "new"), "logo.svg": "interrupted"}, True,
         {"logo.svg"}),
        ({"js/app.js": "1"}, CLAIMED, {}, True, set()),
    ],
)  # fmt: skip
def test_a_plan(
    tree: dict[str, str], state: State, reasons: dict[str, str], publishes: bool, replaced: set[str]
) -> None:
    """Each upload has a reason, and what has none is unchanged.

    Whatever makes the manifest another one is published, and so is what has to be uploaded again; of what a viewer may
    hold an old copy, that is replaced.
    """
    plan = make_plan(make_build(tree), state, "me")

    assert _reasons(plan) == reasons
    assert set(plan.unchanged) == set(tree) - set(reasons)
    assert plan.publishes is publishes
    assert plan.replaced == replaced
    assert plan.manifest == make_manifest(tree)


def test_headers() -> None:
    """Equal bytes with other headers are sent again."""
    build = make_build(TREE, Headers(HEADERS.content_type, "no-cache"))

    assert _reasons(make_plan(build, STATE, "me")) == dict.fromkeys(TREE, "headers")


def test_sent_before_another_published() -> None:
    """What is new is not sent twice; what the other published counts more."""
    build = make_build({"new": "1", "both": "1"})
    uploaded = published({"new": "1", "both": "1"}).objects

    assert _reasons(make_plan(build, published({"both": "2"}), "me", uploaded)) == {"both": "changed"}


@pytest.mark.parametrize(
    ("stored", "lost"),
    [
        (None, {}),
        ({key: key for key in TREE}, {}),
        ({"css/app.css": "css/app.css", "js/app.js": "other"}, {"js/app.js": "other", "logo.svg": None}),
    ],
)
@pytest.mark.parametrize("tree", [{"css/app.css": "body {}"}, {"css/app.css": "changed"}])
def test_what_no_file_can_mend(
    tree: dict[str, str], stored: dict[str, str] | None, lost: dict[str, str | None]
) -> None:
    """Objects of other releases are named; those that another run has in hand are not."""
    assert make_plan(make_build(tree), STATE, "me", stored=stored).lost == lost
    assert make_plan(make_build(tree), CLAIMED, "me", stored=stored).lost == {
        key: etag for key, etag in lost.items() if key not in CLAIM.keys
    }

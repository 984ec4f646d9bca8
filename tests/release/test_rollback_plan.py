"""What a rollback restores, decided from the release and the state alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.release.records import ReleaseRecord, names_hold_checksums
from flask_cdn_stack.release.rollback import Rollback, plan_rollback
from flask_cdn_stack.release.state import ObjectRecord, State


def _plan(objects: Mapping[str, ObjectRecord], state: State) -> Rollback:
    paths = {"css/a%20b.css": "c", "x~y.js": "c", "z.js": "c"}
    stored = {key: record.etag for key, record in state.objects.items() if record.etag != "gone"}
    return plan_rollback(ReleaseRecord("r1", 1, render_manifest(paths), objects), state, "me", stored)


RECORD = ObjectRecord("c", 1, "e", "v1", "h")


@pytest.mark.parametrize(
    ("known", "restored"),
    [
        (RECORD, ()),
        (RECORD._replace(version="v9", etag="e9"), ()),
        (RECORD._replace(checksum="d"), ("z.js",)),
        (RECORD._replace(headers="i"), ("z.js",)),
        (RECORD._replace(etag="gone"), ("z.js",)),
        (None, ("z.js",)),
    ],
    ids=["the same", "uploaded again", "other bytes", "other headers", "deleted by hand", "deleted"],
)
def test_what_is_restored(known: ObjectRecord | None, restored: tuple[str, ...]) -> None:
    """What has other bytes or headers, whatever its version."""
    plan = _plan({"z.js": RECORD}, State(objects={"z.js": known} if known else {}))

    assert plan.restored == restored
    assert plan.invalidations == (("/z.js*",) if restored and known else ())


def test_invalidated_paths() -> None:
    """As the manifest writes them; a key that it does not name is encoded."""
    other = RECORD._replace(checksum="other")
    keys = ("css/a b.css", "x~y.js", "img/ü+.png")

    plan = _plan(dict.fromkeys(keys, RECORD), State(objects=dict.fromkeys(keys, other)))

    assert plan.invalidations == ("/css/a%20b.css*", "/img/%C3%BC*", "/x*")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("css/app.css", "LICENSE"), False),
        (("css/app.css", "css/app.0123456789abcdef.css"), True),
        (("css/app.0123456789abcdef.css", "LICENSE"), True),
        (("LICENSE.fedcba98",), True),
        (("css/app.css", "LICENSE", "cdn_manifest.txt"), False),
        (("css/app.fedcba98.css",), False),
        (("css/other.0123456789abcdef.css",), False),
    ],
)
def test_names_with_checksums(keys: tuple[str, ...], expected: bool) -> None:
    """Are known by the checksum that the manifest has."""
    manifest = render_manifest({"css/app.css": "0123456789abcdef" * 4, "LICENSE": "fedcba9876543210" * 4})

    assert names_hold_checksums(ReleaseRecord("r", 1, manifest, dict.fromkeys(keys, RECORD))) is expected


def test_names_with_a_bundlers_hash() -> None:
    """Are known by the manifest's word."""
    manifest = render_manifest({"app-Bx12.js": "c"}, ["app-Bx12.js"])

    assert names_hold_checksums(ReleaseRecord("r", 1, manifest, {"app-Bx12.js": RECORD}))

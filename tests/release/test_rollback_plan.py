"""What a rollback restores, decided from the release and the state alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from flask_cdn_stack.assets.published_names import Naming
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.release.records import ReleaseRecord
from flask_cdn_stack.release.rollback_plan import Rollback, plan_rollback
from flask_cdn_stack.release.state import ObjectRecord, State


def _plan(objects: Mapping[str, ObjectRecord], state: State) -> Rollback:
    paths = {"css/a%20b.css": "c", "x~y.js": "c", "z.js": "c"}
    stored = {key: record.etag for key, record in state.objects.items() if record.etag != "gone"}
    return plan_rollback(ReleaseRecord("r1", 1, render_manifest(paths), objects), state, "me", stored)


RECORD = ObjectRecord("c", 1, "e", "v1", "h")


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (RECORD, None),
        (RECORD._replace(version="v9", etag="e9"), None),
        (RECORD._replace(checksum="d"), "changed"),
        (RECORD._replace(headers="i"), "headers"),
        (RECORD._replace(etag="gone"), "missing"),
        (None, "missing"),
    ],
    ids=["the same", "uploaded again", "other bytes", "other headers", "deleted by hand", "deleted"],
)
def test_what_is_restored(known: ObjectRecord | None, reason: str | None) -> None:
    """What has other bytes or headers, whatever its version, and for this reason."""
    plan = _plan({"z.js": RECORD}, State(objects={"z.js": known} if known else {}))

    assert plan.copies == ((("z.js", reason),) if reason else ())
    assert plan.replaced == ({"z.js"} if reason and known else set())


def test_replaced_paths() -> None:
    """As the manifest writes them; a key that it does not name is encoded."""
    other = RECORD._replace(checksum="other")
    keys = ("css/a b.css", "x~y.js", "img/ü+.png")

    plan = _plan(dict.fromkeys(keys, RECORD), State(objects=dict.fromkeys(keys, other)))

    assert plan.replaced == {"css/a%20b.css", "x~y.js", "img/%C3%BC%2B.png"}


@pytest.mark.parametrize(
    ("known", "copy_headers", "naming", "is_dropped"),
    [
        (RECORD._replace(checksum="d"), "h", Naming("path", 8), True),
        (RECORD._replace(checksum="d"), "h", Naming("query", 8, immutable=True), True),
        (RECORD._replace(checksum="d"), "h", Naming("path", 8, keep_names=("z.js",)), False),
        (RECORD._replace(checksum="d"), "h", Naming("query", 8), False),
        (RECORD._replace(checksum="d"), "", Naming("path", 8), False),
        (RECORD._replace(checksum="d", headers="i"), "h", Naming("path", 8), False),
        (RECORD._replace(etag="gone"), "h", Naming("path", 8), False),
    ],
    ids=["path", "immutable", "kept name", "query", "kept for long", "other headers", "deleted by hand"],
)
def test_plain_copies(known: ObjectRecord, copy_headers: str, naming: Naming, is_dropped: bool) -> None:
    """That nothing links to are left to the edge, which drops them soon: going back then takes no invalidation."""
    record = ReleaseRecord("r1", 1, render_manifest({"z.js": "c" * 64}), {"z.js": RECORD}, naming=naming)
    stored = {} if known.etag == "gone" else {"z.js": known.etag}

    plan = plan_rollback(record, State(objects={"z.js": known}), "me", stored, lambda key: copy_headers)
    assert [item.key for item in plan.copies] == ["z.js"]
    assert plan.replaced == (set() if is_dropped else {"z.js"})

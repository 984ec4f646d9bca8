"""What differs, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from flask_cdn_stack.errors import ManifestError
from flask_cdn_stack.release.differences import compare_manifests, find_differences
from flask_cdn_stack.release.state import Claim, Removal, State
from tests.release.fakes import make_build, make_manifest, published

TREE = {"a.css": "a", "b.js": "b", "c.svg": "c"}
STATE, OLDER = published(TREE), published(TREE, "old.js")


def stored(*without: str, **changed: str) -> dict[str, str]:
    """Return what lies in the bucket: what the record says, but for some keys."""
    return {key: changed.get(key[0], key) for key in TREE if key not in without}


CLAIM, REMOVAL = Claim(("b.js", "d.js"), 0, "host", 1), Removal(("c.svg",), 0)


@pytest.mark.parametrize(
    ("tree", "state", "listing", "kinds"),
    [
        (TREE, State(), None, dict.fromkeys(TREE, "new")),
        (TREE, STATE, None, {}),
        (TREE, STATE, stored(), {}),
        ({**TREE, "d.js": ""}, STATE, stored(), {"d.js": "new"}),
        ({**TREE, "d.js": ""}, STATE, {**stored(), "d.js": '"x"'}, {"d.js": "foreign-change"}),
        ({**TREE, "b.js": "2"}, STATE, stored("c.svg"), {"b.js": "changed", "c.svg": "missing"}),
        ({"a.css": "a"}, STATE, stored("b.js"), {"b.js": "missing", "c.svg": "removed"}),
        (TREE, STATE, stored(b="other"), {"b.js": "foreign-change"}),
        (TREE, OLDER, None, {}),
        (TREE, OLDER, stored(), {"old.js": "missing"}),
        (None, STATE, None, {}),
        (None, STATE, stored("a.css", c="other"), {"a.css": "missing", "c.svg": "foreign-change"}),
        (None, replace(STATE, writing={"x": CLAIM}, removing={"y": REMOVAL}), {}, {"a.css": "missing"}),
        ({**TREE, "d.js": ""}, replace(STATE, writing={"x": CLAIM}), None, {"b.js": "changed", "d.js": "new"}),
    ],
)  # fmt: skip
def test_kinds(
    tree: dict[str, str] | None, state: State, listing: Mapping[str, str] | None, kinds: dict[str, str]
) -> None:
    """Each key has one, and a bucket that was not looked at says nothing."""
    build = make_build(tree) if tree is not None else None

    assert dict(find_differences(build, state, TREE.keys() if state.release else frozenset(), listing)) == kinds


def test_a_name_that_holds_its_checksum() -> None:
    """Is nobody else's: a deploy sends it, whatever lies there."""
    (item,) = make_build({"a.css": "a"}).objects
    key = f"a.{item.checksum[:16]}.css"
    build = make_build({})._replace(objects=(replace(item, key=key),))

    assert find_differences(build, State(), stored={key: '"x"'}) == ((key, "new"),)


def test_manifests() -> None:
    """Of which one may not be there yet, and the other not be readable."""
    after = make_manifest({"a.css": "2", "d.js": "", "c.svg": "c"})

    assert dict(compare_manifests(make_manifest(TREE), after)) == {"a.css": "changed", "b.js": "removed", "d.js": "new"}
    assert dict(compare_manifests(None, after)) == dict.fromkeys(("a.css", "c.svg", "d.js"), "new")
    with pytest.raises(ManifestError):
        compare_manifests("<html>", after)

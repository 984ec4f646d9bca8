"""Records as anybody may have written them who may write into the bucket: what is not ours is damage, and only that."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_cdn_stack.assets.published_names import Naming
from flask_cdn_stack.errors import RefusedError, StateError
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.release.history import Keep, find_release, list_releases
from flask_cdn_stack.release.plan import make_plan
from flask_cdn_stack.release.provenance import Provenance
from flask_cdn_stack.release.prune import preview_prune, preview_unneeded
from flask_cdn_stack.release.records import ReleaseRecord, decode_release, encode_release, release_key
from flask_cdn_stack.release.release_naming import check_naming, names_hold_checksums
from flask_cdn_stack.release.rollback_plan import plan_rollback
from flask_cdn_stack.release.state import STATE_KEY, Claim, ObjectRecord, Owner, Removal, State, Usage
from flask_cdn_stack.release.state_text import decode_state, encode_state
from flask_cdn_stack.release.store import read_state
from tests.release.fakes import OWNER, MemoryBucket, TreeSource, digest, make_run

OLD, NEW = "20260301T120000Z-01abcdef", "20260302T120000Z-02abcdef"
NAMING = Naming("query", 64, "shop", ("robots.txt",), True, False)
OBJECTS = {
    "static/a.js": ObjectRecord(digest(b"a"), 1, '"e1"', "v1", "h"),
    "static/ü\t\x7f\x85.0123abcd.css": ObjectRecord(digest(b"b"), 2, '"e2"', None, "h"),
}
STATE = State(
    serial=3,
    objects=OBJECTS,
    release=NEW,
    manifest=digest(b"m"),
    releases=(OLD, NEW),
    writing={"run1": Claim(("static/a.js",), 1_700_000_000.25, "host", 7, 12345, 1_700_000_060.5)},
    removing={"run2": Removal(("static/old.js",), 1_700_000_000.0, "host", 8, 12346)},
    usage=Usage("2026-03", 37),
    owner=Owner(*OWNER),
    owed=frozenset({"static/%C3%BC.css"}),
)
PROVENANCE = Provenance("ann@build-7", "3f" * 20, "main")
RELEASE = ReleaseRecord(
    OLD, 1_772_366_400, render_manifest({"/static/a.js": digest(b"a")}), OBJECTS, NEW, NAMING, PROVENANCE
)
CONTENT: dict[str, Any] = json.loads(gzip.decompress(encode_state(STATE)))
RELEASE_CONTENT: dict[str, Any] = json.loads(gzip.decompress(encode_release(RELEASE)))


def pack(content: object) -> bytes:
    """Return what a record may hold, as it may be written."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode("utf-8", "surrogatepass")
    return gzip.compress(text, 1, mtime=0)


def changed(path: str, value: object, content: dict[str, Any] = CONTENT) -> bytes:
    """Return a record with another value at a path."""
    copy = json.loads(json.dumps(content))
    *outer, last = path.split(":")
    place = copy
    for name in outer:
        place = place[name]
    place[last] = value
    return pack(copy)


def renamed(path: str, name: str, content: dict[str, Any] = CONTENT) -> bytes:
    """Return a record with another name in one of its tables."""
    copy = json.loads(json.dumps(content))
    place = copy[path]
    place[name] = place.pop(next(iter(place)))
    return pack(copy)


_SOME_NAMES = ["", "../x", "a\nb", "\ud800", ".flask-cdn-stack/state.json.gz"]
_NAMES = ["..", "a/../x", "/etc/x", "a//b", "a/", "\x1b[2J", "x" * 1025, "ü" * 513, ".flask-cdn-stack-root"]
_NAMES += _SOME_NAMES


def test_records_of_our_own() -> None:
    """Are read as they were written, and those of before some members were there, or with more of them, too."""
    for state in (STATE, State()):
        assert decode_state(encode_state(state)) == state
    assert encode_state(decode_state(encode_state(STATE))) == encode_state(STATE)
    long = RELEASE._replace(manifest='"é\u2028\\\n😀' * 20_000)  # encoded in pieces
    for release in (RELEASE, long):
        assert decode_release(encode_release(release), OLD) == release
    early = {key: CONTENT[key] for key in ("format", "serial", "release", "manifest", "releases", "objects")}
    removing = {"run2": {"keys": ["static/old.js"], "at": 5}}
    writing = {"run1": {"keys": ["static/a.js"], "at": 1_700_000_000, "host": "host", "pid": 7}}
    found = decode_state(pack({**early, "removing": removing, "writing": writing}))
    assert found.removing == {"run2": Removal(("static/old.js",), 5.0)}
    assert found.writing == {"run1": Claim(("static/a.js",), 1_700_000_000.0, "host", 7)}
    assert (found.owner, found.owed, found.usage) == (None, frozenset(), Usage())
    assert "usage" not in json.loads(gzip.decompress(encode_state(found)))
    assert decode_state(changed("unknown", {"month": 1})) == STATE


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(pack(b"[" * 500_000), id="deep"),
        pytest.param(pack(b'{"format":1,"x":' + b"[" * 500_000), id="deep where nobody looks"),
        pytest.param(pack(CONTENT) + pack({}), id="two in one"),
        pytest.param(pack(CONTENT) + b"more", id="more behind it"),
        *(pytest.param(pack(CONTENT)[:-size], id=f"{size} bytes short") for size in (1, 100)),
        *(pytest.param(data, id=f"{data!r}") for data in (b"", b"{}", *map(pack, (b"[]", b"{", b"\xff", b"{}")))),
        *(
            pytest.param(changed(name, None), id=f"no {name}")
            for name in ("serial", "releases", "usage", "usage:paths")
        ),
        pytest.param(changed("objects", []), id="a list of objects"),
        pytest.param(changed("objects:static/a.js", {"checksum": "c"}), id="half an object"),
        pytest.param(changed("writing", {"run": {}}), id="half a claim"),
        *(pytest.param(changed("writing:run1:at", value), id=f"at {value}") for value in (float("inf"), float("nan"))),
        *(pytest.param(changed("writing:run1:at", value), id=f"at {value}") for value in (-1, 10**30, "1", None)),
        *(pytest.param(changed("writing:run1:pid", value), id=f"pid {value}") for value in (10**30, -1, 1.5, True)),
        *(pytest.param(changed("removing:run2:started", value), id=f"started {value}") for value in (10**30, -1)),
        *(pytest.param(changed("serial", value), id=f"serial {value}") for value in (10**400, -1, "3", 1.5)),
        *(pytest.param(changed("releases", [value]), id=f"release {value!r:.30}") for value in (7, *_SOME_NAMES)),
        *(pytest.param(changed("release", value), id=f"published {value!r:.30}") for value in (7, "../x", "\ud800")),
        *(pytest.param(changed("removing:run2:keys", [name]), id=f"removing {name!r:.30}") for name in _SOME_NAMES),
        *(pytest.param(changed("writing:run1:keys", [name]), id=f"writing {name!r:.30}") for name in _SOME_NAMES),
        *(pytest.param(renamed("objects", name), id=f"object {name!r:.30}") for name in _NAMES),
        *(pytest.param(changed("owed", [name]), id=f"owed {name!r:.30}") for name in ("", "../x", "\n", "x" * 3073)),
        pytest.param(changed("objects:static/a.js:checksum", "../x"), id="a checksum"),
        pytest.param(changed("objects:static/a.js:etag", "a\r\nHost: b"), id="an ETag"),
        pytest.param(changed("objects:static/a.js:size", -1), id="a size"),
        pytest.param(changed("owner:project", "\x1b[2J"), id="what a terminal obeys"),
        pytest.param(changed("usage:month", "2026-3\n"), id="a month"),
    ],
)
def test_a_state_that_is_not_ours(data: bytes) -> None:
    """Is damaged, whatever is wrong with it."""
    with pytest.raises(StateError, match=r"\.flask-cdn-stack/state\.json\.gz in the bucket is damaged; nothing was ch"):
        decode_state(data)


@pytest.mark.parametrize(
    "data",
    [
        *(changed("created", value, RELEASE_CONTENT) for value in (10**30, -1, float("inf"))),
        *(changed("rollback_of", value, RELEASE_CONTENT) for value in ("../x", 7)),
        *(renamed("objects", name, RELEASE_CONTENT) for name in ("..", "/x", ".flask-cdn-stack/x")),
        changed("release", "..", RELEASE_CONTENT),
        changed("commit", "HEAD", RELEASE_CONTENT),
        changed("branch", "\x1b[31mred", RELEASE_CONTENT),
        changed("naming:mode", "else", RELEASE_CONTENT),
        changed("naming:checksum_length", 10**30, RELEASE_CONTENT),
        changed("naming:keep_names", "robots.txt", RELEASE_CONTENT),
        changed("manifest", "\ud800", RELEASE_CONTENT),
        *(b"", pack({"format": 1}), changed("objects", [], RELEASE_CONTENT), changed("created", None, RELEASE_CONTENT)),
        changed("objects:static/a.js", {}, RELEASE_CONTENT),
    ],
)
def test_a_release_that_is_not_ours(data: bytes) -> None:
    """Is damaged, too; that all of it can be deleted and uploaded again is not said of it."""
    with pytest.raises(StateError, match=f"The record {OLD} in the bucket is damaged; nothing was changed") as caught:
        decode_release(data, OLD)
    assert caught.value.hint == "Restore an earlier version of that object (the bucket keeps them)."


def test_a_bomb_is_not_unpacked() -> None:
    """Beyond what a record of its size can have."""
    import tracemalloc

    bomb = pack(json.dumps(CONTENT)[:-1].encode() + b" " * 300_000_000 + b"}")
    tracemalloc.start()
    try:
        with pytest.raises(StateError, match="damaged"):
            decode_state(bomb)
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("release", "data"),
    [(NEW, encode_release(RELEASE)), (OLD, changed("manifest", "<html>", RELEASE_CONTENT))],
    ids=["a record in the place of another", "a manifest that is none"],
)
def test_no_release_to_go_back_to(release: str, data: bytes) -> None:
    """It is damaged, and not taken for what it should be."""
    with pytest.raises(StateError, match="damaged"):
        find_release(MemoryBucket({release_key(release): data}), STATE, release)


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([*_NAMES, OLD, NEW, "static/a.js", 10**30, -1, 1e308, [], {}, [[]], {"a": {}}]),
)


@st.composite
def _mutated(draw: st.DrawFn, content: dict[str, Any]) -> bytes:
    """A record of ours, of which some values are others, gone, or there once more, and perhaps some bytes."""
    copy = json.loads(json.dumps(content))
    for _ in range(draw(st.integers(1, 3))):
        place: Any = copy
        while isinstance(place, dict | list) and place:
            name = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            if isinstance(place[name], dict | list) and place[name] and draw(st.booleans()):
                place = place[name]
                continue
            _change(draw, place, name)
            break
    text = json.dumps(copy).encode("utf-8", "surrogatepass")
    return pack(_spoil(draw, text)) if draw(st.booleans()) else _spoil(draw, pack(text))


def _change(draw: st.DrawFn, place: Any, name: Any) -> None:
    kind = draw(st.sampled_from(["replace", "remove", "rename"]))
    if kind == "remove":
        del place[name]
    elif kind == "rename" and isinstance(place, dict):
        place[draw(st.one_of(st.sampled_from(_NAMES), st.text(max_size=4)))] = place.pop(name)
    else:
        place[name] = draw(_VALUES)


def _spoil(draw: st.DrawFn, data: bytes) -> bytes:
    spoiled, source = bytearray(data), random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(0, 2))):
        spoiled[source.randrange(len(spoiled))] = source.randrange(256)
    return bytes(spoiled)


def _list(bucket: MemoryBucket) -> None:
    assert all(item.created is None or item.created >= 0 for item in list_releases(bucket))


def _plan(bucket: MemoryBucket) -> None:
    state = read_state(bucket).state
    make_plan(TreeSource({"static/a.js": "a"}).build(), state, "run")
    encode_state(state)


def _go_back(bucket: MemoryBucket) -> None:
    state = read_state(bucket).state
    target = find_release(bucket, state, None)
    plan_rollback(target, state, "run", {"static/a.js": '"e1"'})
    names_hold_checksums(target)
    for naming in (NAMING, Naming("path", 16)):
        with suppress(RefusedError):
            check_naming(target, naming)
    target.manifest.encode()


def _prune(bucket: MemoryBucket) -> None:
    preview_prune(bucket, Keep(1, 0), 1000, make_run())


def _delete(bucket: MemoryBucket) -> None:
    preview_unneeded(bucket, ["static/a.js"], True, Keep(1, 0), 1000, make_run(), lambda state: False)


@pytest.mark.parametrize("consume", [_list, _plan, _go_back, _prune, _delete])
@settings(max_examples=150)
@given(state=st.one_of(st.just(pack(CONTENT)), _mutated(CONTENT)), release=_mutated(RELEASE_CONTENT))
def test_whatever_is_read(consume: Callable[[MemoryBucket], None], state: bytes, release: bytes) -> None:
    """Is used, or refused with an error that says so."""
    bucket = MemoryBucket({STATE_KEY: state, release_key(OLD): release, release_key(NEW): release})
    with suppress(StateError, RefusedError):
        consume(bucket)
    assert not bucket.objects.keys() - {STATE_KEY, release_key(OLD), release_key(NEW)}


@settings(max_examples=300)
@given(data=st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(pack), _mutated(CONTENT)))
def test_a_state_that_is_read(data: bytes) -> None:
    """Can be written again, and says the same then."""
    with suppress(StateError):
        state = decode_state(data)
        assert decode_state(encode_state(state)) == state

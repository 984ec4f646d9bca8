"""Which releases there are, and which are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.release.history import Keep, Needs, find_release, kept_releases, list_releases, release_time
from flask_cdn_stack.release.provenance import Provenance
from flask_cdn_stack.release.publication import Publication
from flask_cdn_stack.release.records import ReleaseRecord, read_releases, release_key, write_release
from flask_cdn_stack.release.state import STATE_KEY, ObjectRecord, State
from flask_cdn_stack.release.state_text import encode_state, pack
from tests.release.fakes import FaultyOnce, MemoryBucket, RecordingDistribution, make_run

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp()
ONE, TWO, THREE, FOUR = (f"202603{day}T120000Z-{day}abcdef" for day in ("01", "29", "29", "31"))
THREE = THREE.replace("-29", "-30")
ALL = (ONE, TWO, THREE, FOUR)
OBJECTS = {"a": ObjectRecord("c" * 64, 5, "e", "v", "h"), "b": ObjectRecord("d" * 64, 7, "e", None, "h")}


def make_store(*releases: str) -> MemoryBucket:
    """Releases of two files, the third a rollback of the first."""
    store = MemoryBucket({STATE_KEY: encode_state(State(4, releases=releases, release=releases[-1]))})
    for release in releases:
        origin = ONE if release == THREE else None
        write_release(
            store, ReleaseRecord(release, int(release_time(release) or 0), render_manifest({}), OBJECTS, origin)
        )
    return store


def test_list() -> None:
    """The newest first, with what is known of each."""
    one, two, three, four = reversed(list_releases(make_store(*ALL)))

    assert [item.id for item in (one, two, three, four)] == list(ALL)
    assert [item.published for item in (one, two, three, four)] == [False, False, False, True]
    assert (one.files, one.size, one.created, one.problem) == (2, 12, release_time(ONE), "")
    assert (two.rollback_of, three.rollback_of) == (None, ONE)


def test_list_with_records_that_tell_nothing() -> None:
    """They are listed by what the id tells, and the others as ever."""
    store = make_store(*ALL)
    del store.objects[release_key(ONE)]
    store.objects[release_key(TWO)] = b"?"
    store.objects[release_key(THREE)] = pack({"format": 2})

    four, three, two, one = list_releases(store)

    assert "has format 2" in three.problem
    assert two.problem == f"The record {release_key(TWO)} in the bucket is damaged; nothing was changed."
    assert one.problem == f"The record {release_key(ONE)} in the bucket is gone."
    assert (one.created, one.files, four.files, four.problem) == (release_time(ONE), None, 2, "")


def test_many_records() -> None:
    """Each is read once, in whatever order; what is returned is in the order asked for."""
    ids = [f"r{number}" for number in range(50)]
    store = make_store(*ids)
    step = store.step = FaultyOnce("none", [])

    assert list(read_releases(store, ids, lambda record: record.id).items()) == [(item, item) for item in ids]
    assert sorted(step.met) == sorted(f"read {release_key(item)}" for item in ids)


@pytest.mark.parametrize(
    ("wanted", "expected"), [(None, THREE), (ONE, ONE), ("20260301", ONE), ("20260331T12", FOUR), (THREE, THREE)]
)
def test_find(wanted: str | None, expected: str) -> None:
    """By the beginning of its id; without one, the one before the published one."""
    store = make_store(*ALL)

    assert find_release(store, State(releases=ALL), wanted).id == expected


@pytest.mark.parametrize(
    ("releases", "wanted", "message"),
    [
        (ALL, "2026", "4 releases begin with 2026: "),
        (ALL, "2025", "There is no release 2025."),
        (ALL, ALL[0] + "x", "There is no release"),
        ((ONE,), None, "There is no release before the published one."),
        ((), None, "Nothing has been published yet."),
        ((ONE, "gone", TWO), None, "The record of release gone is gone from the bucket"),
    ],
)
def test_not_found(releases: tuple[str, ...], wanted: str | None, message: str) -> None:
    """It is said why, and what to do."""
    with pytest.raises(RefusedError) as caught:
        find_release(make_store(*ALL), State(releases=releases), wanted)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("releases", "keep", "expected"),
    [
        (ALL, Keep(1, 0), (FOUR,)),
        (ALL, Keep(2, 0), (THREE, FOUR)),
        (ALL, Keep(9, 0), ALL),
        (ALL, Keep(1, 1), (FOUR,)),
        (ALL, Keep(1, 2), (TWO, THREE, FOUR)),
        (ALL, Keep(3, 1), (TWO, THREE, FOUR)),
        (ALL, Keep(1, 30), ALL),
        (ALL, Keep(1, 29), (TWO, THREE, FOUR)),
        ((THREE, ONE), Keep(1, 1), (ONE,)),  # published by a machine whose clock is late
        (("odd", ONE, FOUR), Keep(1, 1), ("odd", FOUR)),  # no time is known of it
    ],
)
def test_kept(releases: tuple[str, ...], keep: Keep, expected: tuple[str, ...]) -> None:
    """The newest, and the young ones; what was published last is the newest of all."""
    assert kept_releases(releases, NOW, keep) == expected


def test_needs() -> None:
    """What any of the releases names; each record is read once."""
    store = make_store(*ALL)
    write_release(store, ReleaseRecord("other", 1, "", {"c": OBJECTS["a"]}))
    step = store.step = FaultyOnce("none", [])
    needs = Needs(store)

    assert needs.find_keys([ONE]) == {"a", "b"}
    assert needs.find_keys([ONE, "other"]) == {"a", "b", "c"}
    assert needs.find_keys([]) == set()
    assert step.met == [f"read {release_key(ONE)}", f"read {release_key('other')}"]


def test_a_rollback_is_of_the_commit_that_it_brings_back() -> None:
    """And of whoever went back."""
    target = ReleaseRecord(ONE, 1, "# flask-cdn-stack manifest\n", {}, provenance=Provenance("ann", "3f" * 20, "main"))
    run = replace(make_run(), provenance=Provenance("bob", "4c" * 20, "red"))

    record = Publication(MemoryBucket(), RecordingDistribution(), run).write(target.manifest, {}, None, target)

    assert (record.rollback_of, record.provenance) == (ONE, ("bob", "3f" * 20, "main"))

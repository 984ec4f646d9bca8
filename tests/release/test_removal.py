"""Deleting keys, one run at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from flask_cdn_stack.errors import AWSError, RefusedError
from flask_cdn_stack.release.removal import BATCH_KEYS, await_removals, find_removable, remove_keys
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import REMOVAL_SECONDS, SKEW_SECONDS, STATE_KEY, Claim, ObjectRecord, Removal, State
from flask_cdn_stack.release.state_text import encode_state
from flask_cdn_stack.release.store import read_state
from tests.release.fakes import OWNER, FakeClock, FaultyOnce, MemoryBucket, RecordingWatcher, digest, make_run

RECORD = ObjectRecord(digest(b"x"), 1, "etag", None, "h")


def make_bucket(*keys: str, **state: object) -> MemoryBucket:
    """Objects that the table names, and a foreign one."""
    known = State(serial=1, objects=dict.fromkeys(keys, RECORD), **state)  # type: ignore[arg-type]
    return MemoryBucket({**dict.fromkeys([*keys, "foreign"], b"x"), STATE_KEY: encode_state(known)})


def read(bucket: MemoryBucket) -> State:
    return read_state(MemoryBucket(bucket.objects)).state


def change(bucket: MemoryBucket, **changes: object) -> None:
    """Change the record as another run would."""
    bucket.objects[STATE_KEY] = encode_state(replace(read(bucket), **changes))  # type: ignore[arg-type]


def remove(bucket: MemoryBucket, *keys: str, ceiling: int = 100, run: Run | None = None) -> list[str]:
    return remove_keys(bucket, run or make_run(), lambda state: set(keys), ceiling)


def test_order() -> None:
    """Into the state, out of the bucket, out of the state."""
    bucket = make_bucket("a", "b", "c")
    step = bucket.step = FaultyOnce("none", [])

    assert remove(bucket, "a", "c") == ["a", "c"]

    assert step.met == [f"read {STATE_KEY}", f"write {STATE_KEY}", "delete a", "delete c", f"write {STATE_KEY}"]
    assert read(bucket) == State(serial=1, objects={"b": RECORD}, owner=OWNER, owed=frozenset({"a", "c"}))
    assert bucket.texts() == {"b": "x", "foreign": "x"}


def test_nothing_to_delete() -> None:
    """Is seen with one request."""
    bucket = make_bucket("a")
    step = bucket.step = FaultyOnce("none", [])

    assert remove(bucket) == []
    assert step.met == [f"read {STATE_KEY}"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, {"a", "b"}),
        ({"writing": {"run": Claim(("a",), FakeClock.seconds, "here", 1)}}, {"b"}),
        ({"writing": {"other": Claim(("a", "b"), FakeClock.seconds, "there", 1)}}, set()),
        ({"writing": {"left": Claim(("a", "b"), 0, "there", 1)}}, {"a", "b"}),
        ({"writing": {"dead": Claim(("a", "b"), FakeClock.seconds, "here", 2)}}, {"a", "b"}),
        ({"removing": {"other": Removal(("b",), 0)}}, {"a"}),
    ],
    ids=["free", "its own claim", "another host's claim", "an old claim", "a dead claim", "being deleted"],
)
def test_what_may_be_deleted(state: dict[str, object], expected: set[str]) -> None:
    """Only what the table names, and nobody is at."""
    known = State(objects={"a": RECORD, "b": RECORD, "c": RECORD}, **state)  # type: ignore[arg-type]

    assert find_removable(known, {"a", "b", "foreign"}, make_run()) == expected


def test_ceiling() -> None:
    """Over it, nothing is changed; at it, all is done."""
    bucket = make_bucket("a", "b")
    before = dict(bucket.objects)

    with pytest.raises(RefusedError) as caught:
        remove(bucket, "a", "b", ceiling=1)

    assert caught.value.message == ("Objects to delete: 2; assets.max_deletes allows 1. Nothing was deleted.")
    assert "--max-deletes 2" in caught.value.hint
    assert bucket.objects == before
    assert remove(bucket, "a", "b", ceiling=2) == ["a", "b"]


def test_many_keys() -> None:
    """Go in batches, so that no removal grows old."""
    keys = [f"{number:05}" for number in range(BATCH_KEYS + 1)]
    bucket = make_bucket(*keys, "kept")
    writes: list[int] = []

    def note(operation: str, key: str, effect: Callable[[], object]) -> object:
        result = effect()
        if operation == "write":
            writes.append(len(read(bucket).doomed_keys()))
        return result

    bucket.step = note

    assert remove(bucket, *keys, ceiling=5000) == keys
    assert writes == [BATCH_KEYS, 0, 1, 0]
    assert bucket.texts() == {"kept": "x", "foreign": "x"}


@pytest.mark.parametrize(
    "changes",
    [{"writing": {"other": Claim(("a",), FakeClock.seconds, "there", 1)}}, {"serial": 2}],
    ids=["claimed", "needed"],
)
def test_a_key_that_another_wants_in_the_last_moment(changes: dict[str, object]) -> None:
    """Stays: what is doomed is asked again."""
    bucket = make_bucket("a", "b")
    bucket.step = FaultyOnce("write", [lambda: change(bucket, **changes)])

    assert remove_keys(bucket, make_run(), lambda state: {"a", "b"} if state.serial == 1 else {"b"}, 10) == ["b"]
    assert set(read(bucket).objects) == {"a"}
    assert "a" in bucket.objects


@pytest.mark.parametrize("way", ["its process is dead", "it is taken over", "it is old"])
def test_a_refused_deletion(way: str) -> None:
    """The keys stay doomed, so that nobody takes them for whole; the next run that may know finishes them."""
    bucket, clock = make_bucket("a", "b"), FakeClock()
    bucket.step = FaultyOnce("delete", [None, AWSError("AWS denied s3:DeleteObject.")])

    with pytest.raises(AWSError, match="denied"):
        remove(bucket, "a", "b", run=make_run("first", clock))

    assert read(bucket).doomed_keys() == {"a", "b"}
    elsewhere = make_run("elsewhere", clock, "there")
    assert remove(bucket, "a", "b", run=elsewhere) == []
    assert read(bucket).doomed_keys() == {"a", "b"}
    finisher = {
        "its process is dead": make_run("second", clock, pid=2),
        "it is taken over": replace(elsewhere, takes_over=True),
    }.get(way)
    clock.sleep(0 if finisher else REMOVAL_SECONDS + SKEW_SECONDS + 1)
    assert remove(bucket, run=finisher or elsewhere) == []
    assert read(bucket) == State(serial=1, owner=OWNER, owed=frozenset({"a", "b"}))
    assert bucket.texts() == {"foreign": "x"}


def test_a_run_that_was_stopped_for_long() -> None:
    """Deletes nothing that it has entered before: another may have finished that, and a third published the key."""
    bucket, clock = make_bucket("a"), FakeClock()

    def stop(operation: str, key: str, effect: Callable[[], object]) -> object:
        result = effect()
        if operation == "write":
            bucket.step = lambda *do: do[2]()
            clock.sleep(REMOVAL_SECONDS + 1)
            bucket.objects[STATE_KEY] = encode_state(State(serial=2, objects={"a": RECORD}))
        return result

    bucket.step = stop

    remove_keys(bucket, make_run(clock=clock), lambda state: {"a"} if state.serial == 1 else set(), 10)

    assert bucket.texts() == {"a": "x", "foreign": "x"}


def test_not_waiting() -> None:
    """For keys that are not needed."""
    bucket, clock, watcher = make_bucket("a", "b"), FakeClock(), RecordingWatcher()
    change(bucket, removing={"other": Removal(("a",), clock.now())})
    snapshot = read_state(bucket)

    assert await_removals(bucket, make_run(clock=clock), watcher, snapshot, {"b"}) is snapshot
    assert clock.naps == []

"""Pruning, and deleting with a deploy, one run at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.release.history import Keep
from flask_cdn_stack.release.plan import PlannedDeletion
from flask_cdn_stack.release.prune import (
    Pruning,
    delete_pruned,
    delete_unneeded,
    plan_deletions,
    preview_prune,
    preview_unneeded,
)
from flask_cdn_stack.release.records import encode_release, read_release, release_key
from flask_cdn_stack.release.state import STATE_KEY, Claim, ObjectRecord, Removal, State
from flask_cdn_stack.release.state_text import encode_state
from flask_cdn_stack.release.store import read_state
from tests.release.deployments import Tree, read
from tests.release.fakes import FakeClock, MemoryBucket, digest, make_manifest, make_run
from tests.release.histories import DAY, Act, make_dated

RECORD = ObjectRecord("c", 1, "e", None, "h")
NOW = FakeClock.seconds

TREES: list[Tree] = [{"a": "a0", "one": "1"}, {"a": "a0", "two": "2"}, {"a": "a1", "three": "3"}]


def make_bucket(trees: list[Tree] = TREES) -> MemoryBucket:
    """Releases of the last days, and a foreign object."""
    bucket = MemoryBucket({"foreign": b"theirs"})
    for number, tree in enumerate(trees):
        clock = FakeClock(NOW - (len(trees) - number) * DAY)
        Act("deploy", tree).perform(bucket.objects, make_dated(f"run{number}", clock, number))
    return bucket


def clean(bucket: MemoryBucket, keep: Keep, ceiling: int = 100) -> Pruning:
    run = make_run()
    return delete_pruned(bucket, preview_prune(bucket, keep, ceiling, run), keep, ceiling, run)


def test_reasons() -> None:
    """What only a dead run knows of was begun by it; all else is not needed."""
    state = State(objects={"a": RECORD}, writing={"dead": Claim(("a", "b"), NOW - 3601, "there", 1)})

    assert plan_deletions(state, set(), make_run()) == (("a", "unneeded"), ("b", "interrupted"))


@pytest.mark.parametrize(
    ("keep", "gone", "dropped"),
    [
        (Keep(3, 0), [], 0),
        (Keep(2, 0), ["one"], 1),
        (Keep(1, 0), ["one", "two"], 2),
        (Keep(1, 30), [], 0),
        (Keep(1, 2), ["one"], 1),
    ],
)
def test_prune(keep: Keep, gone: list[str], dropped: int) -> None:
    """The keys, the records and the ids of what is not kept go, and nothing else."""
    bucket = make_bucket()
    before = read(bucket.objects)

    done = clean(bucket, keep)

    state = read(bucket.objects)
    assert list(done.keys) == gone
    assert done.releases == before.releases[:dropped]
    assert done.kept == state.releases == before.releases[dropped:]
    assert set(bucket.texts()) == {"a", "one", "two", "three", "foreign"} - set(gone)
    assert state.objects.keys() == bucket.texts().keys() - {"foreign"}
    assert [release_key(item) in bucket.objects for item in before.releases] == [
        item in done.kept for item in before.releases
    ]
    assert (state.release, state.manifest, state.removing) == (before.release, before.manifest, {})


def test_ceiling() -> None:
    """Is checked before anything is shown or changed; at it all is done, and then nothing is left to do."""
    bucket = make_bucket()
    before = dict(bucket.objects)

    with pytest.raises(RefusedError, match=r"Objects to delete: 2; assets\.max_deletes allows 1\.") as caught:
        clean(bucket, Keep(1, 0), ceiling=1)
    assert "--max-deletes 2" in caught.value.hint
    with pytest.raises(RefusedError, match="Objects to delete: 3;"):
        preview_unneeded(bucket, {"a"}, False, Keep(5, 30), 2, make_run())

    assert bucket.objects == before
    clean(bucket, Keep(1, 0), ceiling=2)
    after = dict(bucket.objects)
    assert clean(bucket, Keep(1, 0), ceiling=0).keys == ()
    assert bucket.objects == after


@pytest.mark.parametrize(("record", "what"), [(None, "gone"), (b"damaged", "damaged or newer")])
def test_a_kept_release_that_cannot_be_read(record: bytes | None, what: str) -> None:
    """Then nothing is deleted; one that is not kept does no harm."""
    bucket = make_bucket()
    oldest, _, published = (release_key(item) for item in read(bucket.objects).releases)
    clean(MemoryBucket({**bucket.objects, oldest: b"damaged"}), Keep(1, 0))
    bucket.objects.pop(published)
    if record is not None:
        bucket.objects[published] = record
    before = dict(bucket.objects)

    with pytest.raises(RefusedError, match=f"which is kept, is {what}: .* nothing is deleted"):
        clean(bucket, Keep(1, 0))

    assert bucket.objects == before


@pytest.mark.parametrize("action", ["prune", "delete"])
def test_beside_another_that_keeps_less(action: str) -> None:
    """A release that the other dropped, after this run read that there is one, is not missed."""
    bucket = make_bucket()
    oldest = read(bucket.objects).releases[0]

    def step(operation: str, key: str, effect: Callable[[], object]) -> object:
        if (operation, key) == ("read", release_key(oldest)):
            clean(MemoryBucket(bucket.objects), Keep(1, 0))
        return effect()

    watched, keep, run = MemoryBucket(bucket.objects, step), Keep(3, 0), make_run()
    if action == "prune":
        assert clean(watched, keep).keys == ()
    else:
        agreed = [PlannedDeletion(key, "unneeded") for key in ("one", "two", "three")]
        assert delete_unneeded(watched, agreed, True, keep, 100, run) == ()

    assert release_key(oldest) not in bucket.objects
    assert read(bucket.objects).objects.keys() == {"a", "three"}


def test_only_what_was_shown() -> None:
    """Whatever becomes needless after the question is left for the next time."""
    bucket = make_bucket()
    plan = preview_prune(bucket, Keep(2, 0), 100, make_run())

    done = delete_pruned(bucket, plan, Keep(1, 0), 100, make_run())

    assert (done.keys, len(done.releases)) == (("one",), 1)
    assert len(read(bucket.objects).releases) == 2


def test_what_is_needed_again_after_the_question() -> None:
    """Stays."""
    bucket = make_bucket()
    plan = preview_prune(bucket, Keep(1, 0), 100, make_run())
    Act("deploy", TREES[0]).perform(bucket.objects, make_dated("later", FakeClock(NOW), 9))

    done = delete_pruned(bucket, plan, Keep(1, 0), 100, make_run())

    assert done.keys == ("two",)
    assert bucket.texts() == {"a": "a0", "one": "1", "three": "3", "foreign": "theirs"}


@pytest.mark.parametrize(
    ("in_path", "keep", "expected"),
    [
        (False, Keep(5, 30), ["one", "three", "two"]),
        (True, Keep(5, 30), []),
        (True, Keep(1, 0), ["one", "three", "two"]),
        (True, Keep(2, 0), ["one", "two"]),
        (True, Keep(3, 0), ["one"]),
    ],
)
def test_delete_with_a_deploy(in_path: bool, keep: Keep, expected: list[str]) -> None:
    """In query mode all that the new release does not name; in path mode what no kept release names."""
    bucket, run, tree = make_bucket(), make_run(), {"a": "a1", "new": "n"}
    before = dict(bucket.objects)
    agreed = preview_unneeded(bucket, tree, in_path, keep, 100, run)
    assert bucket.objects == before
    Act("deploy", tree).perform(bucket.objects, make_dated("deploy", FakeClock(NOW), 9))

    deleted = delete_unneeded(bucket, agreed, in_path, keep, 100, run)

    assert deleted == agreed
    assert [item.key for item in deleted] == expected
    assert set(bucket.texts()) == {"a", "one", "two", "three", "new", "foreign"} - set(expected)


@pytest.mark.parametrize(("keep", "expected"), [(Keep(1, 0), ["one", "two"]), (Keep(2, 0), ["one"]), (Keep(3, 0), [])])
def test_delete_with_a_deploy_of_nothing_new(keep: Keep, expected: list[str]) -> None:
    """What is published counts among the kept releases; no other takes its place."""
    bucket, run = make_bucket(), make_run()
    tree = {"a", "three"}

    agreed = preview_unneeded(bucket, tree, True, keep, len(expected), run, publishes=lambda state: False)

    assert [item.key for item in agreed] == expected
    assert delete_unneeded(bucket, agreed, True, keep, len(expected), run) == agreed


def test_delete_after_checksums_were_in_names() -> None:
    """Pages of a kept release from before go on finding their files, as long as it is kept."""
    named = f"app.{digest(b'x')[:8]}.js"
    bucket, run = make_bucket([{"app.js": "x", named: "x"}, {"app.js": "y", "left.js": ""}]), make_run()
    first = read_state(bucket).state.releases[0]
    record = read_release(bucket, first)
    assert record is not None
    bucket.objects[release_key(first)] = encode_release(record._replace(manifest=make_manifest({"app.js": "x"})))

    old, left = PlannedDeletion(named, "unneeded"), PlannedDeletion("left.js", "unneeded")
    assert preview_unneeded(bucket, {"app.js"}, False, Keep(5, 30), 100, run) == (left,)
    assert preview_unneeded(bucket, {"app.js"}, False, Keep(1, 0), 100, run) == (old, left)
    assert delete_unneeded(bucket, (old, left), False, Keep(2, 0), 100, run) == ()
    assert delete_unneeded(bucket, (old, left), False, Keep(1, 0), 100, run) == (old,)


def test_delete_beside_another_deploy() -> None:
    """What the release needs that was published meanwhile stays."""
    bucket, run = make_bucket(), make_run()
    agreed = preview_unneeded(bucket, {"a"}, False, Keep(5, 30), 100, run)
    Act("deploy", {"a": "a1", "two": "2"}).perform(bucket.objects, make_dated("other", FakeClock(NOW), 9))

    deleted = delete_unneeded(bucket, agreed, False, Keep(5, 30), 100, run)

    assert [item.key for item in deleted] == ["one", "three"]


def test_delete_before_the_first_deploy() -> None:
    """There is nothing."""
    bucket = MemoryBucket({"foreign": b"theirs"})

    assert preview_unneeded(bucket, {"a"}, True, Keep(5, 30), 0, make_run()) == ()
    assert delete_unneeded(bucket, (), True, Keep(5, 30), 0, make_run()) == ()


def test_what_another_run_left_is_finished() -> None:
    """A prune goes on with what a killed one has begun."""
    bucket, clock = make_bucket(), FakeClock()
    state = replace(read_state(bucket).state, removing={"dead": Removal(("one", "two"), clock.now() - 3000)})
    bucket.objects[STATE_KEY] = encode_state(state)
    del bucket.objects["one"]

    done = clean(bucket, Keep(1, 0))

    assert len(done.releases) == 2
    assert set(bucket.texts()) == {"a", "three", "foreign"}
    assert read(bucket.objects).removing == {}

"""Emptying a bucket: what goes, what stops it, and that it may end anywhere."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from flask_cdn_stack.errors import AWSError, RefusedError, StateError
from flask_cdn_stack.release.bucket_survey import Survey, Tally, survey_bucket
from flask_cdn_stack.release.emptying import HOLD_SECONDS, check_nobody_works, empty_bucket
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import STATE_KEY, Claim, Owner, Removal, State
from flask_cdn_stack.release.state_text import encode_state
from flask_cdn_stack.release.store import read_state
from tests.release.fakes import FakeClock, RecordingDistribution, RecordingWatcher, TreeSource, carry_out, make_run
from tests.release.kept_versions import KeptVersions
from tests.release.publishing import publish

TREES = [{"a.css": "1", "b.js": "1", "old.svg": "1"}, {"a.css": "2", "b.js": "1"}]


def make_bucket(versioned: bool = True) -> KeptVersions:
    """A bucket with two releases, of whose first a file has gone since."""
    bucket = KeptVersions(versioned=versioned)
    for tree in TREES:
        deploy(bucket, tree)
    state = read_state(bucket).state  # type: ignore[arg-type]
    left = {key: item for key, item in state.objects.items() if key != "old.svg"}
    bucket.put(STATE_KEY, encode_state(replace(state, objects=left, releases=state.releases[1:])))
    bucket._remove("old.svg")
    return bucket


def deploy(bucket: KeptVersions, tree: dict[str, str], run: Run | None = None) -> None:
    """Publish a tree."""
    publish(bucket, RecordingDistribution(), TreeSource(tree), run or make_run(pid=9), RecordingWatcher())  # type: ignore[arg-type]


def survey(bucket: KeptVersions, run: Run | None = None, prefix: str = "") -> Survey:
    """Look through a bucket."""
    return survey_bucket(bucket, bucket, prefix, run or make_run())  # type: ignore[arg-type]


def empty(
    bucket: KeptVersions, run: Run | None = None, foreign: bool = False, found: Survey | None = None
) -> tuple[Tally, list[Tally]]:
    """Empty a bucket; return what was deleted, and what was told meanwhile."""
    run, told = run or make_run(), list[Tally]()
    found = found or survey(bucket, run)
    return empty_bucket(bucket, bucket, found, run, foreign, told.append), told  # type: ignore[arg-type]


@pytest.mark.parametrize("versioned", [True, False])
def test_all_of_it(versioned: bool) -> None:
    """Objects, earlier versions, delete markers and the records, each counted, and told of as it goes."""
    bucket = make_bucket(versioned)
    found = survey(bucket)
    done, told = empty(bucket, found=found)

    assert bucket.history == {}
    assert found.foreign_keys == ()
    assert found.ours.markers == versioned
    assert (found.ours.versions > 0) == versioned
    # To take hold of the record, and to let others plan anew, it is written twice more.
    assert done.total - found.ours.total == 2 * versioned
    assert told[-1] == done
    assert [one.total for one in told] == sorted(one.total for one in told)


def test_what_was_pruned_is_ours() -> None:
    """An earlier version of a record names it; what nobody ever named is foreign, and so is what lies there again."""
    bucket = make_bucket()
    bucket.put("gone", b"theirs")
    bucket._remove("gone")
    assert survey(bucket).foreign_keys == ("gone",)

    bucket.put("old.svg", b"theirs")
    assert survey(bucket).foreign_keys == ("gone", "old.svg")


def test_a_record_that_may_not_be_read() -> None:
    """Of long ago, encrypted with a key that is gone, say: it tells nothing, and the others do."""
    bucket = make_bucket()
    refused = AWSError("AWS denied kms:Decrypt.", code="AccessDenied", status=403)
    bucket.unreadable = {version.id: refused for version in bucket.records()[:1]}
    assert survey(bucket).foreign_keys == ()

    bucket.unreadable = {version.id: refused for version in bucket.records()}
    assert survey(bucket).foreign_keys == ("old.svg",)
    bucket.unreadable = {version.id: AWSError("later", status=503) for version in bucket.records()}
    with pytest.raises(AWSError, match="later"):
        survey(bucket)


def test_foreign_objects_stop_it() -> None:
    """Before anything is deleted; a word lets them go too."""
    bucket = make_bucket()
    bucket.put("theirs/a", b"12")
    before = {key: [*versions] for key, versions in bucket.history.items()}
    with pytest.raises(RefusedError, match=r"1 names that this project has not published.*\n  theirs/a"):
        empty(bucket)
    assert bucket.history == before

    done, _ = empty(bucket, foreign=True)
    assert done.objects >= 3
    assert bucket.history == {}


def test_what_comes_later_stays() -> None:
    """Something foreign that is put there while it goes on is nobody's to delete."""
    bucket = make_bucket()
    found = survey(bucket)
    bucket.put("zzz", b"theirs")
    empty(bucket, found=found)

    assert {*bucket.history} == {"zzz"}


def test_another_project() -> None:
    """Its record is refused, unless all is to go."""
    bucket = make_bucket()
    state = read_state(bucket).state  # type: ignore[arg-type]
    bucket.put(STATE_KEY, encode_state(replace(state, owner=Owner("blog", "blog-cdn"))))
    with pytest.raises(RefusedError, match="belongs to the project blog"):
        survey(bucket)

    taking = replace(make_run(), takes_over=True)
    empty(bucket, taking, foreign=True)
    assert bucket.history == {}


def test_a_damaged_record() -> None:
    """Says nothing of whose anything is: all goes, or nothing."""
    bucket = make_bucket()
    bucket.put(STATE_KEY, b"damaged")
    with pytest.raises(StateError, match="damaged"):
        survey(bucket)

    found = survey(bucket, replace(make_run(), takes_over=True))
    assert "a.css" in found.foreign_keys
    empty(bucket, foreign=True, found=found)
    assert bucket.history == {}


NOW = FakeClock.seconds


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"writing": {"o": Claim(("a",), NOW, "there", 7)}}, "Process 7 on the machine there is deploying"),
        ({"writing": {"o": Claim(("a",), NOW, "here", 1, 1)}}, "on this machine is deploying"),
        ({"removing": {"o": Removal(("a",), NOW, "there", 7)}}, "is deleting objects"),
        ({"writing": {"o": Claim(("a",), NOW, "here", 2)}, "removing": {"p": Removal(("b",), 0, "there", 3)}}, ""),
    ],
    ids=["deploying there", "deploying here", "deleting", "both dead"],
)
def test_nobody_else_works(state: dict[str, object], words: str) -> None:
    """A living run is in the way, a dead one is not."""
    known = State(**state)  # type: ignore[arg-type]
    if words:
        with pytest.raises(RefusedError, match=words):
            check_nobody_works(known, make_run())
    else:
        check_nobody_works(known, make_run())


def test_a_deploy_between_look_and_hold() -> None:
    """What it has sent is not in the plan, so nothing is deleted."""
    bucket = make_bucket()
    found = survey(bucket)
    deploy(bucket, {**TREES[1], "new.js": "1"})
    with pytest.raises(RefusedError, match="1 new object meanwhile; nothing was deleted"):
        empty(bucket, found=found)
    assert bucket.texts() == {**TREES[1], "new.js": "1"}


def test_a_run_that_was_stopped_for_long() -> None:
    """Deletes nothing more where another has finished what it had begun, and deployed again."""
    bucket, clock = make_bucket(), FakeClock()
    run = make_run("slow", clock)

    def sleep_long(operation: str, key: str, effect: Callable[[], object]) -> object:
        if operation == "erase":
            bucket.step = carry_out
            clock.seconds += HOLD_SECONDS * 100
            deploy(bucket, TREES[0], make_run("quick", clock, pid=5))
        return effect()

    found = survey(bucket, run)
    bucket.step = sleep_long
    with pytest.raises(RefusedError, match="taken over"):
        empty(bucket, run, found=found)
    assert bucket.texts() == TREES[0]


@dataclass
class KillAt:
    """Ends the process at one of its operations, which may still be carried out."""

    nth: int
    carried_out: bool
    met: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(self, operation: str, key: str, effect: Callable[[], object]) -> object:
        if next(self.met) != self.nth:
            return effect()
        if self.carried_out:
            effect()
        raise KeyboardInterrupt


def kill_at(nth: int, versioned: bool, carried_out: bool) -> KeptVersions | None:
    """Return a bucket of which the emptying was killed at an operation; None where it did not come to that."""
    bucket = make_bucket(versioned)
    run = make_run("killed", pid=2)
    found = survey(bucket, run)
    bucket.step = KillAt(nth, carried_out)
    try:
        empty(bucket, run, found=found)
    except KeyboardInterrupt:
        bucket.step = carry_out
        return bucket
    return None


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("carried_out", [True, False])
def test_killed_anywhere(versioned: bool, carried_out: bool) -> None:
    """Run again, it goes on to the end; a deploy after it instead publishes everything anew."""
    for nth in itertools.count(1):
        if (bucket := kill_at(nth, versioned, carried_out)) is None:
            break
        empty(bucket, make_run("again", pid=3))
        assert bucket.history == {}, nth

        bucket = kill_at(nth, versioned, carried_out)
        assert bucket
        deploy(bucket, TREES[1], make_run("deploys", pid=3))
        assert bucket.texts() == TREES[1], nth
        assert not survey(bucket).snapshot.state.doomed_keys()
    assert nth > 8

"""One deploy at a time: what it asks for, in what order, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flask_cdn_stack.errors import AWSError, PartialDeployError, UnreachableError
from flask_cdn_stack.release.deploy import DeployReport
from flask_cdn_stack.release.removal import POLL_SECONDS
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import REMOVAL_SECONDS, Removal
from flask_cdn_stack.release.store import PAUSES, read_state
from tests.release.fakes import (
    FakeClock,
    FaultyOnce,
    MemoryBucket,
    RecordingDistribution,
    RecordingWatcher,
    TreeSource,
    make_run,
)
from tests.release.publishing import WatchedSite, publish

TREE = {"a": "a0", "b": "b0"}


class Site(WatchedSite):
    """Where trees are deployed."""

    def __init__(self) -> None:
        super().__init__()
        self.bucket = MemoryBucket(self.objects, self.note)

    def deploy(self, tree: dict[str, str], run: Run | None = None) -> DeployReport:
        """Publish a tree, with a log of its own."""
        self.log.clear()
        return publish(self.bucket, self.distribution, TreeSource(tree), run or make_run(), self.watcher)


def test_order() -> None:
    """Claim, upload, record, invalidate, switch: the order that makes a kill at any point harmless."""
    site = Site()
    site.deploy(TREE)
    assert site.log == ["read state", "look", "write state", "upload a", "upload b", "write release", "write state"]

    outcome = site.deploy({"a": "a1", "b": "b0", "c": "c1"})

    assert site.log == [
        *("read state", "look", "write state", "upload a", "upload c", "write release", "invalidate", "write state")
    ]
    assert site.distribution.asked == [("/a*",)]
    assert {item.asset.key: item.reason for item in outcome.uploads} == {"a": "changed", "c": "new"}
    assert site.bucket.texts() == {"a": "a1", "b": "b0", "c": "c1"}


def test_nothing_changed() -> None:
    """One request, and the release stays."""
    site = Site()
    release = site.deploy(TREE).release

    outcome = site.deploy(TREE)

    assert site.log == ["read state"]
    assert (outcome.release, outcome.plan.publishes, outcome.uploads) == (release, False, ())


def test_only_deletions() -> None:
    """They need neither a claim nor an invalidation; the object and what is known of it stay."""
    site = Site()
    site.deploy(TREE)

    outcome = site.deploy({"a": "a0"})

    assert site.log == ["read state", "write release", "write state"]
    assert outcome.plan.publishes
    assert set(site.state.objects) == set(TREE)
    assert site.bucket.texts() == TREE


def test_failed_uploads() -> None:
    """The others go on, all failures are listed, nothing is published; the next deploy sends only the rest."""
    site = Site()
    site.deploy(TREE)

    site.refuse("upload a")
    with pytest.raises(PartialDeployError) as caught:
        site.deploy({"a": "a1", "b": "b1"})

    assert caught.value.message == (
        "1 of 2 uploads failed; nothing was published. 1 arrived and is not sent again:\n  a: AWS denied to upload a."
    )
    assert caught.value.hint == "Allow it."
    assert len(site.state.releases) == 1
    assert site.watcher.ended[-2:] == ["a", "b"]

    site.refuse()
    outcome = site.deploy({"a": "a1", "b": "b1"}, make_run("next", pid=2))
    assert {item.asset.key: item.reason for item in outcome.uploads} == {"a": "interrupted"}
    assert site.distribution.asked == [("/a*", "/b*")]
    assert site.state.writing == {}


def test_failed_invalidation() -> None:
    """Without it viewers would keep old copies, so nothing is published."""
    site = Site()
    site.deploy(TREE)

    site.refuse("invalidate")
    with pytest.raises(AWSError, match="denied to invalidate"):
        site.deploy({"a": "a1"})

    assert len(site.state.releases) == 1
    assert site.state.owed == {"a"}


@pytest.mark.parametrize("answers", [["lost"], ["unsent"], ["lost", "unsent"], ["unsent"] * ((len(PAUSES) + 1) - 1)])
def test_lost_answers_of_the_release_record(answers: list[str]) -> None:
    """It is written again; that it is there already is no conflict."""
    bucket = MemoryBucket(step=FaultyOnce("write", [None, *answers]))

    outcome = publish(bucket, RecordingDistribution(), TreeSource(TREE), make_run(), RecordingWatcher())

    assert f".flask-cdn-stack/releases/{outcome.release}.json.gz" in bucket.objects


def test_unreachable_at_the_release_record() -> None:
    """After some attempts it gives up, with nothing published."""
    bucket = MemoryBucket(step=FaultyOnce("write", [None, *["unsent"] * (len(PAUSES) + 1)]))

    with pytest.raises(UnreachableError):
        publish(bucket, RecordingDistribution(), TreeSource(TREE), make_run(), RecordingWatcher())

    assert read_state(bucket).state.releases == ()


def test_waits_for_a_removal() -> None:
    """It says for which key, and goes on when the other run has finished."""
    site, clock = Site(), FakeClock()
    site.deploy(TREE)
    site.change(removing={"other": Removal(("a", "x"), clock.now())})

    def finish(seconds: float) -> None:
        clock.sleep(seconds)
        del site.objects["a"]
        site.change(objects={"b": site.state.objects["b"]}, removing={})

    outcome = site.deploy(TREE, replace(make_run(clock=clock), sleep=finish))

    assert site.watcher.said == [
        "Waiting: another run is deleting a, which this release needs. If that run was killed, this one finishes the "
        "deletion in 15 min, or at once with --take-over."
    ]
    assert clock.naps == [POLL_SECONDS]
    assert {item.asset.key: item.reason for item in outcome.uploads} == {"a": "new"}
    assert site.bucket.texts() == TREE


def test_finishes_a_removal_that_was_left() -> None:
    """After a quarter of an hour in which nothing became of it, taking it over before deleting."""
    site, clock = Site(), FakeClock()
    site.deploy({**TREE, "x": "x0"})
    site.change(removing={"other": Removal(("a", "x"), clock.now() + 600)})

    site.deploy(TREE, make_run(clock=clock))

    assert REMOVAL_SECONDS < sum(clock.naps) <= REMOVAL_SECONDS + 2 * POLL_SECONDS
    assert len(site.watcher.said) <= REMOVAL_SECONDS // 60 + 1
    assert site.log[-12:] == [
        *("read state", "write state", "delete a", "delete x", "write state", "read state"),
        *("look", "write state", "upload a", "write release", "invalidate", "write state"),
    ]
    assert site.bucket.texts() == TREE
    assert set(site.state.objects) == set(TREE)

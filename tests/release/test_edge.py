"""What runs ask the edge to forget, and the count of it in the record: of deploys, rollbacks and deletions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import pytest

from flask_cdn_stack.aws.invalidations import Invalidation
from flask_cdn_stack.release.deploy import DeployReport, only_look
from flask_cdn_stack.release.edge import settle_owed
from flask_cdn_stack.release.rollback import preview_rollback, roll_back
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import STATE_KEY, Usage
from flask_cdn_stack.release.state_text import encode_state
from tests.release.deployments import Tree, read
from tests.release.fakes import (
    FakeClock,
    FaultyOnce,
    RecordingDistribution,
    RecordingWatcher,
    TreeSource,
    carry_out,
    make_run,
)
from tests.release.histories import MemoryVersions, VersionedBucket
from tests.release.publishing import publish

NOVEMBER = FakeClock.seconds
DECEMBER = NOVEMBER + 17 * 86_400


def tree(text: str, count: int = 10) -> dict[str, str]:
    """Files in two folders, all of them with this text."""
    return {f"s/{'css' if number % 2 else 'js'}/{number}": text for number in range(count)}


class _Nothing(RecordingDistribution):
    """Cannot be asked for anything."""

    def invalidate(self, paths: object, reference: str) -> str:
        return ""


class _OtherCDN(RecordingDistribution):
    """Is told of one URL after the other, without wildcards, and charges for none of them."""

    def cover(self, paths: Iterable[str], asked: int) -> Invalidation:
        return Invalidation(tuple(f"https://cdn.shop.example/{path}" for path in sorted(paths)))


class Site:
    """A bucket whose record says how many paths were asked for in November."""

    def __init__(self, asked: int = 0, now: float = NOVEMBER) -> None:
        self.objects: dict[str, bytes] = {}
        self.bucket = VersionedBucket(self.objects)
        self.distribution = RecordingDistribution()
        self.clock = FakeClock(now)
        self.deploy(tree("first"))
        self.ask(asked)

    def ask(self, number: int) -> None:
        """Ask for paths as another run would."""
        state = read(self.objects)
        self.objects[STATE_KEY] = encode_state(replace(state, usage=state.usage.add(number, self.clock.now())))

    def owe(self, *paths: str) -> None:
        """Leave paths to the next run, as one that was killed."""
        self.objects[STATE_KEY] = encode_state(replace(read(self.objects), owed=frozenset(paths)))

    def run(self) -> Run:
        return make_run(clock=self.clock)

    def deploy(self, files: Tree) -> DeployReport:
        return publish(self.bucket, self.distribution, TreeSource(files), self.run(), RecordingWatcher())

    def preview(self, files: Tree) -> Invalidation:
        """Say what a deploy would ask for."""
        watcher, source = RecordingWatcher(), TreeSource(files)
        return publish(self.bucket, self.distribution, source, self.run(), watcher, reader=only_look).invalidation

    def interrupt(self, operation: str, *accidents: Callable[[], object] | None) -> None:
        """Let others come in before this run's operations of a kind."""

        def unwatched(accident: Callable[[], object]) -> None:
            watched, self.bucket.step = self.bucket.step, carry_out
            accident()
            self.bucket.step = watched

        self.bucket.step = FaultyOnce(operation, [item and partial(unwatched, item) for item in accidents])

    @property
    def usage(self) -> Usage:
        return read(self.objects).usage


def test_deploys_add_up() -> None:
    """From the first that replaces anything, until the month ends; one without anything to forget counts nothing."""
    site = Site()
    assert site.usage == Usage()

    site.deploy(tree("second"))
    assert site.usage == Usage("2023-11", 10)
    site.deploy({**tree("second"), "s/js/0": "third", "new": ""})
    assert site.usage == Usage("2023-11", 11)

    site.clock.seconds = DECEMBER
    before = dict(site.objects)
    site.deploy({**tree("second"), "s/js/0": "third", "new": ""})
    assert site.objects == before
    site.deploy(tree("fourth", 3))
    assert site.usage == Usage("2023-12", 3)


@pytest.mark.parametrize(
    ("asked", "paths", "charged"),
    [
        (500, tuple(f"/{key}*" for key in sorted(tree(""))), False),
        (850, ("/s/css/*", "/s/js/*"), False),
        (999, ("/s/*",), False),
        (1000, ("/s/*",), True),
    ],
)
def test_late_in_the_month(asked: int, paths: tuple[str, ...], charged: bool) -> None:
    """Fewer paths are asked for, a dry run says the same, and what is past the free ones is counted and said too."""
    site = Site(asked)
    planned = site.preview(tree("second"))

    done = site.deploy(tree("second")).invalidation

    assert site.distribution.asked == [paths]
    assert planned == (paths, "", charged)
    assert done == planned._replace(id=done.id)
    assert site.usage == Usage("2023-11", asked + len(paths))


def test_no_distribution() -> None:
    """Nothing is asked for, so there is nothing to count, and nothing to owe."""
    site = Site()
    site.distribution = _Nothing()

    done = site.deploy(tree("second")).invalidation

    assert (len(done.paths), done.id) == (10, "")
    site.owe("gone")
    assert settle_owed(site.bucket, site.distribution, site.run()) == Invalidation()
    assert (site.usage, read(site.objects).owed) == (Usage(), frozenset())


def test_another_run_counts_meanwhile() -> None:
    """Both counts are in the record, and nothing is asked for twice."""
    site = Site()
    site.interrupt("upload", lambda: site.ask(7))

    site.deploy(tree("second"))

    assert len(site.distribution.asked) == 1
    assert site.usage == Usage("2023-11", 17)


@pytest.mark.parametrize(("text", "own"), [("other", 2), ("second", 1)])
def test_another_publishes_meanwhile(text: str, own: int) -> None:
    """What the overtaken plan had asked for is counted too, also where nothing is left to publish."""
    site, other = Site(), replace(make_run("other", pid=2), lives=lambda pid, started: True)

    def come_between() -> None:
        publish(site.bucket, RecordingDistribution(), TreeSource(tree(text)), other, RecordingWatcher())

    # The writes of a deploy: its claim, the record of its release, the switch.
    site.interrupt("write", None, None, come_between)

    site.deploy(tree("second"))

    asked = sum(map(len, site.distribution.asked))
    assert asked == own * 10
    assert site.usage == Usage("2023-11", asked + 10)
    assert read(site.objects).writing == {}


@pytest.mark.parametrize(("asked", "paths"), [(0, 10), (850, 2), (1000, 1)])
def test_rollback(asked: int, paths: int) -> None:
    """It plans and counts as a deploy does."""
    site = Site()
    site.deploy(tree("second"))
    site.ask(asked - site.usage.paths)
    site.distribution.asked.clear()
    versions = MemoryVersions(site.objects)
    plan = preview_rollback(site.bucket, versions, site.distribution, None, site.run())

    done = roll_back(site.bucket, versions, site.distribution, plan.target, site.run(), RecordingWatcher())

    assert site.distribution.asked == [done.invalidation.paths]
    assert plan.invalidation == done.invalidation._replace(id="")
    assert (len(plan.invalidation.paths), plan.invalidation.charged) == (paths, asked == 1000)
    assert site.usage == Usage("2023-11", asked + paths)


@pytest.mark.parametrize(
    ("asked", "forgotten"),
    [
        (0, Invalidation(("/a%20b*", "/s/c*"))),
        (901, Invalidation(("/*",))),
        (1000, Invalidation(("/*",), charged=True)),
    ],
)
def test_what_is_owed(asked: int, forgotten: Invalidation) -> None:
    """It is asked for and counted as well, and is owed no more then, whatever happens to the answer."""
    site = Site(asked)
    site.owe("a%20b", "s/c")
    site.bucket.step = FaultyOnce("write", ["lost"])

    found = settle_owed(site.bucket, site.distribution, site.run())

    assert found._replace(id="") == forgotten
    assert site.distribution.asked == [forgotten.paths]
    assert site.usage == Usage("2023-11", asked + len(forgotten.paths))
    assert read(site.objects).owed == frozenset()


@pytest.mark.parametrize("files", [tree("first"), tree("second"), {**tree("first"), "new": ""}])
def test_a_deploy_asks_for_what_is_owed(files: Tree) -> None:
    """Whatever else it has to do, and its preview says so; what is owed from then on is of those who come after it."""
    site = Site()
    site.owe("gone")
    planned = site.preview(files)

    done = site.deploy(files).invalidation

    assert "/gone*" in planned.paths
    assert site.distribution.asked == [done.paths] == [planned.paths]
    assert read(site.objects).owed == frozenset()
    assert site.deploy(files).invalidation.paths == ()


def test_a_rollback_asks_for_what_is_owed() -> None:
    """Also where there is nothing else to do."""
    site = Site()
    site.deploy(tree("second"))
    site.owe("gone")
    versions = MemoryVersions(site.objects)
    target = preview_rollback(site.bucket, versions, site.distribution, read(site.objects).release, site.run()).target

    roll_back(site.bucket, versions, site.distribution, target, site.run(), RecordingWatcher())

    assert site.distribution.asked[-1] == ("/gone*",)
    assert read(site.objects).owed == frozenset()


def test_another_kind_of_cdn() -> None:
    """It is asked in its own form for what is replaced and for what is owed; when it may be is decided here."""
    site = Site(2000)
    site.distribution = _OtherCDN()
    site.owe("gone")

    done = site.deploy({**tree("first"), "s/js/0": "second"}).invalidation

    assert done.paths == ("https://cdn.shop.example/gone", "https://cdn.shop.example/s/js/0")
    assert site.distribution.asked == [done.paths]
    assert not done.charged
    assert read(site.objects).owed == frozenset()

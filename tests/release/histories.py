"""A bucket with a history: deploys, rollbacks and prunes that race in memory, and what must hold all the while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Literal

from flask_cdn_stack.aws.uploads import Upload, Uploaded
from flask_cdn_stack.aws.versions import Version
from flask_cdn_stack.release.deploy import DeployOptions
from flask_cdn_stack.release.edge import settle_owed
from flask_cdn_stack.release.history import Keep, kept_releases
from flask_cdn_stack.release.prune import delete_pruned, preview_prune
from flask_cdn_stack.release.records import ReleaseRecord, decode_release, release_key
from flask_cdn_stack.release.rollback import preview_rollback, roll_back
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import State
from tests.release.deployments import NumberedRun, Tree, check_arrivals, check_published, read, watch
from tests.release.edge_copies import check_copies, show
from tests.release.fakes import (
    CopiedVersions,
    FakeClock,
    MemoryBucket,
    RecordingDistribution,
    RecordingWatcher,
    Step,
    TreeSource,
    carry_out,
    digest,
    make_run,
)
from tests.release.interleaving import Accidents, Schedules, World
from tests.release.publishing import MemorySite, publish, publish_to

DAY = 86_400

#: What the settings say in every history: the newest release, and all of the last day.
KEEP = Keep(releases=1, days=1)

FOREIGN = {"foreign": b"theirs"}


class VersionedBucket(MemoryBucket):
    """Keeps every version of an asset, under a key of its own that no test takes for an asset."""

    def _put(self, upload: Upload) -> Uploaded:
        uploaded = super()._put(upload)
        self.objects[_version_key(upload.key, uploaded.checksum)] = self.objects[upload.key]
        return uploaded._replace(version=uploaded.checksum)


@dataclass
class MemoryVersions(CopiedVersions):
    """The versions in a bucket. They never change, so looking at them is no operation of its own."""

    objects: dict[str, bytes]
    step: Step = carry_out

    def find_missing(self, versions: Iterable[Version]) -> list[str]:
        return [item.key for item in versions if _version_key(item.key, str(item.id)) not in self.objects]

    def copy(self, version: Version) -> Uploaded:
        assert version.id == version.checksum
        show(self.objects, version.key)
        self.objects[version.key] = self.objects[_version_key(version.key, version.id)]
        show(self.objects, version.key)
        return Uploaded(version.key, version.etag, version.id, version.checksum, version.size)


@dataclass(frozen=True)
class DatedRun(NumberedRun):
    """A run whose releases have the same ids however often it is played again, and ids that tell their time."""

    def release_id(self) -> str:
        moment = datetime.fromtimestamp(self.now(), UTC)
        return f"{moment:%Y%m%dT%H%M%SZ}-{self.id}.{next(self.numbers)}"


def make_dated(name: str, clock: FakeClock, pid: int) -> Run:
    """Such a run, on a host where nobody else is alive."""
    return make_run(name, clock, pid=pid, kind=DatedRun)


@dataclass(frozen=True)
class Act:
    """What one run does: deploy a tree, perhaps deleting what left it, go back, or prune."""

    kind: Literal["deploy", "delete", "delete in path mode", "rollback", "prune"]
    tree: Tree = field(default_factory=dict)
    target: str | None = None

    def perform(self, objects: dict[str, bytes], run: Run, step: Step = carry_out) -> None:
        """Do it."""
        bucket, watcher = VersionedBucket(objects, step), RecordingWatcher()
        distribution = RecordingDistribution([], step, objects)
        if self.kind == "prune":
            delete_pruned(bucket, preview_prune(bucket, KEEP, 100, run), KEEP, 100, run)
            settle_owed(bucket, distribution, run)
        elif self.kind == "rollback":
            versions = MemoryVersions(objects, step)
            plan = preview_rollback(bucket, versions, distribution, self.target, run)
            roll_back(bucket, versions, distribution, plan.target, run, watcher)
        elif self.kind == "deploy":
            publish(bucket, distribution, TreeSource(self.tree), run, watcher)
        else:
            site = MemorySite(bucket, distribution, run, KEEP, self.kind == "delete in path mode")
            publish_to(site, TreeSource(self.tree), watcher, DeployOptions(delete=True))


@dataclass(frozen=True)
class History(Schedules):
    """Releases of the last days, the newest last, and what several runs make of them at once."""

    trees: Sequence[Tree]
    acts: Sequence[Act]
    kills: int = 0
    losses: int = 0
    refusals: int = 0

    @cached_property
    def start(self) -> dict[str, bytes]:
        """The bucket before the race; a release is two days younger than the one before it."""
        objects = dict(FOREIGN)
        for number, tree in enumerate(self.trees):
            clock = FakeClock(FakeClock.seconds - 2 * DAY * (len(self.trees) - number))
            Act("deploy", tree).perform(objects, make_dated(f"first{number}", clock, 99))
        return objects

    @cached_property
    def texts(self) -> dict[str, set[bytes]]:
        """All that a key may ever be."""
        texts: dict[str, set[bytes]] = {}
        for tree in [*self.trees, *(act.tree for act in self.acts)]:
            for key, text in tree.items():
                texts.setdefault(key, set()).add(text.encode())
        return texts

    def make_world(self) -> World:
        """The race before its first operation."""
        world = World(dict(self.start), Accidents(self.kills, self.losses, refusals=self.refusals))
        for number, act in enumerate(self.acts):
            world.start(self._perform(world, number, act))
        return world

    def check_objects(self, objects: dict[str, bytes], now: float) -> None:
        """The table tells the truth, and nothing is missing that anybody needs."""
        state = read(objects)
        uncertain = state.unknown_keys("") | state.doomed_keys()
        for key, record in state.objects.items():
            assert key in uncertain or digest(objects.get(key, b"")) == record.checksum, f"{key} is not as recorded"
        for key, text in objects.items():
            assert key.startswith(".") or text in self.texts.get(key, {FOREIGN.get(key)}), f"{key} has odd bytes"
        assert FOREIGN.items() <= objects.items(), "something foreign was touched"
        check_published(objects, except_for=uncertain, fails=bool(self.refusals))
        check_copies(objects, state)
        self._check_kept(objects, state, now)

    def _check_kept(self, objects: dict[str, bytes], state: State, now: float) -> None:
        for release in kept_releases(state.releases, now, KEEP):
            record = read_record(objects, release)
            if record.rollback_of and release_key(record.rollback_of) in objects:
                check_rollback(record, read_record(objects, record.rollback_of))
            if release == state.release or not any(act.kind == "delete" for act in self.acts):
                assert not record.objects.keys() & state.doomed_keys(), "something kept is doomed"
                assert record.objects.keys() <= objects.keys(), "something kept was deleted"

    def check_end(self, world: World) -> None:
        """Whatever comes next puts everything right."""
        state = read(world.objects)
        if not any(actor.error for actor in world.actors):
            assert not {**state.writing, **state.removing}, "somebody left something behind"
        oldest = next(release for release in state.releases if release_key(release) in world.objects)
        acts = [Act("deploy", tree) for tree in (self.trees[0], self.trees[-1])]
        for number, act in enumerate([*acts, Act("rollback", target=oldest), Act("prune")]):
            objects, clock = dict(world.objects), FakeClock(world.clock.seconds + 1000)
            run = make_dated(f"final{number}", clock, 77)
            act.perform(objects, run)
            self.check_objects(objects, clock.now())
            self._check_final(act, read(objects), objects)

    def _check_final(self, act: Act, after: State, objects: dict[str, bytes]) -> None:
        published = read_record(objects, str(after.release))
        if act.kind == "prune":
            kept = {key for item in after.releases for key in read_record(objects, item).objects}
            named, there = after.objects.keys() - after.unknown_keys(""), objects.keys() - after.unknown_keys("")
            assert not after.removing
            assert named <= kept, "something is left that nobody needs"
            if not any(act.tree for act in self.acts):
                assert there & self.texts.keys() == named, "something was not deleted"
            return
        assert not (after.unknown_keys("") | after.doomed_keys()) & published.objects.keys()
        if act.kind == "deploy":
            assert {key: objects[key].decode() for key in published.objects} == dict(act.tree)
        else:
            check_rollback(published, read_record(objects, str(act.target)))

    def _perform(self, world: World, number: int, act: Act) -> Callable[[Step], object]:
        def work(step: Step) -> None:
            run = world.inhabit(make_dated(f"run{number}", world.clock, number), step)
            watched = watch(world, step, lambda before, after: check_change(before, after, world.clock.now()))
            act.perform(world.objects, run, watched)

        return work


def check_rollback(record: ReleaseRecord, target: ReleaseRecord) -> None:
    """It has exactly the old manifest and the old bytes."""
    assert record.manifest == target.manifest
    assert {key: item.checksum for key, item in record.objects.items()} == {
        key: item.checksum for key, item in target.objects.items()
    }


def check_change(before: State, after: State, now: float) -> None:
    """Who does not publish takes only from the table what was doomed, and from the releases what is not kept."""
    if after.serial == before.serial:
        assert (after.release, after.manifest) == (before.release, before.manifest)
        assert before.objects.keys() - after.objects.keys() <= before.doomed_keys()
        assert after.objects.items() <= before.objects.items()
        gone = set(before.releases) - set(after.releases)
        assert after.releases == tuple(item for item in before.releases if item not in gone)
        assert not gone & set(kept_releases(before.releases, now, KEEP))
        return
    assert after.serial == before.serial + 1
    if after.releases == before.releases:
        check_arrivals(before, after)
        return
    assert after.releases == (*before.releases, after.release)
    assert after.objects.keys() >= before.objects.keys()
    assert after.removing == before.removing


def read_record(objects: dict[str, bytes], release: str) -> ReleaseRecord:
    """The record of a release."""
    return _decode_release(objects[release_key(release)], release)


_decode_release = lru_cache(maxsize=4096)(decode_release)


def _version_key(key: str, version: str) -> str:
    return f".versions/{key}/{version}"

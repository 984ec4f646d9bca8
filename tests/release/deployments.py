"""Deploys that race in memory, and what must hold of the bucket all the while and afterwards."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from flask_cdn_stack.release.deploy import DeployReport
from flask_cdn_stack.release.records import decode_release, release_key
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import STATE_KEY, Removal, State, forget_objects
from flask_cdn_stack.release.state_text import decode_state
from flask_cdn_stack.release.store import change_state, read_state
from tests.release.edge_copies import check_copies
from tests.release.fakes import (
    FakeClock,
    MemoryBucket,
    RecordingDistribution,
    RecordingWatcher,
    Step,
    TreeSource,
    digest,
    make_manifest,
    make_run,
)
from tests.release.interleaving import Accidents, Schedules, World
from tests.release.publishing import publish

#: The assets of a release: text by key.
Tree = Mapping[str, str]


@dataclass(frozen=True)
class NumberedRun(Run):
    """A run whose releases have the same ids however often it is played again."""

    numbers: Iterator[int] = field(default_factory=itertools.count)

    def release_id(self) -> str:
        return f"{self.id}-{next(self.numbers)}"


def make_numbered(name: str, clock: FakeClock, pid: int, host: str = "here") -> Run:
    """Such a run, on a host where nobody else is alive."""
    return make_run(name, clock, host, pid, NumberedRun)


def deploy(
    objects: dict[str, bytes], tree: Tree, run: Run, step: Step | None = None, early: bool = False
) -> DeployReport:
    """Publish a tree."""
    bucket, distribution = MemoryBucket(objects), RecordingDistribution(objects=objects)
    if step is not None:
        bucket.step = distribution.step = step
    return publish(bucket, distribution, TreeSource(tree, early), run, RecordingWatcher())


def remove(bucket: MemoryBucket, doomed: tuple[str, ...], kept: Tree, run: Run) -> None:
    """Delete keys that the release of ``kept`` does not need, unless somebody claims them or publishes another."""
    snapshot = read_state(bucket)
    if snapshot.state.manifest != manifest_checksum(kept):
        return
    removal = {"remover": run.removal(doomed)}

    def enter(state: State) -> State:
        return state if set(doomed) & state.unknown_keys("") else replace(state, removing={**state.removing, **removal})

    def leave(state: State) -> State:
        return forget_objects(replace(state, removing={}), frozenset(doomed))

    entered = change_state(bucket, snapshot, enter, lambda state: "remover" in state.removing)
    if entered is None or "remover" not in entered.state.removing:
        return
    bucket.delete(doomed)
    while "remover" in read_state(bucket).state.removing:
        change_state(bucket, read_state(bucket), leave)


def abandon_removal(bucket: MemoryBucket, keys: tuple[str, ...], at: float) -> None:
    """Begin to delete, as a run that dies half-way."""
    snapshot = read_state(bucket)
    change_state(bucket, snapshot, lambda state: replace(state, removing={"dead": Removal(keys, at)}))
    bucket.delete(keys[:1])


@dataclass(frozen=True)
class Race(Schedules):
    """Trees that are deployed at once onto a base, and how many processes may be killed and answers lost meanwhile.

    ``earlier`` was published before the base. ``removes`` names keys of it that one more run deletes; ``abandoned``
    those that a run left half deleted. Without ``one_host`` nobody can tell that another is dead before its claim is
    an hour old. ``jumps`` are seconds that pass at once, at some moment, as on a laptop that sleeps.
    """

    base: Tree
    trees: Sequence[Tree]
    kills: int = 0
    losses: int = 0
    one_host: bool = True
    earlier: Tree = field(default_factory=dict)
    removes: tuple[str, ...] = ()
    abandoned: tuple[str, ...] = ()
    early: bool = False
    jumps: tuple[float, ...] = ()
    refusals: int = 0

    @cached_property
    def start(self) -> Mapping[str, bytes]:
        """The bucket before the race."""
        bucket, clock = MemoryBucket(), FakeClock()
        for number, tree in enumerate(filter(None, (self.earlier, self.base))):
            deploy(bucket.objects, tree, make_numbered(f"first{number}", clock, 99))
        if self.abandoned:
            abandon_removal(bucket, self.abandoned, clock.now() - 3000)
        return bucket.objects

    def make_world(self) -> World:
        """The race before its first operation."""
        world = World(dict(self.start), Accidents(self.kills, self.losses, self.jumps, self.refusals))
        for number, tree in enumerate(self.trees):
            world.start(self._deploys(world, number, tree))
        if self.removes:
            bucket = MemoryBucket(world.objects)
            run = make_numbered("remover", world.clock, len(self.trees))
            world.start(lambda step: remove(replace(bucket, step=step), self.removes, self.base, run))
        return world

    def check_objects(self, objects: dict[str, bytes], now: float) -> None:
        """The table tells the truth, and nothing has bytes that nobody published."""
        state = read(objects)
        names = [release.partition("-")[0] for release in state.releases]
        assert len(names) == len(set(names)), "a run published twice"
        texts = MemoryBucket(objects).texts()
        uncertain = state.unknown_keys("") | state.doomed_keys()
        for key, record in state.objects.items():
            if key not in uncertain:
                assert digest(texts[key].encode()) == record.checksum, f"{key} is not what the table says"
        for key, text in texts.items():
            assert text in {tree.get(key) for tree in (self.earlier, self.base, *self.trees)}, (
                f"{key} has bytes of no release"
            )
        check_published(objects, except_for=uncertain, fails=bool(self.refusals or self.jumps))
        check_copies(objects, state)

    def check_end(self, world: World) -> None:
        """Any further deploy puts everything right, and the one after it has nothing to do."""
        if not any(actor.error for actor in world.actors):
            assert not read(world.objects).writing, "a claim was not taken back"
        wanted = [*self.trees, self.base, {**self.base, "other": "another"}]
        for number, tree in enumerate(tree for tree in wanted if tree):
            objects = dict(world.objects)
            clock = FakeClock(world.clock.seconds + (0 if self.one_host else 3601))
            before = read(objects)
            deploy(objects, tree, make_numbered(f"final{number}", clock, 77))
            after = read(objects)
            assert after.manifest == manifest_checksum(tree)
            assert after.releases[: len(before.releases)] == before.releases
            assert not after.unknown_keys("") & set(tree), "a claim was not mended"
            assert {key: MemoryBucket(objects).texts()[key] for key in tree} == dict(tree)
            check_published(objects, except_for=frozenset())
            self._check_nothing_to_do(objects, tree, clock)

    def _check_nothing_to_do(self, objects: dict[str, bytes], tree: Tree, clock: FakeClock) -> None:
        asked: list[str] = []

        def note(operation: str, key: str, effect: Callable[[], object]) -> object:
            asked.append(operation)
            return effect()

        deploy(objects, tree, make_numbered("again", clock, 78), note)
        assert asked == ["read"]

    def _deploys(self, world: World, number: int, tree: Tree) -> Callable[[Step], object]:
        def work(step: Step) -> DeployReport:
            host = "here" if self.one_host else f"host{number}"
            run = world.inhabit(make_numbered(f"run{number}", world.clock, number, host), step)
            watched = watch(world, step, lambda before, after: check_change(before, after, tree))
            return deploy(world.objects, tree, run, watched, self.early)

        return work


def watch(world: World, step: Step, check: Callable[[State, State], None]) -> Step:
    """Return a step that has each change of the record checked."""

    def watched(name: str, key: str, effect: Callable[[], object]) -> object:
        def checked() -> object:
            before = read(world.objects)
            result = effect()
            if name == "write" and key == STATE_KEY:
                check(before, read(world.objects))
            return result

        return step(name, key, checked)

    return watched


def check_change(before: State, after: State, tree: Tree) -> None:
    """A publication adds to releases and objects and sets the manifest; any other change leaves them."""
    if after.serial == before.serial:
        assert (after.release, after.manifest, after.releases) == (before.release, before.manifest, before.releases)
        return
    assert after.serial == before.serial + 1
    if after.releases == before.releases:
        check_arrivals(before, after)
        return
    assert after.releases == (*before.releases, after.release)
    assert after.manifest == manifest_checksum(tree)
    assert set(after.objects) == set(before.objects) | set(tree)


def check_arrivals(before: State, after: State) -> None:
    """What a run had sent before it failed is known; it had claimed that."""
    assert (after.release, after.manifest, after.removing) == (before.release, before.manifest, before.removing)
    changed = {key for key, record in after.objects.items() if before.objects.get(key) != record}
    assert after.objects.keys() >= before.objects.keys()
    assert changed <= before.unknown_keys("")


def check_published(objects: dict[str, bytes], except_for: frozenset[str], fails: bool = False) -> None:
    """Every key of the published manifest has its bytes.

    :param fails: a run may have ended in an error, and recorded what it had replaced by then.
    """
    state = read(objects)
    release = state.release
    if release is None:
        return
    manifest = decode_release(objects[release_key(release)], "release").manifest
    for line in manifest.splitlines()[1:]:
        checksum, key = line.split("  ")
        found = digest(objects.get(key, b""))
        is_recorded = fails and key in state.objects and state.objects[key].checksum == found
        assert found == checksum or key in except_for or is_recorded, f"{key} is not what was published"


def manifest_checksum(tree: Tree) -> str:
    """By this a state knows the release of a tree."""
    return digest(make_manifest(tree).encode())


_decode_state = lru_cache(maxsize=4096)(decode_state)


def read(objects: dict[str, bytes]) -> State:
    """The state in a bucket."""
    return _decode_state(objects[STATE_KEY]) if STATE_KEY in objects else State()

"""Deploys that race in memory, and what must hold of the bucket all the while and afterwards."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Literal

from flask_cdn_stack.release.publish import Outcome, publish_assets
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import STATE_KEY, Removal, State, change_state, decode_state, read_state, unpack
from tests.release.fakes import (
    FakeClock,
    MemoryBucket,
    RecordingDistribution,
    RecordingWatcher,
    Step,
    TreeSource,
    digest,
    make_manifest,
)
from tests.release.interleaving import Schedules, World

#: How files are sent before all are hashed, if they are.
Early = Literal["", "claimed", "named"]

#: The assets of a release: text by key.
Tree = Mapping[str, str]


@dataclass(frozen=True)
class NumberedRun(Run):
    """A run whose releases have the same ids however often it is played again."""

    numbers: Iterator[int] = field(default_factory=itertools.count)

    def release_id(self) -> str:
        return f"{self.id}-{next(self.numbers)}"


def deploy(objects: dict[str, bytes], tree: Tree, run: Run, step: Step | None = None, early: Early = "") -> Outcome:
    """Publish a tree."""
    bucket, distribution = MemoryBucket(objects), RecordingDistribution()
    if step is not None:
        bucket.step = distribution.step = step
    return publish_assets(bucket, distribution, TreeSource(tree, early), run, RecordingWatcher())


def remove(bucket: MemoryBucket, doomed: tuple[str, ...], kept: Tree, at: float) -> None:
    """Delete keys that the release of ``kept`` does not need, unless somebody claims them or publishes another."""
    snapshot = read_state(bucket)
    if snapshot.state.manifest != manifest_checksum(kept):
        return
    removal = {"remover": Removal(doomed, at)}

    def enter(state: State) -> State:
        return state if set(doomed) & state.unknown_keys("") else replace(state, removing={**state.removing, **removal})

    def leave(state: State) -> State:
        objects = {key: record for key, record in state.objects.items() if key not in doomed}
        return replace(state, objects=objects, removing={})

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
    an hour old.
    """

    base: Tree
    trees: Sequence[Tree]
    kills: int = 0
    losses: int = 0
    one_host: bool = True
    earlier: Tree = field(default_factory=dict)
    removes: tuple[str, ...] = ()
    abandoned: tuple[str, ...] = ()
    early: Early = ""

    @cached_property
    def start(self) -> Mapping[str, bytes]:
        """The bucket before the race."""
        bucket, clock = MemoryBucket(), FakeClock()
        for number, tree in enumerate(filter(None, (self.earlier, self.base))):
            deploy(bucket.objects, tree, NumberedRun(f"first{number}", "here", 99, clock.now))
        if self.abandoned:
            abandon_removal(bucket, self.abandoned, clock.now() - 1000)
        return bucket.objects

    def make_world(self) -> World:
        """The race before its first operation."""
        world = World(dict(self.start), self.kills, self.losses)
        for number, tree in enumerate(self.trees):
            world.start(self._deploys(world, number, tree))
        if self.removes:
            bucket = MemoryBucket(world.objects)
            world.start(lambda step: remove(replace(bucket, step=step), self.removes, self.base, world.clock.now()))
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
        check_published(objects, except_for=uncertain)

    def check_end(self, world: World) -> None:
        """Any further deploy puts everything right, and the one after it has nothing to do."""
        if not any(actor.error for actor in world.actors):
            assert not read(world.objects).writing, "a claim was not taken back"
        wanted = [*self.trees, self.base, {**self.base, "other": "another"}]
        for number, tree in enumerate(tree for tree in wanted if tree):
            objects = dict(world.objects)
            clock = FakeClock(world.clock.seconds + (0 if self.one_host else 3601))
            before = read(objects)
            deploy(
                objects,
                tree,
                NumberedRun(f"final{number}", "here", 77, clock.now, clock.sleep, lives=lambda pid: pid == 77),
            )
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

        deploy(objects, tree, NumberedRun("again", "here", 78, clock.now, lives=lambda pid: False), note)
        assert asked == ["read"]

    def _deploys(self, world: World, number: int, tree: Tree) -> Callable[[Step], object]:
        def work(step: Step) -> Outcome:
            def sleep(seconds: float) -> None:
                step("sleep", "", lambda: world.clock.sleep(1000))

            host = "here" if self.one_host else f"host{number}"
            run = NumberedRun(f"run{number}", host, number, world.clock.now, sleep, world.is_alive)
            return deploy(world.objects, tree, run, lambda *do: self._watch(world, tree, step, *do), self.early)

        return work

    def _watch(self, world: World, tree: Tree, step: Step, name: str, key: str, effect: Callable[[], object]) -> object:
        def checked() -> object:
            before = read(world.objects)
            result = effect()
            if name == "write" and key == STATE_KEY:
                check_change(before, read(world.objects), tree)
            return result

        return step(name, key, checked)


def check_change(before: State, after: State, tree: Tree) -> None:
    """A publication adds to releases and objects and sets the manifest; any other change leaves them."""
    if after.serial == before.serial:
        assert (after.release, after.manifest, after.releases) == (before.release, before.manifest, before.releases)
        return
    assert after.serial == before.serial + 1
    assert after.releases == (*before.releases, after.release)
    assert after.manifest == manifest_checksum(tree)
    assert set(after.objects) == set(before.objects) | set(tree)


def check_published(objects: dict[str, bytes], except_for: frozenset[str]) -> None:
    """Every key of the published manifest has its bytes."""
    release = read(objects).release
    if release is None:
        return
    manifest = str(unpack(objects[f".flask-cdn-stack/releases/{release}.json.gz"], "release")["manifest"])
    for line in manifest.splitlines()[1:]:
        checksum, key = line.split("  ")
        assert key in except_for or digest(objects.get(key, b"")) == checksum, f"{key} is not what was published"


def manifest_checksum(tree: Tree) -> str:
    """By this a state knows the release of a tree."""
    return digest(make_manifest(tree).encode())


_decode_state = lru_cache(maxsize=4096)(decode_state)


def read(objects: dict[str, bytes]) -> State:
    """The state in a bucket."""
    return _decode_state(objects[STATE_KEY]) if STATE_KEY in objects else State()

"""A bucket that is emptied while others deploy, in every order, with a kill or a lost answer at every point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial

import pytest

from flask_cdn_stack.aws.bucket_emptying import StoredVersion
from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.release.bucket_survey import survey_bucket
from flask_cdn_stack.release.emptying import empty_bucket
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import STATE_KEY
from tests.release.deployments import Tree, check_published, read
from tests.release.fakes import (
    FakeClock,
    MemoryBucket,
    RecordingDistribution,
    RecordingWatcher,
    Step,
    TreeSource,
    carry_out,
)
from tests.release.histories import make_dated, read_record
from tests.release.interleaving import Accidents, Schedules, World
from tests.release.publishing import publish

#: What a run does with the objects, each operation in a step.
Act = Callable[[dict[str, bytes], Run, Step], None]

FOREIGN = {"zz-foreign": b"theirs"}


class ListedBucket(MemoryBucket):
    """Lists and deletes its objects, of which it keeps no versions."""

    name = "bucket"

    def list_versions(self, prefix: str = "") -> Iterator[list[StoredVersion]]:
        listed = self._step("list", prefix, lambda: tuple(sorted(self.objects)))
        yield [StoredVersion(key, "null") for key in listed if key.startswith(prefix) and not key.startswith(".edge/")]

    def read(self, key: str | StoredVersion) -> object:  # type: ignore[override]
        return super().read(key) if isinstance(key, str) else self._step("read", key.key, lambda: None)

    def delete(self, keys: Sequence[str | StoredVersion]) -> None:
        super().delete([key if isinstance(key, str) else key.key for key in keys])


def deploy(tree: Tree, objects: dict[str, bytes], run: Run, step: Step = carry_out) -> None:
    """Publish a tree."""
    edge = RecordingDistribution([], step, objects)
    publish(MemoryBucket(objects, step), edge, TreeSource(tree), run, RecordingWatcher())


def empty(objects: dict[str, bytes], run: Run, step: Step = carry_out) -> None:
    """Empty the bucket, but for what is foreign; a refusal is an end like any other."""
    bucket = ListedBucket(objects, step)
    found = replace(survey_bucket(bucket, bucket, "", run), foreign_keys=())  # type: ignore[arg-type]
    with suppress(RefusedError):
        empty_bucket(bucket, bucket, found, run, False, lambda done: None)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Race(Schedules):
    """A published tree, the emptying of its bucket, and what others deploy meanwhile."""

    tree: Tree
    others: Sequence[Tree] = ()
    emptiers: int = 1
    kills: int = 0
    losses: int = 0

    @cached_property
    def start(self) -> dict[str, bytes]:
        """The bucket before the race."""
        objects = dict(FOREIGN)
        deploy(self.tree, objects, make_dated("first", FakeClock(FakeClock.seconds - 1000), 99))
        return objects

    def make_world(self) -> World:
        """The race before its first operation."""
        world = World(dict(self.start), Accidents(self.kills, self.losses))
        acts: list[Act] = [*[empty] * self.emptiers, *(partial(deploy, tree) for tree in self.others)]
        for number, act in enumerate(acts):
            world.start(self._perform(world, number, act))
        return world

    def check_objects(self, objects: dict[str, bytes], now: float) -> None:
        """What is published is there, with its record, and nothing foreign is touched."""
        state = read(objects)
        assert FOREIGN.items() <= objects.items()
        check_published(objects, except_for=state.unknown_keys("") | state.doomed_keys(), fails=False)

    def check_end(self, world: World) -> None:
        """Whoever deploys next publishes all of it, and whoever empties next leaves nothing."""
        state = read(world.objects)
        if state.release:
            assert read_record(world.objects, state.release)
        for number, tree in enumerate((self.tree, {"new": "new"})):
            objects = dict(world.objects)
            deploy(tree, objects, make_dated(f"final{number}", FakeClock(world.clock.seconds + 10_000), 77))
            record = read_record(objects, str(read(objects).release))
            assert {key: objects[key].decode() for key in record.objects} == dict(tree)
        objects = dict(world.objects)
        empty(objects, make_dated("last", FakeClock(world.clock.seconds + 10_000), 78))
        left = {key for key in objects if not key.startswith(".edge/")} - {*FOREIGN}
        # Without versions, the record goes as it is in that very moment, whatever a deploy has made of it since.
        assert not left or STATE_KEY not in world.objects, left
        assert left <= {key for tree in self.others for key in tree}

    def _perform(self, world: World, number: int, act: Act) -> Callable[[Step], object]:
        def work(step: Step) -> None:
            act(world.objects, world.inhabit(make_dated(f"run{number}", world.clock, number), step), step)

        return work


RACES = {
    "alone": Race({"a": "a0", "b": "b0"}, kills=1, losses=1),
    "beside a deploy of the same": Race({"a": "a0"}, [{"a": "a0"}]),
    "beside a deploy that changes it": Race({"a": "a0"}, [{"a": "a1"}], kills=1),
    "beside a deploy of something new": Race({"a": "a0"}, [{"n": "n0"}], kills=1),
    "twice at once": Race({"a": "a0"}, emptiers=2, kills=1),
    "beside a deploy of nothing": Race({"a": "a0"}, [{}], kills=1),
}


@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
def test_every_order(race: Race) -> None:
    """At each moment what is published is there, and whatever comes next ends right."""
    assert race.explore() > 10

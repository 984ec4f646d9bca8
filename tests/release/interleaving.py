"""Every order of several runs' operations on one bucket, with accidents at every point.

Each run stops before each operation until it is told how the operation goes. A schedule is a sequence of such
decisions; of two schedules that left the bucket alike and showed every run the same, only one is followed. All worlds
of a race are moments of one bucket, which goes from one to the other and back.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar

from flask_cdn_stack.errors import UnreachableError
from tests.release.fakes import FakeClock, Step
from tests.release.walking import KILLED, Point, Walker

T = TypeVar("T")

#: How an operation goes: it succeeds; it succeeds and the answer is lost; the process is killed before it.
Fate = Literal["done", "lost", "killed"]

#: A decision: which run, and how its next operation goes.
Choice = tuple[int, Fate]


class Moment(NamedTuple):
    """All that a world is at one time."""

    objects: dict[str, bytes]
    seconds: float
    actors: tuple[Point, ...]
    kills: int
    losses: int
    path: tuple[Choice, ...]


@dataclass
class World:
    """Runs at one bucket. ``kills`` and ``losses`` say how many accidents may still happen.

    A run may see of it ``objects``, by operations, and ``clock`` and ``is_alive``; whatever else runs share would not
    go back with it to an earlier moment.
    """

    objects: dict[str, bytes]
    kills: int = 0
    losses: int = 0
    clock: FakeClock = field(init=False)
    actors: list[Point] = field(default_factory=list)
    path: tuple[Choice, ...] = ()
    _walkers: list[Walker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = _Clock(see=self._see)

    def start(self, work: Callable[[Step], object]) -> None:
        """Bring one more run to its first operation."""
        walker = Walker(work)
        self._walkers.append(walker)
        self.actors.append(walker.begin())

    def is_alive(self, actor: int) -> bool:
        """Say whether a run's process lives."""
        return self._see(f"run {actor}", lambda: actor < len(self.actors) and not self.actors[actor].ended)

    def choices(self) -> list[Choice]:
        """Say what may happen next. A run that sleeps wakes when the others have ended or sleep too."""
        pending = {index: actor.pending for index, actor in enumerate(self.actors) if actor.pending}
        awake = {index: pending[index] for index in pending if pending[index][0] != "sleep"}
        for index, (operation, key) in awake.items():
            if operation == "invalidate" or (operation == "write" and "/releases/" in key):
                awake = {index: (operation, key)}  # no other run can tell when it happens
                break
        choices: list[Choice] = [(index, "done") for index in awake or pending]
        if self.kills:
            choices += [(index, "killed") for index in awake]
        if self.losses:
            choices += [(index, "lost") for index, (operation, _) in awake.items() if operation == "write"]
        return choices

    def perform(self, choice: Choice) -> None:
        """Let it happen."""
        index, fate = choice
        self.path = (*self.path, choice)
        self.kills -= fate == "killed"
        self.losses -= fate == "lost"
        if fate == "killed":
            self.actors[index] = KILLED
            return
        answer = self.actors[index].carry_out()
        if fate == "lost":
            answer = UnreachableError("AWS could not be reached: no answer.")
        self.actors[index] = self._walkers[index].go_on(self.actors[index], answer)

    def contents(self) -> tuple[tuple[str, bytes], ...]:
        """What is in the bucket, in the order of the keys."""
        return tuple(sorted(self.objects.items()))

    def fingerprint(self) -> int:
        """Worlds with the same one have the same futures."""
        return hash((self.contents(), tuple(self.actors), self.kills, self.losses, self.clock.seconds))

    def moment(self) -> Moment:
        """What it is now."""
        return Moment(dict(self.objects), self.clock.seconds, tuple(self.actors), self.kills, self.losses, self.path)

    def restore(self, moment: Moment) -> None:
        """Be again what it was."""
        self.objects.clear()
        self.objects.update(moment.objects)
        self.actors[:] = moment.actors
        self.clock.seconds, self.path = moment.seconds, moment.path
        self.kills, self.losses = moment.kills, moment.losses

    def end(self) -> None:
        """End what moves the runs."""
        for walker in self._walkers:
            walker.leave()

    def _see(self, name: Hashable, look: Callable[[], T]) -> T:
        walker = next((walker for walker in self._walkers if walker.is_walking), None)
        return look() if walker is None else walker.see(name, look)


@dataclass
class _Clock(FakeClock):
    """A clock at which runs are known to look."""

    see: Callable[[Hashable, Callable[[], float]], float] = lambda name, look: look()

    def now(self) -> float:
        return self.see("now", lambda: self.seconds)


def explore(make_world: Callable[[], World], check: Callable[[World], None], finish: Callable[[World], None]) -> int:
    """Go through every schedule; return the number of different worlds seen.

    :param check: looks at every world.
    :param finish: looks at every world in which all runs have ended.
    """
    world = make_world()
    seen: set[int] = set()
    try:
        unexplored = _follow(world, seen, check, finish)
        while unexplored:
            moment, choice = unexplored.pop()
            world.restore(moment)
            world.perform(choice)
            unexplored += _follow(world, seen, check, finish)
    except Exception as error:
        error.add_note("schedule: " + " ".join(f"{index}:{fate}" for index, fate in world.path))
        raise
    finally:
        world.end()
    return len(seen)


def _follow(
    world: World, seen: set[int], check: Callable[[World], None], finish: Callable[[World], None]
) -> list[tuple[Moment, Choice]]:
    others: list[tuple[Moment, Choice]] = []
    while (mark := world.fingerprint()) not in seen:
        seen.add(mark)
        check(world)
        choices = world.choices()
        if not choices:
            finish(world)
            break
        if len(choices) > 1:
            moment = world.moment()
            others += [(moment, choice) for choice in choices[1:]]
        world.perform(choices[0])
    return others


class Schedules(ABC):
    """Runs at once, and what must hold of the world that they share, in whatever order they come."""

    @abstractmethod
    def make_world(self) -> World:
        """The race before its first operation."""

    @abstractmethod
    def check_objects(self, objects: dict[str, bytes], now: float) -> None:
        """What must hold of the bucket at every moment."""

    @abstractmethod
    def check_end(self, world: World) -> None:
        """What must hold when all have ended."""

    @cached_property
    def _right(self) -> set[int]:
        """Buckets that were looked at: many worlds have the same one."""
        return set()

    @cached_property
    def _ended_well(self) -> set[int]:
        """Ends that were looked at."""
        return set()

    @cached_property
    def _stage(self) -> tuple[World, Moment]:
        """A world whose ways are remembered from one schedule to the next, and how it begins."""
        world = self.make_world()
        return world, world.moment()

    def check(self, world: World) -> None:
        """What must hold at every moment."""
        for actor in world.actors:
            assert not actor.is_broken, actor.error
        mark = hash((world.contents(), world.clock.now()))
        if mark not in self._right:
            self.check_objects(world.objects, world.clock.now())
            self._right.add(mark)

    def finish(self, world: World) -> None:
        """What must hold when all have ended."""
        mark = hash((world.contents(), world.clock.now(), any(actor.error for actor in world.actors)))
        if mark not in self._ended_well:
            self.check_end(world)
            self._ended_well.add(mark)

    def explore(self) -> int:
        """Check every schedule; return the number of different worlds."""
        return explore(self.make_world, self.check, self.finish)

    def play(self, decisions: Sequence[int]) -> None:
        """Check one schedule, which takes a choice by each number while there are any, and the first one afterwards."""
        world, beginning = self._stage
        world.restore(beginning)
        try:
            for number in itertools.chain(decisions, itertools.repeat(0)):
                self.check(world)
                choices = world.choices()
                if not choices:
                    break
                world.perform(choices[number % len(choices)])
            self.finish(world)
        finally:
            world.end()

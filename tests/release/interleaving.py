"""Every order of several runs' operations on one bucket, with accidents at every point.

Each run stops before each operation until it is told how the operation goes. A schedule is a sequence of such
decisions; of two schedules that left the bucket alike and showed every run the same, only one is followed. All worlds
of a race are moments of one bucket, which goes from one to the other and back.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeVar

import pytest

from flask_cdn_stack.errors import AWSError, CredentialsError, UnreachableError
from flask_cdn_stack.release.run import Run
from tests.release.fakes import FakeClock, Step
from tests.release.walking import KILLED, Point, Walker

T = TypeVar("T")

#: How an operation goes: it succeeds; it succeeds and the answer is lost; the process is killed before it; the service
#: refuses it.
Fate = Literal["done", "lost", "killed", "refused"]

#: A decision: which run, and how its next operation goes.
Choice = tuple[int, Fate]

#: The decision that a long time passes before anything else happens.
TIME_PASSES: Choice = (-1, "done")

#: Seconds after which S3 does not take a request any more that was signed before (RequestTimeTooSkewed).
SKEW_SECONDS = 900

# What a service may refuse, for a right that is missing or credentials that ended.
_REFUSED = {"upload", "copy", "delete", "invalidate"}


class Accidents(NamedTuple):
    """How many accidents may still happen; ``jumps`` are seconds that may pass at once, while no run does anything."""

    kills: int = 0
    losses: int = 0
    jumps: tuple[float, ...] = ()
    refusals: int = 0

    def after(self, fate: Fate) -> Accidents:
        """Return what is left when one of them has happened."""
        return self._replace(
            kills=self.kills - (fate == "killed"),
            losses=self.losses - (fate == "lost"),
            refusals=self.refusals - (fate == "refused"),
        )


class Moment(NamedTuple):
    """All that a world is at one time."""

    objects: dict[str, bytes]
    seconds: float
    actors: tuple[Point, ...]
    left: Accidents
    signed: tuple[float, ...]
    path: tuple[Choice, ...]


@dataclass
class World:
    """Runs at one bucket, and the accidents that may still happen. ``signed`` says when each run's request was made.

    A run may see of it ``objects``, by operations, and ``clock`` and ``is_alive``; whatever else runs share would not
    go back with it to an earlier moment.
    """

    objects: dict[str, bytes]
    left: Accidents = field(default_factory=Accidents)
    clock: FakeClock = field(init=False)
    signed: list[float] = field(default_factory=list)
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
        self.signed.append(self.clock.seconds)

    def inhabit(self, run: Run, step: Step) -> Run:
        """Return a run for which to sleep is an operation, and which knows who of the others lives."""

        def sleep(seconds: float) -> None:
            step("sleep", "", lambda: self.clock.sleep(1000))

        return replace(run, sleep=sleep, lives=lambda pid, _: self.is_alive(pid))

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
        if self.left.kills:
            choices += [(index, "killed") for index in awake]
        if self.left.losses:
            choices += [(index, "lost") for index, (operation, _) in awake.items() if operation == "write"]
        if self.left.refusals:
            choices += [(index, "refused") for index, (operation, _) in awake.items() if operation in _REFUSED]
        if self.left.jumps and choices:
            choices.append(TIME_PASSES)
        return choices

    def perform(self, choice: Choice) -> None:
        """Let it happen."""
        index, fate = choice
        self.path = (*self.path, choice)
        if choice == TIME_PASSES:
            self.clock.seconds += self.left.jumps[0]
            self.left = self.left._replace(jumps=self.left.jumps[1:])
            return
        self.left = self.left.after(fate)
        if fate == "killed":
            self.actors[index] = KILLED
            return
        answer = self._answer(index, fate)
        self.actors[index] = self._walkers[index].go_on(self.actors[index], answer)
        self.signed[index] = 0 if self.actors[index].ended else self.clock.seconds

    def _answer(self, index: int, fate: Fate) -> object:
        point = self.actors[index]
        if fate == "refused":
            return AWSError("AWS denied it.")
        if point.pending and point.pending[0] != "sleep" and self.clock.seconds - self.signed[index] > SKEW_SECONDS:
            return CredentialsError("AWS refuses what this machine signed: it is too old.")
        answer = point.carry_out()
        return UnreachableError("AWS could not be reached: no answer.") if fate == "lost" else answer

    def contents(self) -> tuple[tuple[str, bytes], ...]:
        """What is in the bucket, in the order of the keys."""
        return tuple(sorted(self.objects.items()))

    def fingerprint(self) -> int:
        """Worlds with the same one have the same futures."""
        times = (self.clock.seconds, tuple(self.signed) if self.left.jumps else ())
        return hash((self.contents(), tuple(self.actors), self.left, times))

    def moment(self) -> Moment:
        """What it is now."""
        actors, signed = tuple(self.actors), tuple(self.signed)
        return Moment(dict(self.objects), self.clock.seconds, actors, self.left, signed, self.path)

    def restore(self, moment: Moment) -> None:
        """Be again what it was."""
        self.objects.clear()
        self.objects.update(moment.objects)
        self.actors[:] = moment.actors
        self.clock.seconds, self.path = moment.seconds, moment.path
        self.signed[:], self.left = moment.signed, moment.left

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


def mark_long(schedules: Mapping[str, Schedules], names: Collection[str]) -> list[Any]:
    """Return schedules as parameters of a test; those of these names are for the long run."""
    return [
        pytest.param(each, id=name, marks=pytest.mark.long if name in names else ()) for name, each in schedules.items()
    ]

"""Every order of several runs' operations on one bucket, with accidents at every point.

Each run is a thread that stops before each operation until it is told how the operation goes. A schedule is a
sequence of such decisions, so it can be played again; of two schedules that left the bucket alike and showed every run
the same, only one is followed.
"""

from __future__ import annotations

import itertools
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from flask_cdn_stack.errors import CDNStackError, ConflictError, UnreachableError
from tests.release.fakes import FakeClock, Step, digest

#: How an operation goes: it succeeds; it succeeds and the answer is lost; the process is killed before it.
Fate = Literal["done", "lost", "killed"]

#: A decision: which run, and how its next operation goes.
Choice = tuple[int, Fate]


class Killed(BaseException):
    """The end of a process."""


class Actor:
    """A run in a thread, which goes on only when it is told to."""

    def __init__(self, work: Callable[[Step], object]) -> None:
        self.history: list[str] = []
        self.pending: tuple[str, str] | None = None
        self.error: BaseException | None = None
        self.ended = self.is_broken = False
        self._fate: Fate = "done"
        self._peeks: list[str] = []
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._work, args=(work,), daemon=True)
        self._thread.start()
        self._stopped.acquire()

    def resume(self, fate: Fate) -> None:
        """Let the pending operation go as ``fate`` says, up to the next one or to the end."""
        self._fate = fate
        self._go.release()
        self._stopped.acquire()

    def _work(self, work: Callable[[Step], object]) -> None:
        try:
            work(self._step)
        except (CDNStackError, Killed) as error:
            self.error = error
        except BaseException as error:
            self.error, self.is_broken = error, True
        self.pending, self.ended = None, True
        self._stopped.release()

    def _step(self, operation: str, key: str, effect: Callable[[], object]) -> object:
        if threading.current_thread() is not self._thread:
            return self._peek(key, effect)
        self.history += sorted(self._peeks)
        self._peeks.clear()
        self.pending = (operation, key)
        self._stopped.release()
        self._go.acquire()
        if self._fate == "killed":
            raise Killed
        error: CDNStackError | None = None
        result: object = None
        try:
            result = effect()
        except ConflictError as conflict:
            error = conflict
        if self._fate == "lost":
            error = UnreachableError("AWS could not be reached: no answer.")
        if error is not None:
            self.history.append(type(error).__name__)
            raise error
        self.history.append(digest(result) if isinstance(result, bytes) else repr(result))
        return result

    def _peek(self, key: str, effect: Callable[[], object]) -> object:
        """Let one of several readers at once see what is there when they all begin."""
        result = effect()
        self._peeks.append(f"{key} {digest(result) if isinstance(result, bytes) else result}")
        return result


@dataclass
class World:
    """Runs at one bucket. ``kills`` and ``losses`` say how many accidents may still happen."""

    objects: dict[str, bytes]
    kills: int = 0
    losses: int = 0
    clock: FakeClock = field(default_factory=FakeClock)
    actors: list[Actor] = field(default_factory=list)
    path: list[Choice] = field(default_factory=list)

    def start(self, work: Callable[[Step], object]) -> None:
        """Bring one more run to its first operation."""
        self.actors.append(Actor(work))

    def is_alive(self, actor: int) -> bool:
        """Say whether a run's process lives."""
        return actor < len(self.actors) and not self.actors[actor].ended

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
        self.path.append(choice)
        self.kills -= fate == "killed"
        self.losses -= fate == "lost"
        self.actors[index].resume(fate)

    def contents(self) -> tuple[tuple[str, bytes], ...]:
        """What is in the bucket, in the order of the keys."""
        return tuple(sorted(self.objects.items()))

    def fingerprint(self) -> int:
        """Worlds with the same one have the same futures."""
        seen = tuple((actor.ended, type(actor.error), tuple(actor.history)) for actor in self.actors)
        return hash((self.contents(), seen, self.kills, self.losses, self.clock.seconds))

    def end(self) -> None:
        """Kill whoever is left."""
        for actor in self.actors:
            while not actor.ended:
                actor.resume("killed")


def explore(make_world: Callable[[], World], check: Callable[[World], None], finish: Callable[[World], None]) -> int:
    """Go through every schedule; return the number of different worlds seen.

    :param check: looks at every world.
    :param finish: looks at every world in which all runs have ended.
    """
    seen: set[int] = set()
    unexplored: list[list[Choice]] = [[]]
    while unexplored:
        world = make_world()
        try:
            for choice in unexplored.pop():
                world.perform(choice)
            unexplored += _follow(world, seen, check, finish)
        except AssertionError as error:
            error.add_note("schedule: " + " ".join(f"{index}:{fate}" for index, fate in world.path))
            raise
        finally:
            world.end()
    return len(seen)


def _follow(
    world: World, seen: set[int], check: Callable[[World], None], finish: Callable[[World], None]
) -> list[list[Choice]]:
    others: list[list[Choice]] = []
    while (mark := world.fingerprint()) not in seen:
        seen.add(mark)
        check(world)
        choices = world.choices()
        if not choices:
            finish(world)
            break
        others += [[*world.path, choice] for choice in choices[1:]]
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

    def check(self, world: World) -> None:
        """What must hold at every moment."""
        for actor in world.actors:
            assert not actor.is_broken, actor.error
        mark = hash((world.contents(), world.clock.now()))
        if mark not in self._right:
            self.check_objects(world.objects, world.clock.now())
            self._right.add(mark)

    def explore(self) -> int:
        """Check every schedule; return the number of different worlds."""
        finished: set[int] = set()

        def finish(world: World) -> None:
            left = hash(world.contents())
            if left not in finished:
                finished.add(left)
                self.check_end(world)

        return explore(self.make_world, self.check, finish)

    def play(self, decisions: Sequence[int]) -> None:
        """Check one schedule, which takes a choice by each number while there are any, and the first one afterwards."""
        world = self.make_world()
        try:
            for number in itertools.chain(decisions, itertools.repeat(0)):
                self.check(world)
                choices = world.choices()
                if not choices:
                    break
                world.perform(choices[number % len(choices)])
            self.check_end(world)
        finally:
            world.end()

"""A run in memory that stops before each operation, and every way that it can take from there.

What a run does next depends only on what it has seen so far: what came of its operations, and what it looked at in
between. So each of its ways is walked once, by a thread, and remembered as points; in another schedule, a run that sees
the same again is at the same point, and no thread moves.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from flask_cdn_stack.errors import CDNStackError
from tests.release.fakes import Step

T = TypeVar("T")


class Killed(BaseException):
    """The end of a process."""


class Sight(NamedTuple):
    """Something that a run looked at between two operations, how to look again, and what it saw."""

    look: Callable[[], object]
    value: object


@dataclass
class Stretch:
    """From an operation to the next one: what came of the first, and all that was looked at on the way, by name."""

    answer: object
    sights: dict[Hashable, Sight] = field(default_factory=dict)

    def fits(self) -> bool:
        """Say whether a run would see the same in the world as it is now."""
        return all(sight.look() == sight.value for sight in self.sights.values())


@dataclass(eq=False)
class Point:
    """Where a run stands: before an operation, or at its end. ``way`` is how it came here."""

    pending: tuple[str, str] | None = None
    effect: Callable[[], object] | None = None
    error: BaseException | None = None
    is_broken: bool = False
    way: tuple[Stretch, ...] = ()
    onward: dict[Hashable, list[tuple[Stretch, Point]]] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return self.pending is None

    def carry_out(self) -> object:
        """Let the pending operation happen; return its result, or the error that the run meets."""
        assert self.effect is not None
        try:
            return self.effect()
        except CDNStackError as error:
            return error


DONE, KILLED = Point(), Point(error=Killed())


class Walker:
    """One run. Its effects and looks must depend on nothing but the world that it shares with others."""

    def __init__(self, work: Callable[[Step], object]) -> None:
        self._work = work
        self._walk: _Walk | None = None
        self._at: Point | None = None
        self._ends: dict[str, Point] = {}
        self.is_walking = False

    def begin(self) -> Point:
        """Go to the first operation."""
        return self._go(Point(), None)

    def go_on(self, point: Point, answer: object) -> Point:
        """Go from a point to the next one, given what came of its operation."""
        for stretch, following in point.onward.get(_mark(answer), ()):
            if stretch.fits():
                return following
        return self._go(point, answer)

    def see(self, name: Hashable, look: Callable[[], T]) -> T:
        """Look at something between two operations."""
        assert self._walk is not None
        return self._walk.see(name, look)

    def leave(self) -> None:
        """End the thread, if there is one."""
        if self._walk is not None:
            self._walk.end()
            self._walk = None

    def _go(self, point: Point, answer: object) -> Point:
        stretch = Stretch(answer)
        self.is_walking = True
        if self._walk is None or self._at is not point:
            self.leave()
            self._walk = _Walk(self._work, [*point.way, stretch])
            self._walk.start()
        else:
            self._walk.go_on(stretch)
        self.is_walking = False
        following = self._find_point(self._walk, (*point.way, stretch))
        point.onward.setdefault(_mark(answer), []).append((stretch, following))
        self._at = following
        return following

    def _find_point(self, walk: _Walk, way: tuple[Stretch, ...]) -> Point:
        if walk.pending is not None:
            return Point(walk.pending, walk.effect, way=way)
        # Of a run that has ended nothing matters but how.
        return self._ends.setdefault(repr(walk.error), Point(error=walk.error, is_broken=walk.is_broken))


class _Walk:
    """A run in a thread: along known stretches, then through the last one, which is new, and so on from there."""

    def __init__(self, work: Callable[[Step], object], stretches: list[Stretch]) -> None:
        self.pending: tuple[str, str] | None = None
        self.effect: Callable[[], object] | None = None
        self.error: BaseException | None = None
        self.is_broken = False
        self._ahead = deque(stretches)
        self._stretch = self._ahead.popleft()
        self._is_over = False
        self._go, self._stopped = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._stopped.acquire()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)

    def start(self) -> None:
        """Go to the end of the last stretch."""
        self._thread.start()
        self._stopped.acquire()

    def go_on(self, stretch: Stretch) -> None:
        """Go to the end of one more."""
        self._ahead.append(stretch)
        self._go.release()
        self._stopped.acquire()

    def end(self) -> None:
        """Have the thread end."""
        self._is_over = True
        self._go.release()
        self._thread.join()

    def see(self, name: Hashable, look: Callable[[], T]) -> T:
        """Look at something, or see again what was seen in a known stretch."""
        if self._is_over:
            return look()
        sights = self._stretch.sights
        if name not in sights:
            assert not self._ahead, f"{name} was not looked at before"
            sights[name] = Sight(look, look())
        return sights[name].value  # type: ignore[return-value]

    def _run(self, work: Callable[[Step], object]) -> None:
        try:
            work(self._step)
        except (CDNStackError, Killed) as error:
            self.error = error
        except BaseException as error:
            self.error, self.is_broken = error, True
        self.pending = None
        self._stopped.release()

    def _step(self, operation: str, key: str, effect: Callable[[], object]) -> object:
        if self._is_over:
            raise Killed  # what it does in its last moment does not happen either
        if threading.current_thread() is not self._thread:
            assert operation == "read", "only readers go side by side"
            return self.see((operation, key), effect)
        if not self._ahead:
            self.pending, self.effect = (operation, key), effect
            self._stopped.release()
            self._go.acquire()
        if self._is_over:
            raise Killed
        self._stretch = self._ahead.popleft()
        answer = self._stretch.answer
        if isinstance(answer, CDNStackError):
            raise copy.copy(answer)  # one that was never raised, so that nothing clings to it
        return answer


def _mark(answer: object) -> Hashable:
    if isinstance(answer, CDNStackError):
        return type(answer), str(answer)
    return answer if isinstance(answer, Hashable) else repr(answer)

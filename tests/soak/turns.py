"""Several runs at one bucket in an order by chance, with accidents at operations by chance."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from flask_cdn_stack.errors import CDNStackError, ConflictError, CredentialsError, UnreachableError
from tests.release.fakes import FakeClock, Step

#: What happens at an operation: the process is killed before or after it; its request or its answer is lost; S3 finds
#: it in conflict with another that it does not name; or the whole machine sleeps before it, while others go on.
Accident = Literal["killed", "killed after", "unsent", "lost", "conflict", "asleep"]

_ACCIDENTS: tuple[Accident, ...] = ("killed", "killed after", "unsent", "lost", "conflict", "asleep")

#: Seconds after which S3 does not take a request any more that was signed before (RequestTimeTooSkewed).
SKEW_SECONDS = 900


class Killed(BaseException):
    """The end of a process."""


@dataclass
class Turn:
    """One run: what it does, and which accident it meets at which of its operations (from 1).

    ``pending`` is the operation before which it stands, in a thread of its own where others take turns with it.
    """

    work: Callable[[Step], object]
    clock: FakeClock
    at: int = 0
    accident: Accident = "killed"
    met: bool = False
    asleep: bool = False
    lives: bool = False
    pending: str = ""
    error: BaseException | None = None
    operations: list[str] = field(default_factory=list)
    _broken: BaseException | None = None
    _go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _stopped: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __str__(self) -> str:
        met = f"{self.accident} at {self.at}, {self.operations[self.at - 1]}: " if self.met else ""
        return met + (repr(self.error)[:150] if self.error else "done")

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened to it that may end it."""
        return not self.met or self.accident == "conflict"

    def start(self) -> None:
        """Bring it to its first operation."""
        threading.Thread(target=lambda: self._carry_out(self._wait), daemon=True).start()
        self._stopped.acquire()

    def resume(self) -> None:
        """Let the pending operation happen, and go on to the next one or to the end."""
        self._go.release()
        self._stopped.acquire()

    def run_alone(self, wake: Callable[[], object]) -> None:
        """Carry it out here and now."""

        def step(operation: str, key: str, effect: Callable[[], object]) -> object:
            signed = self.clock.seconds
            if self.asleep:
                self.asleep = False
                wake()
            return self._send(signed, operation, effect)

        self._carry_out(step)

    def check(self) -> None:
        """Make sure that it ended as a run may."""
        if self._broken is not None:
            raise AssertionError(f"a run broke: {self._broken!r}") from self._broken

    def _carry_out(self, step: Step) -> None:
        self.lives = True
        thread, numbers = threading.get_ident(), itertools.count(1)

        def watched(operation: str, key: str, effect: Callable[[], object]) -> object:
            if threading.get_ident() != thread:
                return effect()  # one of several readers at once
            self.operations.append(f"{operation} {key}")
            if next(numbers) == self.at and self._applies(operation):
                self.met, self.asleep = True, self.accident == "asleep"
                return step(operation, key, lambda: self._meet(key, effect))
            return step(operation, key, effect)

        try:
            self.work(watched)
        except (CDNStackError, Killed) as error:
            self.error = error
        except BaseException as error:
            self._broken = error
        self.lives, self.pending = False, ""
        self._stopped.release()

    def _wait(self, operation: str, key: str, effect: Callable[[], object]) -> object:
        self.pending, signed = operation, self.clock.seconds
        self._stopped.release()
        self._go.acquire()
        return self._send(signed, operation, effect)

    def _send(self, signed: float, operation: str, effect: Callable[[], object]) -> object:
        if operation != "sleep" and self.clock.seconds - signed > SKEW_SECONDS:
            raise CredentialsError("AWS refuses what this machine signed: it is too old.")
        return effect()

    def _applies(self, operation: str) -> bool:
        return operation != "sleep" and (operation == "write" or self.accident != "conflict")

    def _meet(self, key: str, effect: Callable[[], object]) -> object:
        if self.accident == "killed":
            raise Killed
        if self.accident == "unsent":
            raise UnreachableError("AWS could not be reached: reset.")
        if self.accident == "conflict":
            raise ConflictError(f"{key}: another request is under way.")
        result = effect()
        if self.accident == "killed after":
            raise Killed
        if self.accident == "lost":
            raise UnreachableError("AWS could not be reached: no answer.")
        return result


def plan_accident(dice: Random, turn: Turn, likelihood: float) -> None:
    """Let a run meet an accident, or none."""
    if dice.random() < likelihood:
        turn.at, turn.accident = dice.choice([dice.randint(1, 6), dice.randint(1, 40)]), dice.choice(_ACCIDENTS)


def take_turns(turns: Sequence[Turn], dice: Random, wake: Callable[[], object]) -> None:
    """Let runs go on, in an order by chance, until all have ended.

    :param wake: lets time go by for those that are asleep, before they go on.
    """
    if len(turns) == 1:
        turns[0].run_alone(wake)
    else:
        for turn in turns:
            turn.start()
    while living := [turn for turn in turns if turn.lives]:
        awake = [turn for turn in living if not turn.asleep]
        busy = [turn for turn in awake if turn.pending != "sleep"]
        # Who is awake may be waiting for one that is asleep.
        if len(awake) < len(living) and not busy and (not awake or dice.random() < 0.02):
            wake()
            for turn in living:
                turn.asleep = False
            awake = living
        dice.choice(busy or awake).resume()
    for turn in turns:
        turn.check()

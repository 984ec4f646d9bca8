"""Waits for CloudFormation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property

from ..aws.cloudformation import Event
from ..aws.patience import Patience
from ..aws.pauses import growing_pauses
from ..errors import AWSError

#: Seconds between two reads of a change set or stack, at first and at most.
POLL_SECONDS = (0.5, 4.0)


@dataclass(frozen=True)
class StackWaiter:
    """How to wait for CloudFormation, and the callbacks meanwhile.

    ``sleep`` waits for seconds, ``on_event`` is called for every new event, and ``clock`` returns seconds that pass
    during a sleep, too. ``say`` is called with a sentence when AWS makes the user wait. ``following`` returns the
    context manager in which an operation is followed, and ``on_earlier`` is called before that with the stack's earlier
    events, the newest first. ``timeout`` is for how many seconds operations are followed; None: to their end.
    ``attach`` is the command with which the user can follow the operation again.
    """

    sleep: Callable[[float], None] = time.sleep
    on_event: Callable[[Event], None] = field(default=lambda event: None)
    clock: Callable[[], float] = time.time
    say: Callable[[str], None] = field(default=lambda text: None)
    on_earlier: Callable[[Iterable[Event]], None] = field(default=lambda events: None)
    following: Callable[[], AbstractContextManager[object]] = nullcontext
    timeout: float | None = None
    attach: str = "flask-cdn-stack status --follow"

    def sleep_longer(self) -> Callable[[], None]:
        """Return a function that waits until the next read, longer at each call."""
        pauses = growing_pauses(*POLL_SECONDS)
        return lambda: self.sleep(next(pauses))

    @property
    def goes_on(self) -> str:
        """The message for a run that ends before the operation does."""
        return f"CloudFormation goes on with the change; `{self.attach}` follows it again."

    @cached_property
    def deadline(self) -> float:
        """When, by the clock, the timeout has passed; it is counted from the first access."""
        return self.clock() + (self.timeout or 0.0)

    @cached_property
    def patience(self) -> Patience:
        """Repeats the reads during following while AWS is busy or cannot be reached."""
        return Patience(self.say, self._pause, self.clock)

    def check_time(self, state: str) -> None:
        """Raise an error if the timeout has passed.

        :param state: the operation's state for the message, such as ``the stack is still being updated``.
        :raises AWSError: the timeout has passed.
        """
        if self.timeout is not None and self.clock() >= self.deadline:
            minutes = f"{self.timeout / 60:g} minute" + ("" if self.timeout == 60 else "s")
            raise AWSError(f"After {minutes} {state}.", "Run the same command again: it goes on from what is there.")

    def _pause(self, seconds: float) -> None:
        self.sleep(seconds)
        self.check_time("AWS still does not report the stack's status")

"""How CloudFormation is waited for."""

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

#: Seconds between two looks at a change set or stack, at first and at most.
POLL_SECONDS = (0.5, 4.0)


@dataclass(frozen=True)
class StackWaiter:
    """How to wait: ``sleep`` in seconds, what to call for every new event, and a ``clock`` that goes on in a sleep.

    ``say`` is called with a sentence where AWS makes the user wait. ``following`` gives what is there as long as an
    operation is followed, and ``on_earlier`` is called before one with the events that the stack has, the newest first.
    ``timeout`` is for how many seconds operations are followed, from the first look at one; None: to their end.
    ``attach`` is the command that follows one again.
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
        """Return what waits until the next look, longer each time that it is called."""
        pauses = growing_pauses(*POLL_SECONDS)
        return lambda: self.sleep(next(pauses))

    @property
    def goes_on(self) -> str:
        """What a user is told whose run ends before the operation does."""
        return f"CloudFormation goes on with the change; `{self.attach}` follows it again."

    @cached_property
    def deadline(self) -> float:
        """When, by the clock, nothing is followed any more; it is set when it is first asked for."""
        return self.clock() + (self.timeout or 0.0)

    @cached_property
    def patience(self) -> Patience:
        """What is followed is asked for with this."""
        return Patience(self.say, self._pause, self.clock)

    def check_time(self, state: str) -> None:
        """End the run whose time is up.

        :param state: what is to be said of the operation, such as ``the stack is still being updated``.
        :raises AWSError: it is.
        """
        if self.timeout is not None and self.clock() >= self.deadline:
            minutes = f"{self.timeout / 60:g} minute" + ("" if self.timeout == 60 else "s")
            raise AWSError(f"After {minutes} {state}.", "Run the same command again: it goes on from what is there.")

    def _pause(self, seconds: float) -> None:
        self.sleep(seconds)
        self.check_time("AWS still does not report the stack's status")

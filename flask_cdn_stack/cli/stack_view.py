"""What the user sees while CloudFormation is at work: one live table on a terminal, elsewhere a line for each event."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ..aws.cloudformation import Event
from ..errors import RefusedError
from ..settings.model import Project
from ..stack.progress import StackProgress
from ..stack.waiting import StackWaiter
from .output import Output
from .serving import leave_at_second_interrupt
from .stack_words import state_color, time_left_text
from .streams import can_redraw

if TYPE_CHECKING:
    from rich.live import Live


class StackView:
    """Shows an operation on a stack, and lets Ctrl-C leave it to go on by itself.

    :param estimates: say how long it may still take. A local AWS takes no time.
    :param clock: gives epoch seconds.
    """

    def __init__(
        self, output: Output, project: Project, estimates: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._output, self._project, self._estimates, self._clock = output, project, estimates, clock
        #: That of the next operation, or of the one that is followed.
        self.progress = StackProgress()
        self._live: Live | None = None

    def waiting(self) -> StackWaiter:
        """Return how to wait for the operation, so that it is shown."""
        return StackWaiter(
            on_event=self.event,
            say=self._output.say,
            on_earlier=lambda earlier: self.progress.learn(earlier),
            following=self.following,
            attach=self._attach(),
        )

    @contextmanager
    def following(self) -> Iterator[None]:
        """Be there as long as the operation is followed.

        :raises click.exceptions.Exit: the user pressed Ctrl-C. What CloudFormation has begun goes on.
        """
        try:
            with leave_at_second_interrupt(), self._shown():
                yield
        except KeyboardInterrupt:
            self._output.say(f"Detached: CloudFormation goes on with the change. Follow it with `{self._attach()}`.")
            raise click.exceptions.Exit(RefusedError.exit_code) from None
        self.progress = StackProgress()

    def event(self, event: Event) -> None:
        """Show what happened to one resource."""
        self.progress.take(event)
        if self._live is None:
            reason = f"  {event.reason}" if event.reason else ""
            status = click.style(f"{event.status:<28}", fg=state_color(event.status))
            self._output.say(f"  {event.time:%H:%M:%S}  {status}  {event.logical_id}{reason}")
        elif event.status.endswith("_FAILED") and event.reason:
            self._output.say(click.style(f"{event.logical_id}: {event.reason}", fg="red"))

    def time_left(self) -> str:
        """Say how long it may still take; nothing where there is no estimate."""
        return time_left_text(self.progress.seconds_left(self._clock())) if self._estimates else ""

    @contextmanager
    def _shown(self) -> Iterator[None]:
        if self._output.as_json or not can_redraw():
            yield
            return
        from .stack_table import show_live  # only for a terminal, as all of rich

        console, stack = self._output.console(), self._project.stack
        with show_live(console, self.progress, stack, self._clock, self.time_left) as live:
            self._live = live
            self._output.bars.append(live)
            try:
                yield
            finally:
                self._output.bars.remove(live)
                self._live = None

    def _attach(self) -> str:
        stage = f" --stage {self._project.stage}" if self._project.stage else ""
        return f"flask-cdn-stack status --follow{stage}"

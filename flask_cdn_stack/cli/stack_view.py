"""Shows an operation of CloudFormation: as a live table on a terminal, as a line for each event elsewhere."""

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
    """Shows an operation on a stack; Ctrl-C stops the showing, while the operation continues.

    :param estimates: show how long it may still take; not useful for a local AWS.
    :param clock: returns epoch seconds.
    """

    def __init__(
        self, output: Output, project: Project, estimates: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._output, self._project, self._estimates, self._clock = output, project, estimates, clock
        #: Progress of the operation that is followed, or of the next one.
        self.progress = StackProgress()
        self._live: Live | None = None

    def waiting(self) -> StackWaiter:
        """Return a waiter whose callbacks show the operation."""
        return StackWaiter(
            on_event=self.event,
            say=self._output.say,
            on_earlier=lambda earlier: self.progress.learn(earlier),
            following=self.following,
            attach=self._attach(),
        )

    @contextmanager
    def following(self) -> Iterator[None]:
        """Show the operation during the block.

        :raises click.exceptions.Exit: the user pressed Ctrl-C; the operation continues.
        """
        try:
            with leave_at_second_interrupt(), self._shown():
                yield
        except KeyboardInterrupt:
            self._output.say(f"Detached: CloudFormation goes on with the change. Follow it with `{self._attach()}`.")
            raise click.exceptions.Exit(RefusedError.exit_code) from None
        self.progress = StackProgress()

    def event(self, event: Event) -> None:
        """Show an event of a resource."""
        self.progress.take(event)
        if self._live is None:
            reason = f"  {event.reason}" if event.reason else ""
            status = click.style(f"{event.status:<28}", fg=state_color(event.status))
            self._output.say(f"  {event.time:%H:%M:%S}  {status}  {event.logical_id}{reason}")
        elif event.status.endswith("_FAILED") and event.reason:
            self._output.say(click.style(f"{event.logical_id}: {event.reason}", fg="red"))

    def time_left(self) -> str:
        """Return how long the operation may still take, as text; empty without an estimate."""
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

"""Shows the progress of a verification: a bar on a terminal, a line elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from .output import Output, count
from .streams import can_redraw

if TYPE_CHECKING:
    from rich.live import Live


class VerifyProgress:
    """Shows how many URLs have been checked; a context manager that removes the bar at its end."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._live: Live | None = None
        self._done, self._total = 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        if self._live is not None:
            self._output.bars.remove(self._live)
            self._live.stop()

    def move(self, done: int, total: int) -> None:
        """Set the number of URLs that have been checked, and of all."""
        if not self._total:
            self._begin(total)
        self._done, self._total = done, total

    def _begin(self, total: int) -> None:
        self._output.say(f"Checking {count(total, 'URL')} ...")
        if can_redraw():
            from .verify_bar import make_bar  # only for a terminal, as all of rich

            self._live = make_bar(self._output.console(), lambda: (self._done, self._total))
            self._output.bars.append(self._live)
            self._live.start()

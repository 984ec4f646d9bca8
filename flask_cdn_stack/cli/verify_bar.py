"""The progress bar of a verification."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from .output import count

#: How often per second it is redrawn, however many URLs there are.
_PER_SECOND = 10


def make_bar(console: Console, read: Callable[[], tuple[int, int]]) -> Live:
    """Return a bar of how many URLs have been checked; it disappears at its end.

    :param read: returns the number of checked URLs, and of all.
    """

    def draw() -> Table:
        done, total = read()
        grid = Table.grid(padding=(0, 1))
        grid.add_row(ProgressBar(total=total or 1, completed=done, width=40), f"{done:,} of {count(total, 'URL')}")
        return grid

    return Live(console=console, get_renderable=draw, refresh_per_second=_PER_SECOND, transient=True)

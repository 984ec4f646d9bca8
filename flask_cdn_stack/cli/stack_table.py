"""The live table of a stack's resources."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..stack.progress import ResourceProgress, StackProgress
from .stack_words import duration_text, state_color

#: How often per second the table is redrawn.
_PER_SECOND = 4


def show_live(
    console: Console, progress: StackProgress, stack: str, clock: Callable[[], float], time_left: Callable[[], str]
) -> Live:
    """Return a context manager that redraws the table continuously; its last state stays on the screen.

    :param clock: returns epoch seconds.
    :param time_left: returns the estimate of the remaining time as text.
    """

    def draw() -> Group:
        return draw_stack(progress, stack, clock(), time_left())

    return Live(console=console, get_renderable=draw, refresh_per_second=_PER_SECOND)


def draw_stack(progress: StackProgress, stack: str, now: float, time_left: str) -> Group:
    """Return the table of resources in its present state, with a line for the stack below it."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in ("Resource", "State"):
        table.add_column(column, no_wrap=True)
    table.add_column("Time", justify="right", no_wrap=True)
    table.add_column("Type", overflow="ellipsis", style="dim")
    for item in progress.resources(now):
        table.add_row(*_cells(item, progress.is_over))
    status = progress.status
    last = Text.assemble(
        stack, "  ", (status, state_color(status) or ""), "  ", duration_text(progress.seconds(now)), "  ", time_left
    )
    last.rstrip()
    return Group(table, last)


def _cells(item: ResourceProgress, is_over: bool) -> tuple[str, Text, str, str]:
    # CloudFormation sends no events for a resource that turns out not to change.
    status, style = ("unchanged" if is_over else "pending"), "dim"
    if item.status:
        status = f"{item.status} (undone)" if item.is_undone else item.status
        style = "red" if item.is_undone else state_color(item.status) or ""
    return item.name, Text(status, style=style), duration_text(item.seconds), item.type.removeprefix("AWS::")

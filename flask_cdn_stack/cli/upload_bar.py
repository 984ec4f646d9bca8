"""The progress bar of a deploy's uploads, and the spinner before it."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table

from .output import count, size_text
from .stack_words import duration_text

#: How often per second something is redrawn, however many files there are.
_PER_SECOND = 10

#: Seconds after which a transfer rate is shown.
_RATED_AFTER = 1.0


class UploadBar:
    """Shows uploaded files and bytes, the transfer rate, and the remaining time.

    :param clock: returns seconds.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._began = clock, clock()
        self._files = self._all_files = self._size = self._all_size = 0
        #: The rich display that redraws the bar.
        self.live = Live(console=console, get_renderable=self.draw, refresh_per_second=_PER_SECOND)

    def expect(self, files: int, size: int) -> None:
        """Set the total number of files and bytes."""
        self._all_files, self._all_size = files, size

    def move(self, files: int, size: int) -> None:
        """Set the number of files and bytes that have been uploaded."""
        self._files, self._size = files, size

    def draw(self) -> Table:
        """Return the bar in its present state, with the text beside it."""
        done, whole = (self._size, self._all_size) if self._all_size else (self._files, self._all_files)
        grid = Table.grid(padding=(0, 1))
        grid.add_row(ProgressBar(total=whole, completed=done, width=40), ", ".join(self._words()))
        return grid

    def _words(self) -> list[str]:
        size, seconds = self._size, self._clock() - self._began
        words = [
            f"{self._files:,} of {count(self._all_files, 'file')}",
            f"{size_text(size)} of {size_text(self._all_size)}",
        ]
        if size and seconds >= _RATED_AFTER:
            words.append(f"{size_text(int(size / seconds))}/s")
            if left := self._all_size - size:
                words.append(f"{duration_text(left * seconds / size)} left")
        return words


def make_spinner(console: Console, words: Callable[[], str]) -> Live:
    """Return a spinner with text beside it; it disappears at its end.

    :param words: returns the text, called at each redraw.
    """
    spinner = Spinner("dots")

    def draw() -> Spinner:
        spinner.update(text=words())
        return spinner

    return Live(console=console, get_renderable=draw, refresh_per_second=_PER_SECOND, transient=True)

"""The bar over all of a deploy's uploads, and the spinner before it."""

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

#: How often a second something is drawn, however many files there are.
_PER_SECOND = 10

#: Seconds after which there is a rate to speak of.
_RATED_AFTER = 1.0


class UploadBar:
    """Files and bytes, how fast they go, and how long it will take.

    :param clock: gives seconds.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._began = clock, clock()
        self._files = self._all_files = self._size = self._all_size = 0
        #: What is shown.
        self.live = Live(console=console, get_renderable=self.draw, refresh_per_second=_PER_SECOND)

    def expect(self, files: int, size: int) -> None:
        """Take note of how many files, and bytes, there are in all."""
        self._all_files, self._all_size = files, size

    def move(self, files: int, size: int) -> None:
        """Take note of how many have been sent."""
        self._files, self._size = files, size

    def draw(self) -> Table:
        """Return the bar, and the words beside it, as they are now."""
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
    """Return what turns, with words beside it, and leaves nothing behind."""
    spinner = Spinner("dots")

    def draw() -> Spinner:
        spinner.update(text=words())
        return spinner

    return Live(console=console, get_renderable=draw, refresh_per_second=_PER_SECOND, transient=True)

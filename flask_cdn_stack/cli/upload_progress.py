"""Shows the progress of a deploy: a spinner and a bar on a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from .output import Output, count, size_text
from .serving import end_on_signal
from .streams import can_redraw

if TYPE_CHECKING:
    from rich.live import Live

    from .upload_bar import UploadBar


class UploadProgress:
    """Shows the progress of a deploy; a context manager that removes spinner and bar at its end."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._shown: Live | None = None
        self._bar: UploadBar | None = None
        self._ended, self._ended_size, self._announced = 0, 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._stop()

    def say(self, text: str) -> None:
        """Show a message, and the URL of the documentation's entry on it, if there is one."""
        self._output.say(text)
        self._output.see(text)

    def preparing(self, words: Callable[[], str]) -> None:
        """Show a spinner until the uploads begin.

        :param words: returns the text beside it, called at each redraw.
        """
        self._stop()
        if can_redraw():
            from .upload_bar import make_spinner  # only for a terminal, as all of rich

            self._start(make_spinner(self._output.console(), words))

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let signals end the block as Ctrl-C does; remove the bar at its end."""
        try:
            with end_on_signal():
                yield
        finally:
            self._stop()

    def sending(self, number: int, size: int) -> None:
        """Announce objects to upload, with their bytes; several calls add up to one total."""
        total, total_size = self._ended + number, self._ended_size + size
        if not self._announced:
            self._output.say(f"Uploading {count(total, 'object')} ({size_text(total_size)}) ...")
        elif total != self._announced:
            self._output.say(f"Uploading {count(total, 'object')} ({size_text(total_size)}) in all ...")
        self._announced = total
        if self._bar is None and can_redraw():
            from .upload_bar import UploadBar

            self._stop()
            self._bar = UploadBar(self._output.console())
            self._start(self._bar.live)
        if self._bar is not None:
            self._bar.expect(total, total_size)

    def uploaded(self, key: str, size: int) -> None:
        """Show that one object was uploaded."""
        self._ended += 1
        self._ended_size += size
        if self._bar is not None:
            self._bar.move(self._ended, self._ended_size)
        self._output.detail(f"  {key}")

    def _start(self, shown: Live) -> None:
        self._shown = shown
        self._output.bars.append(shown)
        shown.start()

    def _stop(self) -> None:
        if self._shown is not None:
            self._output.bars.remove(self._shown)
            self._shown.stop()
            self._shown, self._bar = None, None

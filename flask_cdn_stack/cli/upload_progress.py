"""What the user sees of a deploy's uploads."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .output import Output, count, size_text
from .serving import end_on_signal


class UploadProgress:
    """Shows a deploy's uploads: a bar on a terminal, two lines elsewhere."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._bar: Any = None
        self._task: Any = None

    def say(self, text: str) -> None:
        """Narrate."""
        self._output.say(text)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let signals end the block as Ctrl-C does, and the bar with it."""
        try:
            with end_on_signal():
                yield
        finally:
            self._stop()

    def sending(self, number: int, size: int) -> None:
        """Begin with a number of objects, and bytes."""
        self._stop()
        self._output.say(f"Uploading {count(number, 'object')} ({size_text(size)}) ...")
        if number and sys.stderr.isatty():
            self._start(size)

    def uploaded(self, key: str, size: int) -> None:
        """Move on by one file."""
        if self._bar is not None:
            self._bar.update(self._task, advance=size)
        self._output.detail(f"  {key}")

    def _start(self, size: int) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn  # only for a terminal

        self._bar = Progress(BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=self._output.console())
        self._task = self._bar.add_task("uploading", total=size)
        self._bar.start()
        self._output.bars.append(self._bar)

    def _stop(self) -> None:
        if self._bar is not None:
            self._output.bars.remove(self._bar)
            self._bar.stop()
            self._bar = None

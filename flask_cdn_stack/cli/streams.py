"""The standard streams, which may be closed, full, or a pipe that nobody reads from any more."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

# Names that rich knows too, of terminals on which nothing can be drawn again.
_DUMB = ("dumb", "unknown")

_MODES = {0: "r", 1: "w", 2: "w"}
_NAMES = {0: "stdin", 1: "stdout", 2: "stderr"}


def is_terminal(stream: Any) -> bool:
    """Say whether a standard stream is a terminal, also while rich draws on it.

    What rich puts in the stream's place meanwhile says no in its versions before 15.
    """
    return bool(getattr(stream, "rich_proxied_file", stream).isatty())


def can_redraw() -> bool:
    """Say whether standard error is a terminal on which what is shown can be drawn again."""
    return is_terminal(sys.stderr) and os.environ.get("TERM", "").lower() not in _DUMB


@contextmanager
def mended_streams() -> Iterator[None]:
    """Let the block use all three standard streams, and never fail because of standard error.

    Narration that cannot be written is dropped, because what it tells of goes on. Data that cannot be written is an
    error, unless standard output was closed: then nobody wants any.
    """
    if isinstance(sys.stderr, _Narration):
        yield
        return
    before = {name: getattr(sys, name) for name in _NAMES.values()}
    for number, name in _NAMES.items():
        _open_closed(number, name)
    output = sys.stdout
    sys.stderr = _Narration(sys.stderr)
    try:
        yield
    finally:
        _flush(output)
        for name, stream in before.items():
            setattr(sys, name, stream)


class _Narration:
    """Standard error, of which what cannot be written is dropped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            return self._drop()

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._drop()

    def _drop(self) -> int:
        # What is in its buffer is written once more when the program ends, and would then decide how it ended.
        _lead_nowhere(2)
        return 0


def _open_closed(number: int, name: str) -> None:
    """Open a stream that is closed, because the next file that is opened would have its number."""
    try:
        os.fstat(number)
    except OSError:
        _lead_nowhere(number)
    if getattr(sys, name) is None:
        stream = open(number, _MODES[number], encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)


def _lead_nowhere(number: int) -> None:
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
        else:
            os.set_inheritable(number, True)


def _flush(output: TextIO) -> None:
    try:
        output.flush()
    except (OSError, ValueError):
        _lead_nowhere(1)

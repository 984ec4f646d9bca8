"""Handles standard streams that are closed or full, or a pipe whose reader has gone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

# Values of TERM for terminals on which nothing can be redrawn; rich has the same list.
_DUMB = ("dumb", "unknown")

_MODES = {0: "r", 1: "w", 2: "w"}
_NAMES = {0: "stdin", 1: "stdout", 2: "stderr"}


def is_terminal(stream: Any) -> bool:
    """Return whether a standard stream is a terminal, even while rich draws on it.

    Meanwhile rich replaces the stream by an object that, before rich 15, says that it is no terminal.
    """
    return bool(getattr(stream, "rich_proxied_file", stream).isatty())


def can_redraw() -> bool:
    """Return whether standard error is a terminal on which text can be redrawn."""
    return is_terminal(sys.stderr) and os.environ.get("TERM", "").lower() not in _DUMB


@contextmanager
def mended_streams() -> Iterator[None]:
    """Let the block use all three standard streams, even if they are closed, and never fail because of standard error.

    Messages that cannot be written are dropped, and the work goes on. Data that cannot be written is an error, unless
    standard output was closed from the start: then nobody wants it.
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
    """Standard error, with text that cannot be written dropped."""

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
        # Python flushes its buffer again at exit, and a failure there would change the exit code.
        _lead_nowhere(2)
        return 0


def _open_closed(number: int, name: str) -> None:
    """Open a closed stream as the null device, because the next file opened would get its descriptor."""
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

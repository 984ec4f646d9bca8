"""Serving until the user has had enough."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from ..errors import RefusedError

# A table that is drawn live hides it (DECTCEM).
_SHOW_CURSOR = b"\x1b[?25h"


@contextmanager
def end_on_signal() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the block as Ctrl-C does, so that what was begun in it is ended too."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def leave_at_second_interrupt() -> Iterator[None]:
    """Let the first Ctrl-C end the block as ever, and a second one the program at once, whatever it is doing then."""
    before = signal.getsignal(signal.SIGINT)

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, _leave)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is interrupt:
            signal.signal(signal.SIGINT, before)


def _leave(number: int, frame: FrameType | None) -> None:
    with suppress(OSError):
        if os.isatty(2):
            os.write(2, _SHOW_CURSOR)
    os._exit(RefusedError.exit_code)


def wait_for_end() -> None:
    """Return when the user presses Ctrl-C or the process is told to end."""
    try:
        while True:
            threading.Event().wait(3600)
    except KeyboardInterrupt:
        return

"""Ends commands at Ctrl-C and other signals."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from ..errors import RefusedError

# Shows the cursor (DECTCEM), which a live table hides.
_SHOW_CURSOR = b"\x1b[?25h"


@contextmanager
def end_on_signal() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the block as Ctrl-C does, so that its clean-up runs."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = ending_signals(vars(signal))
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def ending_signals(known: Mapping[str, signal.Signals]) -> list[signal.Signals]:
    """Return the signals of a system that end a program, or that it gets when its terminal is closed.

    On Windows that is SIGBREAK (Microsoft's C runtime reference, "signal").
    """
    return [known[name] for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if name in known]


@contextmanager
def leave_at_second_interrupt() -> Iterator[None]:
    """Let the first Ctrl-C end the block as usual, and a second one exit from the program at once."""
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
    """Wait until the user presses Ctrl-C or a signal ends the process."""
    try:
        while True:
            time.sleep(3600)  # on Windows, Ctrl-C interrupts a sleep, but not a wait for an event
    except KeyboardInterrupt:
        return

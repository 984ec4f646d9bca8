"""The program at a terminal, with somebody who answers its question."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import repeat

from tests.conftest import Program, Result

#: As large as a terminal that people use, and long enough for all that a command shows.
COLUMNS, LINES = 120, 60

# Only a session's controlling terminal turns Ctrl-C into a signal.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "flask_cdn_stack", *sys.argv[1:]])
"""


@contextmanager
def at_terminal(
    program: Program, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start a command at a terminal of 120 columns; give the process, and the other end of the terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    surroundings = {**program.environment, "TERM": "xterm-256color", **(environment or {})}
    with subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *arguments],
        cwd=program.folder,
        env=surroundings,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
    os.close(ours)


def run_in_terminal(
    program: Program,
    *arguments: str,
    answer: bytes = b"",
    question: bytes = b"[y/N]",
    answers: Iterable[tuple[bytes, bytes]] | None = None,
    environment: Mapping[str, str] | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Result:
    """Run a command at a terminal of 120 columns; type ``answer`` each time that it asks ``question``.

    Or each of ``answers`` when its question has come. Before the first one ``meanwhile`` is done. Both streams come as
    one, in ``stdout``.
    """
    steps = iter(answers or (repeat((question, answer)) if answer else ()))
    with at_terminal(program, *arguments, environment=environment) as (process, terminal):
        shown = _converse(terminal, steps, meanwhile)
    return Result(process.returncode, shown.decode(), "")


def _converse(
    terminal: int, steps: Iterator[tuple[bytes, bytes]], meanwhile: Callable[[], object], seconds: float = 60
) -> bytes:
    shown, position, typed, step = b"", 0, b"", next(steps, None)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            if typed == b"\x03":  # Python may miss one that comes in the moment before it reads
                os.write(terminal, typed)
            continue
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # Linux's way to say that the program has ended
            return shown
        while step and (found := shown.find(step[0], position)) >= 0:
            if not typed:
                meanwhile()
                # In an account of AWS's that takes minutes.
                deadline = time.monotonic() + seconds
            position, typed = found + len(step[0]), step[1]
            os.write(terminal, typed)
            step = next(steps, None)
    raise AssertionError(f"It did not end; next was to be asked {step}:\n{shown.decode()}")

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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.conftest import Program, Result

#: As large as a terminal that people use, and long enough for all that a command shows.
COLUMNS, LINES = 120, 60

# Only a session's controlling terminal turns Ctrl-C into a signal.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "flask_cdn_stack", *sys.argv[1:]])
"""


def run_in_terminal(
    program: Program,
    *arguments: str,
    answer: bytes = b"",
    question: bytes = b"[y/N]",
    environment: Mapping[str, str] | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Result:
    """Run a command at a terminal of 120 columns; type ``answer`` each time that it asks ``question``.

    Before the first time ``meanwhile`` is done. Both streams come as one, in ``stdout``.
    """
    with at_terminal(program, *arguments, environment=environment) as (process, terminal):
        shown = _converse(terminal, question, answer, meanwhile)
    return Result(process.returncode, shown.decode(), "")


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


def answer_each(terminal: int, answers: Mapping[str, str], seconds: float = 60) -> str:
    """Type each answer when its question has come, one after the other; return all that was shown until the end."""
    shown, position, waiting = b"", 0, list(answers.items())
    last = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            if last == b"\x03":  # Python may miss one that comes in the moment before it reads
                os.write(terminal, last)
            continue
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # Linux's way to say that the program has ended
            return shown.decode()
        while waiting and (found := shown.find(waiting[0][0].encode(), position)) >= 0:
            question, answer = waiting.pop(0)
            position = found + len(question)
            last = answer.encode() if answer == "\x03" else f"{answer}\n".encode()
            os.write(terminal, last)
    raise AssertionError(f"It did not end; next was to be asked {waiting[:1]}:\n{shown.decode()}")


def _converse(
    terminal: int, question: bytes, answer: bytes, meanwhile: Callable[[], object], seconds: float = 60
) -> bytes:
    shown = b""
    answered = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        speaks = select.select([terminal], [], [], 1)[0]
        if speaks:
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # Linux's way to say that the program has ended
                return shown
        asked = shown.count(question)
        # Python may miss a Ctrl-C that comes in the moment before it reads; anything else, typed too early, is shown.
        missed = answered and not speaks and answer == b"\x03"
        if answer and (asked > answered or missed):
            if not answered:
                meanwhile()
                # In an account of AWS's that takes minutes.
                deadline = time.monotonic() + seconds
            os.write(terminal, answer)
            answered = asked
    raise AssertionError(f"It did not end:\n{shown.decode()}")

"""The program at a terminal, with somebody who answers its question."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from tests.conftest import Program, Result

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
    """Run a command at a terminal of 120 columns; type ``answer`` once, after ``meanwhile``, when it asks ``question``.

    Both streams come as one, in ``stdout``.
    """
    ours, theirs = pty.openpty()
    surroundings = {**program.environment, "TERM": "xterm-256color", "COLUMNS": "120", **(environment or {})}
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
            shown = _converse(ours, question, answer, meanwhile)
        finally:
            process.kill()
    os.close(ours)
    return Result(process.returncode, shown.decode(), "")


def _converse(
    terminal: int, question: bytes, answer: bytes, meanwhile: Callable[[], object], seconds: float = 60
) -> bytes:
    shown = b""
    answered = False
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        speaks = select.select([terminal], [], [], 1)[0]
        if speaks:
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # Linux's way to say that the program has ended
                return shown
        # Again after a silence: Python may miss a Ctrl-C that comes in the moment before it reads.
        if answer and question in shown and not (answered and speaks):
            if not answered:
                meanwhile()
                # In an account of AWS's that takes minutes.
                deadline = time.monotonic() + seconds
            os.write(terminal, answer)
            answered = True
    raise AssertionError(f"It did not end:\n{shown.decode()}")

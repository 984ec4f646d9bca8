"""Runs one command and writes down how it ended, its wall-clock seconds and its memory: ``launch.py REPORT COMMAND``.

A small process of its own, because Linux counts the memory of the one that starts another in with the started one's.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from time import perf_counter

#: Seconds after which the command is ended.
LIMIT = 900


def main(report: str, command: list[str]) -> None:
    """Run the command; end it when it takes too long, or when this process is to end."""
    began = perf_counter()
    child = os.posix_spawn(command[0], command, os.environ)
    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(LIMIT)
    _, status, usage = os.wait4(child, 0)
    seconds = perf_counter() - began
    with open(report, "w", encoding="utf-8") as file:
        code = os.waitstatus_to_exitcode(status)
        json.dump({"code": code, "seconds": seconds, "megabytes": usage.ru_maxrss * 1024 / 1e6}, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

"""Identifies processes in the record by their host, and finds out whether they still run."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")

# States of a process that has ended, but was not waited for yet (proc(5), /proc/pid/stat).
_ENDED = "ZX"

# Fields with the state and the start time of a process, counted after its name.
_STATE, _STARTED = 0, 19


class Process(NamedTuple):
    """A process: its host, its id there, and its start time in clock ticks since boot (None if unknown).

    Systems reuse process ids; the start time tells a process from a later one with its id.
    """

    host: str
    pid: int
    started: int | None = None


def this_process() -> Process:
    """Return the current process."""
    return Process(_host_name(), os.getpid(), find_start(os.getpid()))


def deployer_name() -> str:
    """Return user and host of this process, such as ``ann@build-7``; only the host if the user has no name."""
    return f"{user}@{platform.node()}" if (user := _user_name()) else platform.node()


def find_start(pid: int) -> int | None:
    """Return the start time of a process on this host, in clock ticks since boot; None if unknown."""
    fields = _read_stat(pid)
    return int(fields[_STARTED]) if fields else None


def process_lives(pid: int, started: int | None) -> bool | None:
    """Return whether a process on this host is alive; None if that cannot be found out.

    :param started: its start time, from ``find_start``; None if unknown.
    """
    if os.name == "nt" or not 0 < pid < 2**31:  # on Windows, signal 0 would end the process
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    fields = _read_stat(pid)
    if not fields:
        return None
    if fields[_STATE] in _ENDED:
        return False
    return None if started is None else int(fields[_STARTED]) == started


def _read_stat(pid: int) -> list[str]:
    try:
        # The name comes before, in parentheses, and may contain any characters.
        return (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def _user_name() -> str:
    if sys.platform == "win32":
        return ""
    import pwd  # POSIX has it

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""


def _host_name() -> str:
    # Process ids are valid only within one boot and one container. The host's name is stored only as a hash.
    parts = [platform.node()]
    try:
        parts += [(_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip(), os.readlink(_PROC / "self/ns/pid")]
    except OSError:
        parts.append("")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

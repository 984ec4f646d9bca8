"""Processes that leave something in the record: on which host they ran, and whether they still do."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")

# States of a process that has ended and was not taken note of yet (proc(5), /proc/pid/stat).
_ENDED = "ZX"

# Places of the state and of the moment at which a process was started, counted from behind its name.
_STATE, _STARTED = 0, 19


class Process(NamedTuple):
    """A process: its host, its id there, and the moment it was started in the system's own count, None where unknown.

    Ids are given out again, so that only the moment tells a process from a later one.
    """

    host: str
    pid: int
    started: int | None = None


def this_process() -> Process:
    """Return this process."""
    return Process(_host_name(), os.getpid(), find_start(os.getpid()))


def deployer_name() -> str:
    """Return who runs this process, and where: ``ann@build-7``; the machine alone where its users have no names."""
    return f"{user}@{platform.node()}" if (user := _user_name()) else platform.node()


def find_start(pid: int) -> int | None:
    """Return when a process of this host was started, in clock ticks since boot; None where there is no telling."""
    fields = _read_stat(pid)
    return int(fields[_STARTED]) if fields else None


def process_lives(pid: int, started: int | None) -> bool | None:
    """Say whether a process of this host is alive; None where that cannot be told.

    :param started: when it was started, as ``find_start`` says; None where that is not known.
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
        # The name before it is in parentheses and may hold anything.
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
    # Process ids mean something only within one boot and one container of a machine; the name itself is not kept.
    parts = [platform.node()]
    try:
        parts += [(_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip(), os.readlink(_PROC / "self/ns/pid")]
    except OSError:
        parts.append("")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

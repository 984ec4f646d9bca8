"""The run of a deploy: its id, its process, and how to tell that another run's process is dead."""

from __future__ import annotations

import hashlib
import os
import platform
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .state import CLAIM_SECONDS, REMOVAL_SECONDS, Claim, Removal


def process_lives(pid: int) -> bool:
    """Say whether a process of this machine is alive, as far as can be told."""
    if os.name == "nt":  # there, signal 0 would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass(frozen=True)
class Run:
    """One run on one machine. ``now`` gives epoch seconds, ``sleep`` waits, ``lives`` tells of a process here."""

    id: str
    host: str
    pid: int
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    lives: Callable[[int], bool] = process_lives

    def claim(self, keys: tuple[str, ...]) -> Claim:
        """Return this run's claim to ``keys``."""
        return Claim(keys, self.now(), self.host, self.pid)

    def is_left(self, claim: Claim) -> bool:
        """Say whether a claim was left behind: its process is dead, or it is older than an hour."""
        if claim.host == self.host and not self.lives(claim.pid):
            return True
        return self.now() - claim.at > CLAIM_SECONDS

    def is_overdue(self, removal: Removal) -> bool:
        """Say whether a removal was left behind: it is older than a quarter of an hour, or of a clock that is wrong."""
        return abs(self.now() - removal.at) > REMOVAL_SECONDS

    def release_id(self) -> str:
        """Return a new id for a release; ids sort by time."""
        moment = datetime.fromtimestamp(self.now(), UTC)
        return f"{moment:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"


def start_run() -> Run:
    """Return a run of this process."""
    return Run(id=uuid.uuid4().hex, host=_host_name(), pid=os.getpid())


def _host_name() -> str:
    # Process ids mean something only within one boot and one container of a machine; the name itself is not kept.
    boot = Path("/proc/sys/kernel/random/boot_id")
    space = Path("/proc/self/ns/pid")
    parts = [platform.node()]
    try:
        parts += [boot.read_text().strip(), os.readlink(space)]
    except OSError:
        parts.append("")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

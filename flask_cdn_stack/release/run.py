"""The run of a command that writes: its id, process and project, and its rules for what other runs have left behind."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from .process import Process, process_lives, this_process
from .provenance import UNKNOWN, Provenance
from .state import CLAIM_SECONDS, REMOVAL_SECONDS, SKEW_SECONDS, Claim, Owner, Removal


@dataclass(frozen=True)
class Run:
    """A run on this machine.

    ``owner`` is the project whose assets it handles. ``named``: the settings name the stack. ``takes_over``: the user
    lets this run take over foreign objects and records. ``provenance`` is that of the release it makes. ``now`` gives
    epoch seconds, ``sleep`` waits, ``lives`` returns whether a process on this host, with its start time, is alive.
    """

    id: str
    process: Process
    owner: Owner
    named: bool = False
    takes_over: bool = False
    provenance: Provenance = UNKNOWN
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    lives: Callable[[int, int | None], bool | None] = process_lives

    def owns(self, owner: Owner) -> bool:
        """Return whether an owner is this run's: the same project and stack, or a stack that the settings name."""
        return owner == self.owner or (self.named and owner.stack == self.owner.stack)

    def claim(self, keys: tuple[str, ...]) -> Claim:
        """Return this run's claim on ``keys``."""
        now = self.now()
        return Claim(keys, now, *self.process, now)

    def removal(self, keys: tuple[str, ...]) -> Removal:
        """Return this run's removal of ``keys``."""
        return Removal(keys, self.now(), *self.process)

    def is_left(self, claim: Claim) -> bool:
        """Return whether a claim was left behind.

        It was if its process is known to be dead or, if that cannot be known, if it was not renewed for an hour.
        """
        alive = self._lives(claim)
        return self.now() - max(claim.at, claim.renewed) > CLAIM_SECONDS if alive is None else not alive

    def is_overdue(self, removal: Removal) -> bool:
        """Return whether a removal was left behind.

        It was if its process is known to be dead. If that cannot be known, it was if it is a quarter of an hour old,
        however much the clocks differ, or if the user lets this run take over.
        """
        alive = self._lives(removal)
        if alive is not None:
            return not alive
        return self.takes_over or abs(self.now() - removal.at) > REMOVAL_SECONDS + SKEW_SECONDS

    def sees_alive(self, item: Claim | Removal) -> bool:
        """Return whether the process of an entry is known to be alive."""
        return self._lives(item) is True

    def release_id(self) -> str:
        """Return a new release id; ids sort by time."""
        moment = datetime.fromtimestamp(self.now(), UTC)
        return f"{moment:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"

    def _lives(self, item: Claim | Removal) -> bool | None:
        # Another run of this same process may be over or not.
        if item.host != self.process.host or Process(item.host, item.pid, item.started) == self.process:
            return None
        return self.lives(item.pid, item.started)


def start_run(owner: Owner, named: bool = False, takes_over: bool = False, provenance: Provenance = UNKNOWN) -> Run:
    """Return a new run of this process."""
    return Run(uuid.uuid4().hex, this_process(), owner, named, takes_over, provenance)

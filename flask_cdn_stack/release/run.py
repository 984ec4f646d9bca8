"""The run of a command that writes: its id, its process, its project, and how it judges what other runs have left."""

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
    """One run on one machine.

    ``owner`` is whose assets it handles, ``named`` says that the settings name its stack, and ``takes_over`` that the
    user wants this run to have what is another's. ``provenance`` is what a release of it says of where it comes from.
    ``now`` gives epoch seconds, ``sleep`` waits, ``lives`` tells of a process here, with the moment it was started.
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
        """Say whether an owner is this run's own: the same project and stack, or a stack that the settings name."""
        return owner == self.owner or (self.named and owner.stack == self.owner.stack)

    def claim(self, keys: tuple[str, ...]) -> Claim:
        """Return this run's claim to ``keys``."""
        now = self.now()
        return Claim(keys, now, *self.process, now)

    def removal(self, keys: tuple[str, ...]) -> Removal:
        """Return this run's removal of ``keys``."""
        return Removal(keys, self.now(), *self.process)

    def is_left(self, claim: Claim) -> bool:
        """Say whether a claim was left behind.

        Where that can be told, its process is dead; elsewhere nobody has renewed it for an hour.
        """
        alive = self._lives(claim)
        return self.now() - max(claim.at, claim.renewed) > CLAIM_SECONDS if alive is None else not alive

    def is_overdue(self, removal: Removal) -> bool:
        """Say whether a removal was left behind.

        Where that can be told, its process is dead; elsewhere it is a quarter of an hour old, whatever the two clocks
        say, or the user says so by having this run take over.
        """
        alive = self._lives(removal)
        if alive is not None:
            return not alive
        return self.takes_over or abs(self.now() - removal.at) > REMOVAL_SECONDS + SKEW_SECONDS

    def sees_alive(self, item: Claim | Removal) -> bool:
        """Say whether the process of an entry is known to be alive."""
        return self._lives(item) is True

    def release_id(self) -> str:
        """Return a new id for a release; ids sort by time."""
        moment = datetime.fromtimestamp(self.now(), UTC)
        return f"{moment:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"

    def _lives(self, item: Claim | Removal) -> bool | None:
        # Of another run of this very process there is no telling whether it is over.
        if item.host != self.process.host or Process(item.host, item.pid, item.started) == self.process:
            return None
        return self.lives(item.pid, item.started)


def start_run(owner: Owner, named: bool = False, takes_over: bool = False, provenance: Provenance = UNKNOWN) -> Run:
    """Return a run of this process."""
    return Run(uuid.uuid4().hex, this_process(), owner, named, takes_over, provenance)

"""A run's claim on the keys that it writes: made first, renewed while the run works, and removed at the end.

Finished uploads are recorded with each renewal, and before an error ends the run, so the next run uploads only the
rest. A run that was suspended for so long that another may have taken over uploads nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from ..errors import AWSError, CDNStackError, LeaseError
from .ownership import read_own, sign
from .run import Run
from .state import (
    CLAIM_SECONDS,
    Claim,
    ObjectRecord,
    State,
    add_claim,
    record_arrivals,
    renew_claim,
    settle_claims,
)
from .store import Snapshot, Store, change_state, read_state

#: Seconds between two renewals.
RENEWAL_SECONDS = 60

#: Seconds after the last renewal from which a run uploads nothing more. Others drop its claim after
#: :data:`~.state.CLAIM_SECONDS` by their clock, and S3 refuses requests from a clock a quarter of an hour off.
STALE_SECONDS = CLAIM_SECONDS / 3


class Lease:
    """The claim of one run. ``snapshot`` is the state as the run last read or wrote it.

    ``records`` are the objects that it has uploaded, by key.
    """

    def __init__(self, store: Store, run: Run, snapshot: Snapshot) -> None:
        self._store, self._run = store, run
        self._renewed = run.now()
        self._left: frozenset[Claim] = frozenset()
        self._mended: set[str] = set()
        self._replaced: set[str] = set()
        self._lost = False
        self.snapshot = snapshot
        self.records: dict[str, ObjectRecord] = {}

    @property
    def is_lost(self) -> bool:
        """Whether another run may have taken over the claimed keys."""
        return self._lost or self._run.now() - self._renewed > STALE_SECONDS

    def check(self) -> None:
        """Check that this run may still write. Can be called from any thread.

        :raises LeaseError: it may not.
        """
        if self.is_lost:
            raise LeaseError("This run was stopped for so long that another one may have taken its place.")

    def claim(self, keys: Iterable[str]) -> bool:
        """Claim keys; return False if another run has published in the meantime."""
        claim = self._run.claim(tuple(keys))
        changed = self._change(lambda state: add_claim(state, self._run.id, claim))
        if not changed:
            return False
        self._renewed, self._lost = claim.renewed, False
        # Asked before anything is written: the owner of a claim that dies later may also write later.
        left = filter(self._run.is_left, self.snapshot.state.writing.values())
        self._left, self._mended = frozenset(claim.hold for claim in left), set()
        return True

    def arrived(self, key: str, record: ObjectRecord, path: str | None) -> None:
        """Note an uploaded object, to record it with the next renewal.

        :param path: its URL path, if the edge may have cached what was there before.
        """
        self.records[key] = record
        self._mended.add(key)
        if path is not None:
            self._replaced.add(path)

    def tick(self) -> None:
        """Renew the claim if it is time to. Called repeatedly during uploads.

        If AWS does not answer, nothing is raised here; the uploads or :meth:`check` will fail.
        """
        if self._run.now() - self._renewed > RENEWAL_SECONDS and not self.is_lost:
            with suppress(AWSError):
                self._renew()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """If the block ends in an error or is interrupted, record the finished uploads."""
        try:
            yield
        except BaseException:
            if self.records and not self.is_lost:
                with suppress(CDNStackError):  # this error must not hide the first one
                    if not self._change(self._record):
                        self.read_again()
                        self._change(self._record)
            raise

    def settle(self, state: State) -> State:
        """Return the state without this run's claim, and without the claims of dead runs that it has repaired."""
        return settle_claims(state, self._run.id, self._mended, self._left)

    def read_again(self) -> None:
        """Read the state again, because another run has published, or this run was suspended for too long.

        Uploaded objects that are no longer claimed count as lost: another run may have published and removed them.

        :raises RefusedError: the state is another project's now.
        """
        before, self.snapshot = self.snapshot.state, read_own(self._store, self._run)
        state = self.snapshot.state
        claim = state.writing.get(self._run.id)
        kept = set(claim.keys if claim else ())
        if state.serial != before.serial:
            # The run that published could not rely on the claimed keys, and may have uploaded its own bytes later.
            kept -= state.objects.keys()
        self.records = {key: record for key, record in self.records.items() if key in kept}

    def _renew(self) -> None:
        now = self._run.now()

        def renew(state: State) -> State:
            return renew_claim(self._record(state), self._run.id, now)

        try:
            # If overtaken, the next plan decides about the finished uploads; the claim stays.
            while not self._change(renew) and not self._keep_claim(now):
                continue
        except LeaseError:
            self._lost = True
        else:
            self._renewed = now

    def _keep_claim(self, now: float) -> bool:
        def keep(state: State) -> State:
            return renew_claim(self._check_claim(state), self._run.id, now)

        return change_state(self._store, read_state(self._store), keep) is not None

    def _record(self, state: State) -> State:
        mended = self._mended & self.records.keys()
        return record_arrivals(self._check_claim(state), self._run.id, self.records, mended, self._left, self._replaced)

    def _check_claim(self, state: State) -> State:
        if self._run.id not in state.writing:
            raise LeaseError("Another run has dropped the claim of this one.")
        return state

    def _change(self, change: Callable[[State], State]) -> bool:
        changed = change_state(self._store, self.snapshot, lambda state: sign(change(state), self._run))
        self.snapshot = changed or self.snapshot
        return changed is not None

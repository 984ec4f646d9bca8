"""A run's hold on the keys that it writes: claimed first, renewed as long as it works, and settled in the end.

What has arrived is written into the record as the claim is renewed, and before an error ends the run: the next one
sends only the rest. A run that was stopped for so long that another may have taken its place sends nothing more.
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

#: Seconds after the last renewal from which a run sends nothing more. Others drop its claim after
#: :data:`~.state.CLAIM_SECONDS` of their clock, and S3 takes no request whose clock is a quarter of an hour off.
STALE_SECONDS = CLAIM_SECONDS / 3


class Lease:
    """The hold of one run. ``snapshot`` is the record as the run last read or wrote it.

    ``records`` are the objects that it has sent, by key.
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
        """Whether another run may write under the claimed keys by now."""
        return self._lost or self._run.now() - self._renewed > STALE_SECONDS

    def check(self) -> None:
        """Make sure that a request may still be sent; any thread may ask.

        :raises LeaseError: it may not.
        """
        if self.is_lost:
            raise LeaseError("This run was stopped for so long that another one may have taken its place.")

    def claim(self, keys: Iterable[str]) -> bool:
        """Claim keys; False where another run published meanwhile."""
        claim = self._run.claim(tuple(keys))
        changed = self._change(lambda state: add_claim(state, self._run.id, claim))
        if not changed:
            return False
        self._renewed, self._lost = claim.renewed, False
        # To be asked before anything is written under their keys: an owner that dies later may have written later.
        left = filter(self._run.is_left, self.snapshot.state.writing.values())
        self._left, self._mended = frozenset(claim.hold for claim in left), set()
        return True

    def arrived(self, key: str, record: ObjectRecord, path: str | None) -> None:
        """Take note of an object that was sent.

        :param path: its URL path, where the edge may hold what was there before.
        """
        self.records[key] = record
        self._mended.add(key)
        if path is not None:
            self._replaced.add(path)

    def tick(self) -> None:
        """Renew the claim when it is time to; called again and again while files are sent.

        Where AWS does not answer, that is left to the files, and to :meth:`check`.
        """
        if self._run.now() - self._renewed > RENEWAL_SECONDS and not self.is_lost:
            with suppress(AWSError):
                self._renew()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record what has arrived when the block ends in an error or is interrupted."""
        try:
            yield
        except BaseException:
            if self.records and not self.is_lost:
                with suppress(CDNStackError):  # that is not to stand before what is wrong
                    if not self._change(self._record):
                        self.read_again()
                        self._change(self._record)
            raise

    def settle(self, state: State) -> State:
        """Return the state without this run's claim, and without what it mended of others."""
        return settle_claims(state, self._run.id, self._mended, self._left)

    def read_again(self) -> None:
        """Read the record anew, because another run published, or this one was stopped for too long.

        What was sent and is not claimed counts as lost: another run may have published and removed it since.

        :raises RefusedError: it is another project's by now.
        """
        before, self.snapshot = self.snapshot.state, read_own(self._store, self._run)
        state = self.snapshot.state
        claim = state.writing.get(self._run.id)
        kept = set(claim.keys if claim else ())
        if state.serial != before.serial:
            # Whoever published found our keys in doubt, and sent those of its own again, perhaps after us.
            kept -= state.objects.keys()
        self.records = {key: record for key, record in self.records.items() if key in kept}

    def _renew(self) -> None:
        now = self._run.now()

        def renew(state: State) -> State:
            return renew_claim(self._record(state), self._run.id, now)

        try:
            # Overtaken, what has arrived is for the next plan to judge; the claim goes on.
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

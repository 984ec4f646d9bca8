"""What every publication does, of new files or of an earlier release: claim, record, invalidate, switch.

The order makes a kill at any point harmless. Objects are claimed before they are overwritten; the release record and
the invalidation come before the state, which alone says what is published.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Protocol

from ..assets.published_names import Naming
from ..aws.invalidations import Invalidation
from .edge import CDN, Edge
from .lease import Lease
from .ownership import sign
from .records import ReleaseRecord, manifest_checksum, write_release
from .run import Run
from .state import ObjectRecord, State
from .store import Snapshot, Store, change_state


class Publishable(Protocol):
    """A publication before it is done.

    ``keys`` are to be written, ``replaced`` are the URL paths of which the edge may hold what was there before.
    ``publishes`` is False where the published release is this one already.
    """

    @property
    def keys(self) -> Collection[str]: ...

    @property
    def replaced(self) -> AbstractSet[str]: ...

    @property
    def publishes(self) -> bool: ...

    def settle(self, state: State) -> State:
        """Return the state without what the plan has found to be wrong in it."""


class Publication:
    """One run's way to its publication, over as many plans as that takes.

    ``before`` is what the record said before the last claim.
    """

    def __init__(self, store: Store, cdn: CDN, run: Run) -> None:
        self._store, self._run, self._edge = store, run, Edge(cdn, run)
        self.lease = Lease(store, run, Snapshot(State(), None))
        self.before = State()

    @property
    def state(self) -> State:
        """What the record says, as it was last read or written."""
        return self.lease.snapshot.state

    def claim(self, plan: Publishable) -> bool:
        """Claim what is to be written; False where another run published meanwhile."""
        self.before = self.state
        return not plan.keys or self.lease.claim(plan.keys)

    def write(
        self,
        manifest: str,
        objects: Mapping[str, ObjectRecord],
        naming: Naming | None = None,
        target: ReleaseRecord | None = None,
    ) -> ReleaseRecord:
        """Write the record of a new release, and return it.

        :param target: the release that it brings back, whose commit and branch are this one's too.
        """
        release, now, provenance = self._run.release_id(), int(self._run.now()), self._run.provenance
        if target:
            provenance = target.provenance._replace(by=provenance.by)
        record = ReleaseRecord(release, now, manifest, objects, target.id if target else None, naming, provenance)
        write_release(self._store, record)
        return record

    def invalidate(self, plan: Publishable, record: ReleaseRecord | None) -> Invalidation:
        """Ask that the edge forget what was replaced, and what the record says it owes."""
        return self._edge.ask(self.state, plan.replaced, record.id if record else self._run.release_id())

    def switch(self, plan: Publishable, record: ReleaseRecord | None) -> str | None:
        """Let the record say what is published, and that nothing is claimed or owed of it any more.

        :return: the release that is published; None where another run published meanwhile.
        """
        return self._withdraw(plan) if record is None else self._publish(plan, record)

    def _publish(self, plan: Publishable, record: ReleaseRecord) -> str | None:
        def switch(state: State) -> State:
            settled = self._edge.count(sign(self._settle(plan, state), self._run))
            return replace(
                settled,
                serial=state.serial + 1,
                objects={**settled.objects, **self.lease.records},
                release=record.id,
                manifest=manifest_checksum(record.manifest),
                releases=(*state.releases, record.id),
            )

        published = change_state(self._store, self.lease.snapshot, switch, lambda state: record.id in state.releases)
        return None if published is None else record.id

    def _withdraw(self, plan: Publishable) -> str | None:
        def withdraw(state: State) -> State:
            settled = self._settle(plan, state)
            # One without a name is signed when there is something to change anyway.
            settled = settled if settled == state and state.owner is None else sign(settled, self._run)
            # What is settled already was counted too, and only the answer was lost.
            return settled if settled == state else self._edge.count(settled)

        withdrawn = change_state(self._store, self.lease.snapshot, withdraw)
        return None if withdrawn is None else self.state.release

    def _settle(self, plan: Publishable, state: State) -> State:
        return plan.settle(self._edge.settle(self.lease.settle(state)))

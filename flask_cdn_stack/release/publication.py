"""The steps that a deploy and a rollback have in common: claim, write the release record, invalidate, switch.

Because of this order a run can be killed at any point without harm. Objects are claimed before they are overwritten.
The release record and the invalidation come before the state, which alone says what is published.
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
    """A plan to publish.

    ``keys`` are to be written. ``replaced`` are the URL paths whose earlier objects the edge may have cached.
    ``publishes`` is False if this release is published already.
    """

    @property
    def keys(self) -> Collection[str]: ...

    @property
    def replaced(self) -> AbstractSet[str]: ...

    @property
    def publishes(self) -> bool: ...

    def settle(self, state: State) -> State:
        """Return the state, with errors that the plan has found in it corrected."""


class Publication:
    """The publication of one run, which may take several plans.

    ``before`` is the state before the last claim.
    """

    def __init__(self, store: Store, cdn: CDN, run: Run) -> None:
        self._store, self._run, self._edge = store, run, Edge(cdn, run)
        self.lease = Lease(store, run, Snapshot(State(), None))
        self.before = State()

    @property
    def state(self) -> State:
        """The state, as it was last read or written."""
        return self.lease.snapshot.state

    def claim(self, plan: Publishable) -> bool:
        """Claim the keys to write; return False if another run has published in the meantime."""
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

        :param target: the release that a rollback publishes again; the new one gets its commit and branch.
        """
        release, now, provenance = self._run.release_id(), int(self._run.now()), self._run.provenance
        if target:
            provenance = target.provenance._replace(by=provenance.by)
        record = ReleaseRecord(release, now, manifest, objects, target.id if target else None, naming, provenance)
        write_release(self._store, record)
        return record

    def invalidate(self, plan: Publishable, record: ReleaseRecord | None) -> Invalidation:
        """Invalidate what was replaced, and the paths that earlier runs left to invalidate."""
        return self._edge.ask(self.state, plan.replaced, record.id if record else self._run.release_id())

    def switch(self, plan: Publishable, record: ReleaseRecord | None) -> str | None:
        """Write the published release into the state, and remove this run's claim and the invalidated paths.

        :return: the id of the published release; None if another run has published in the meantime.
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
            # A state without an owner gets one when it is changed anyway.
            settled = settled if settled == state and state.owner is None else sign(settled, self._run)
            # If the change was made already and only the response was lost, the paths were counted, too.
            return settled if settled == state else self._edge.count(settled)

        withdrawn = change_state(self._store, self.lease.snapshot, withdraw)
        return None if withdrawn is None else self.state.release

    def _settle(self, plan: Publishable, state: State) -> State:
        return plan.settle(self._edge.settle(self.lease.settle(state)))

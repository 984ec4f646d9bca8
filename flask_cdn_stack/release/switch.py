"""The end of every publication, of new files or of an earlier release: record, invalidation, switch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from .records import ReleaseRecord, manifest_checksum, write_release
from .run import Run
from .state import Claim, ObjectRecord, Snapshot, State, Store, change_state, settle_claims


def find_left_claims(state: State, run: Run) -> frozenset[Claim]:
    """Return the claims whose owners are dead; to be asked before anything is written under their keys."""
    return frozenset(filter(run.is_left, state.writing.values()))


def publish_release(
    store: Store,
    snapshot: Snapshot,
    record: ReleaseRecord,
    invalidate: Callable[[], int],
    settle: Callable[[State], State],
    added: Mapping[str, ObjectRecord],
) -> str | None:
    """Publish a release whose objects are in the bucket; None where another run published meanwhile.

    :param invalidate: asks that the edge forget what was replaced; returns how many paths this run has asked for, in
        plans that were overtaken too.
    :param settle: takes claims out of the state that are mended.
    :param added: what the table is to know of the objects that were written.
    """
    write_release(store, record)
    asked = invalidate()

    def switch(state: State) -> State:
        return replace(
            settle(state),
            serial=state.serial + 1,
            objects={**state.objects, **added},
            release=record.id,
            manifest=manifest_checksum(record.manifest),
            releases=(*state.releases, record.id),
            usage=state.usage.add(asked, record.created),
        )

    published = change_state(store, snapshot, switch, lambda state: record.id in state.releases)
    return None if published is None else record.id


def withdraw_claim(store: Store, snapshot: Snapshot, run: Run, asked: int) -> str | None:
    """Take back the claim of a run that has nothing left to publish, and return the release that is published.

    None where another run published meanwhile.

    :param asked: how many invalidation paths it has asked for, in plans that were overtaken.
    """

    def withdraw(state: State) -> State:
        # Without the claim this was done already, and only the answer was lost.
        usage = state.usage.add(asked, run.now()) if run.id in state.writing else state.usage
        return replace(settle_claims(state, run.id, (), ()), usage=usage)

    withdrawn = change_state(store, snapshot, withdraw)
    return None if withdrawn is None else snapshot.state.release

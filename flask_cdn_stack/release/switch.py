"""The end of every publication, of new files or of an earlier release: record, invalidation, switch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from .ownership import sign
from .records import ReleaseRecord, manifest_checksum, write_release
from .run import Run
from .state import ObjectRecord, State
from .store import Snapshot, Store, change_state


def publish_release(
    store: Store,
    snapshot: Snapshot,
    run: Run,
    record: ReleaseRecord,
    invalidate: Callable[[], int],
    settle: Callable[[State], State],
    added: Mapping[str, ObjectRecord],
) -> str | None:
    """Publish a release whose objects are in the bucket; None where another run published meanwhile.

    :param invalidate: asks that the edge forget what was replaced; returns how many paths this run has asked for, in
        plans that were overtaken too.
    :param settle: takes claims out of the state that are mended, and what the edge was asked for.
    :param added: what the table is to know of the objects that were written.
    """
    write_release(store, record)
    asked = invalidate()

    def switch(state: State) -> State:
        settled = sign(settle(state), run)
        return replace(
            settled,
            serial=state.serial + 1,
            objects={**settled.objects, **added},
            release=record.id,
            manifest=manifest_checksum(record.manifest),
            releases=(*state.releases, record.id),
            usage=state.usage.add(asked, record.created),
        )

    published = change_state(store, snapshot, switch, lambda state: record.id in state.releases)
    return None if published is None else record.id


def withdraw_claim(
    store: Store, snapshot: Snapshot, run: Run, asked: int, settle: Callable[[State], State]
) -> str | None:
    """End a run that has nothing left to publish, and return the release that is published.

    None where another run published meanwhile.

    :param asked: how many invalidation paths it has asked for.
    :param settle: as in :func:`publish_release`.
    """

    def withdraw(state: State) -> State:
        settled = settle(state)
        # One without a name is signed when there is something to change anyway.
        settled = settled if settled == state and state.owner is None else sign(settled, run)
        # What is settled already was counted too, and only the answer was lost.
        return settled if settled == state else replace(settled, usage=state.usage.add(asked, run.now()))

    withdrawn = change_state(store, snapshot, withdraw)
    return None if withdrawn is None else snapshot.state.release

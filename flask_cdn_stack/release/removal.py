"""Deleting objects so that no run comes to need them meanwhile.

Doomed keys enter ``removing`` by compare-and-set, then are deleted, then leave the table and ``removing``. A run that
needs one of them waits until it has left. What a run left behind, killed or without an answer, is finished by the next
one that deletes or needs such a key, once it is old enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Protocol

from ..errors import RefusedError
from .run import Run
from .state import Removal, Snapshot, State, Store, change_state, read_state

#: Seconds between two looks at a removal that is in the way.
POLL_SECONDS = 5

#: Keys that are deleted at a time: as many as one request takes (S3 API reference, "DeleteObjects").
BATCH_KEYS = 1000


class Listener(Protocol):
    """Is told what a run is waiting for."""

    def say(self, text: str) -> None:
        """Take note of a sentence."""


def await_removals(store: Store, run: Run, listener: Listener, snapshot: Snapshot, keys: AbstractSet[str]) -> Snapshot:
    """Wait until no key that is needed is being deleted; finish a deletion that was left behind.

    :return: the state without those deletions.
    """
    while needed := sorted(keys & snapshot.state.doomed_keys()):
        if not finish_left_removals(store, run, snapshot):
            listener.say(f"Waiting: another run is deleting {needed[0]}, which this release needs.")
            run.sleep(POLL_SECONDS)
        snapshot = read_state(store)
    return snapshot


def finish_left_removals(store: Store, run: Run, snapshot: Snapshot) -> bool:
    """Delete what other runs left half deleted, and say whether there was any; the snapshot is old then."""
    left = {
        owner: removal
        for owner, removal in snapshot.state.removing.items()
        if owner == run.id or run.is_overdue(removal)
    }
    if not left:
        return False
    # Taken over first: of two runs that finish it, one might delete what the other has uploaded again.
    own = Removal(tuple(sorted({key for removal in left.values() for key in removal.keys})), run.now())

    def take_over(state: State) -> State:
        others = {owner: removal for owner, removal in state.removing.items() if owner not in left}
        return replace(state, removing={**others, run.id: own})

    taken = change_state(store, snapshot, take_over, lambda state: state.removing.get(run.id) == own)
    if taken is not None:
        _carry_out(store, run, taken)
    return True


def remove_keys(store: Store, run: Run, find_doomed: Callable[[State], AbstractSet[str]], ceiling: int) -> list[str]:
    """Delete keys, and return those that were deleted.

    Keys that anyone may be writing stay, and so does whatever the table does not name: it is somebody else's.

    :param find_doomed: says which keys nobody needs in a state; asked again where another run has changed it.
    :param ceiling: how many keys may be deleted at most.
    :raises RefusedError: there are more.
    """
    deleted: list[str] = []
    snapshot = read_state(store)
    while True:
        doomed = sorted(find_removable(snapshot.state, find_doomed(snapshot.state), run))
        check_ceiling(len(deleted) + len(doomed), ceiling)
        if finish_left_removals(store, run, snapshot):
            snapshot = read_state(store)
        elif doomed:
            entered = _enter(store, run, snapshot, doomed[:BATCH_KEYS])
            if entered is not None and run.id in entered.state.removing:
                deleted += entered.state.removing[run.id].keys
                entered = _carry_out(store, run, entered)
            snapshot = entered or read_state(store)
        else:
            return deleted


def find_removable(state: State, keys: AbstractSet[str], run: Run) -> AbstractSet[str]:
    """Return those keys that the table names, that no living run may write and nobody is deleting already."""
    claims = [claim for claim in state.writing.values() if not run.is_left(claim)]
    claimed = {key for claim in claims for key in claim.keys}
    return keys & state.objects.keys() - claimed - state.doomed_keys()


def check_ceiling(number: int, ceiling: int) -> None:
    """Make sure that no more keys are deleted than allowed.

    :raises RefusedError: there are more.
    """
    if number > ceiling:
        raise RefusedError(
            f"Objects to delete: {number:,}; assets.max_deletes allows {ceiling:,}. Nothing was deleted.",
            f"If that is meant, pass --max-deletes {number}, or raise assets.max_deletes in the settings.",
        )


def _enter(store: Store, run: Run, snapshot: Snapshot, keys: Sequence[str]) -> Snapshot | None:
    at = run.now()

    def enter(state: State) -> State:
        removable = find_removable(state, set(keys), run)
        removal = Removal(tuple(sorted(removable)), at)
        return replace(state, removing={**state.removing, run.id: removal}) if removable else state

    return change_state(store, snapshot, enter, lambda state: run.id in state.removing)


def _carry_out(store: Store, run: Run, snapshot: Snapshot) -> Snapshot:
    """Delete what this run has entered into ``removing``, and take it out of the state."""
    own = snapshot.state.removing[run.id]
    if not run.is_overdue(own):  # a process that was stopped for so long may have been relieved of it
        store.delete(own.keys)
        while run.id in snapshot.state.removing:
            snapshot = change_state(store, snapshot, lambda state: _forget(state, run.id)) or read_state(store)
        return snapshot
    return read_state(store)


def _forget(state: State, run: str) -> State:
    gone = set(state.removing[run].keys)
    removing = {owner: removal for owner, removal in state.removing.items() if owner != run}
    objects = {key: record for key, record in state.objects.items() if key not in gone}
    # What a dead run may have written under such a key is deleted with it.
    kept = {owner: [key for key in claim.keys if key not in gone] for owner, claim in state.writing.items()}
    writing = {owner: state.writing[owner]._replace(keys=tuple(keys)) for owner, keys in kept.items() if keys}
    return replace(state, objects=objects, removing=removing, writing=writing)

"""Deletes objects in a way that no other run relies on them in the meantime.

Keys to delete are first added to ``removing`` in the state by compare-and-set, then deleted, then taken out of the
table and of ``removing``; the paths to invalidate are then added to ``owed``. A run that needs one of these keys waits
until it has left ``removing``. If a run is killed or gets no response, the next run that deletes or needs such a key
finishes its removal: at once if the process is known to be dead, else once the removal is old enough.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ..errors import RefusedError
from .ownership import read_own, sign
from .parties import Listener
from .run import Run
from .state import REMOVAL_SECONDS, Removal, State, forget_objects
from .store import Snapshot, Store, change_state

#: Seconds between two checks of a removal that a run waits for.
POLL_SECONDS = 5

#: Keys in one request to delete, the most that S3 allows (S3 API reference, "DeleteObjects").
BATCH_KEYS = 1000

# Seconds after which a run no longer deletes its own removal: others may have finished it while the run was suspended.
_FRESH_SECONDS = 60


def await_removals(store: Store, run: Run, listener: Listener, snapshot: Snapshot, keys: AbstractSet[str]) -> Snapshot:
    """Wait until none of the needed keys is being deleted; finish removals that a run left behind.

    :return: the state without those removals.
    """
    said = ""
    seen: dict[tuple[str, Removal], float] = {}
    while needed := sorted(keys & snapshot.state.doomed_keys()):
        # Measured by this machine's clock alone: for how long a removal has not changed.
        seen = {item: seen.get(item, run.now()) for item in snapshot.state.removing.items()}
        outwaited = {
            owner
            for (owner, removal), since in seen.items()
            if run.now() - since > REMOVAL_SECONDS and not run.sees_alive(removal)
        }
        if not finish_left_removals(store, run, snapshot, outwaited):
            text = _describe_wait(run, seen, needed[0])
            if text != said:
                listener.say(text)
            said = text
            run.sleep(POLL_SECONDS)
        snapshot = read_own(store, run)
    return snapshot


def finish_left_removals(store: Store, run: Run, snapshot: Snapshot, outwaited: Collection[str] = frozenset()) -> bool:
    """Finish the removals that other runs left behind; return whether there were any, as the snapshot is then old.

    :param outwaited: runs whose removals did not change for long enough.
    """
    left = {
        owner: removal
        for owner, removal in snapshot.state.removing.items()
        if owner == run.id or owner in outwaited or run.is_overdue(removal)
    }
    if not left:
        return False
    # Taken over first: if two runs finished it, one might delete what the other has uploaded again.
    own = run.removal(tuple(sorted({key for removal in left.values() for key in removal.keys})))

    def take_over(state: State) -> State:
        others = {owner: removal for owner, removal in state.removing.items() if owner not in left}
        return sign(replace(state, removing={**others, run.id: own}), run)

    taken = change_state(store, snapshot, take_over, lambda state: state.removing.get(run.id) == own)
    if taken is not None:
        _carry_out(store, run, taken)
    return True


def remove_keys(store: Store, run: Run, find_doomed: Callable[[State], AbstractSet[str]], ceiling: int) -> list[str]:
    """Delete keys, and return those that were deleted; their paths are then owed to the edge.

    Keys that a run may be writing stay, and so do foreign objects, which the state does not name.

    :param find_doomed: returns the keys of a state that are not needed; called again if another run has changed it.
    :param ceiling: how many keys may be deleted at most.
    :raises RefusedError: there are more, or the record is another project's.
    """
    deleted: list[str] = []
    snapshot = read_own(store, run)
    while True:
        doomed = sorted(find_removable(snapshot.state, find_doomed(snapshot.state), run))
        check_ceiling(len(deleted) + len(doomed), ceiling)
        if finish_left_removals(store, run, snapshot):
            snapshot = read_own(store, run)
        elif doomed:
            entered = _enter(store, run, snapshot, doomed[:BATCH_KEYS])
            if entered is not None and run.id in entered.state.removing:
                deleted += entered.state.removing[run.id].keys
                entered = _carry_out(store, run, entered)
            snapshot = entered or read_own(store, run)
        else:
            return deleted


def drop_and_delete(
    store: Store, run: Run, snapshot: Snapshot, removal: Removal, drop: Callable[[State], State]
) -> None:
    """Delete records in the tool's folder to which nothing in the state leads after ``drop``.

    Nothing is deleted if another run has changed the state in the meantime.
    """

    def enter(state: State) -> State:
        return sign(replace(drop(state), removing={**state.removing, run.id: removal}), run)

    entered = change_state(store, snapshot, enter, lambda state: state.removing.get(run.id) == removal)
    if entered is not None:
        _carry_out(store, run, entered)


def find_ours(state: State, run: Run) -> frozenset[str]:
    """Return the keys of this project's objects: those in the table, and those that dead runs had claimed."""
    left = (claim.keys for claim in state.writing.values() if run.is_left(claim))
    return frozenset(state.objects).union(*left)


def find_removable(state: State, keys: AbstractSet[str], run: Run) -> AbstractSet[str]:
    """Return those keys that are this project's, that no living run may write, and that are not being deleted."""
    claims = [claim for claim in state.writing.values() if not run.is_left(claim)]
    claimed = {key for claim in claims for key in claim.keys}
    return keys & find_ours(state, run) - claimed - state.doomed_keys()


def check_ceiling(number: int, ceiling: int) -> None:
    """Refuse to delete more keys than allowed.

    :raises RefusedError: there are more.
    """
    if number > ceiling:
        raise RefusedError(
            f"Objects to delete: {number:,}; assets.max_deletes allows {ceiling:,}. Nothing was deleted.",
            f"If that is meant, pass --max-deletes {number}, or raise assets.max_deletes in the settings.",
        )


def _describe_wait(run: Run, seen: Mapping[tuple[str, Removal], float], key: str) -> str:
    removal, since = next((removal, since) for (_, removal), since in seen.items() if key in removal.keys)
    if removal.host == run.process.host:
        return f"Waiting: process {removal.pid} on this machine is deleting {key}, which this release needs."
    minutes = -(-(REMOVAL_SECONDS - (run.now() - since)) // 60)
    return (
        f"Waiting: another run is deleting {key}, which this release needs. If that run was killed, this one "
        f"finishes the deletion in {minutes:.0f} min, or at once with --take-over."
    )


def _enter(store: Store, run: Run, snapshot: Snapshot, keys: Sequence[str]) -> Snapshot | None:
    wanted = run.removal(tuple(keys))

    def enter(state: State) -> State:
        removable = find_removable(state, set(keys), run)
        removal = wanted._replace(keys=tuple(sorted(removable)))
        return sign(replace(state, removing={**state.removing, run.id: removal}), run) if removable else state

    return change_state(store, snapshot, enter, lambda state: run.id in state.removing)


def _carry_out(store: Store, run: Run, snapshot: Snapshot) -> Snapshot:
    """Delete this run's keys in ``removing``, and take them out of the state.

    A run that was suspended for too long leaves them there; it or another run has to take the removal over.
    """
    own = snapshot.state.removing[run.id]
    if abs(run.now() - own.at) > _FRESH_SECONDS:
        return read_own(store, run)
    store.delete(own.keys)
    while run.id in snapshot.state.removing:
        snapshot = change_state(store, snapshot, lambda state: _forget(state, run.id)) or read_own(store, run)
    return snapshot


def _forget(state: State, run: str) -> State:
    gone = frozenset(state.removing[run].keys)
    removing = {owner: removal for owner, removal in state.removing.items() if owner != run}
    return forget_objects(replace(state, removing=removing), gone)

"""Removing what nobody needs: old releases with ``prune``, and files that left the app with ``deploy --delete``.

Both first show what they would delete, and then delete nothing that they have not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial

from .history import Keep, Needs, kept_releases
from .ownership import read_own
from .records import release_key
from .removal import BATCH_KEYS, check_ceiling, drop_and_delete, find_ours, find_removable, remove_keys
from .run import Run
from .state import State
from .store import Store

# Stands for the release that a deploy is about to publish.
_NEXT = ""


@dataclass(frozen=True)
class Pruning:
    """What a prune deletes: releases by id, objects by key. ``kept`` are the releases that stay.

    ``owes`` says that the edge has still to forget what an earlier run deleted or replaced.
    """

    releases: tuple[str, ...]
    keys: tuple[str, ...]
    kept: tuple[str, ...]
    owes: bool = False


def doomed_keys(state: State, needed: AbstractSet[str], run: Run) -> list[str]:
    """Return the keys that can be deleted, in their order: ours, needed and being written by nobody."""
    return sorted(find_removable(state, find_ours(state, run) - needed, run))


def preview_prune(store: Store, keep: Keep, ceiling: int, run: Run) -> Pruning:
    """Return what :func:`prune` would delete; changes nothing.

    :raises RefusedError: that is more than ``ceiling`` keys, or the record of a kept release cannot be read.
    :raises StateError: the state cannot be used.
    """
    state = read_own(store, run).state
    kept = kept_releases(state.releases, run.now(), keep)
    keys = doomed_keys(state, Needs(store).find_keys(kept), run)
    check_ceiling(len(keys), ceiling)
    return Pruning(_leave_out(state.releases, kept), tuple(keys), kept, bool(state.owed))


def prune(store: Store, agreed: Pruning, keep: Keep, ceiling: int, run: Run) -> Pruning:
    """Delete what :func:`preview_prune` has shown, as far as it still is not needed; return what was deleted.

    The keys go first, then the records, then the ids: wherever it ends, the next one goes on.

    :raises RefusedError: as :func:`preview_prune`.
    :raises AWSError: AWS refused or could not be reached.
    """
    needs, keys = Needs(store), set(agreed.keys)

    def find_doomed(state: State) -> AbstractSet[str]:
        return keys - needs.find_keys(kept_releases(state.releases, run.now(), keep))

    deleted = remove_keys(store, run, find_doomed, ceiling)
    releases = _drop_releases(store, agreed.releases, keep, run)
    return Pruning(releases, tuple(deleted), agreed.kept)


def preview_unneeded(
    store: Store,
    keys: Collection[str],
    in_path: bool,
    keep: Keep,
    ceiling: int,
    run: Run,
    publishes: Callable[[State], bool] = lambda state: True,
) -> tuple[str, ...]:
    """Return the keys that a deploy of ``keys`` with ``--delete`` would delete; changes nothing.

    With checksums in the query, older bytes of a key are overwritten anyway, and what the new release does not name
    can go: a versioned bucket keeps it for a rollback. With checksums in names, all that a kept release names stays.

    :param in_path: whether the new release has checksums in names; of earlier ones their records tell.
    :param publishes: whether there will be a new release, which takes the place of a kept one.
    :raises RefusedError: they are more than ``ceiling``, or the record of a kept release cannot be read.
    """
    state = read_own(store, run).state
    following = [_NEXT] if publishes(state) else []
    kept = kept_releases((*state.releases, *following), run.now(), keep)
    needed = Needs(store, lasting=not in_path).find_keys(release for release in kept if release != _NEXT)
    doomed = doomed_keys(state, needed | set(keys), run)
    check_ceiling(len(doomed), ceiling)
    return tuple(doomed)


def delete_unneeded(
    store: Store, agreed: Iterable[str], in_path: bool, keep: Keep, ceiling: int, run: Run
) -> tuple[str, ...]:
    """Delete what :func:`preview_unneeded` has shown, as far as the published release does not need it.

    :return: the keys that were deleted.
    :raises RefusedError: as :func:`preview_unneeded`.
    :raises AWSError: AWS refused or could not be reached.
    """
    lasting, published, keys = Needs(store, lasting=not in_path), Needs(store), set(agreed)

    def find_doomed(state: State) -> AbstractSet[str]:
        kept = kept_releases(state.releases, run.now(), keep)
        return keys - lasting.find_keys(kept) - published.find_keys(state.releases[-1:])

    return tuple(remove_keys(store, run, find_doomed, ceiling)) if keys else ()


def _drop_releases(store: Store, agreed: Collection[str], keep: Keep, run: Run) -> tuple[str, ...]:
    # Out of the list nobody counts on them, however many he keeps; their records are then deleted as any object is.
    while True:
        snapshot = read_own(store, run)
        dropped = _leave_out(agreed, kept_releases(snapshot.state.releases, run.now(), keep))
        listed = [release for release in dropped if release in snapshot.state.releases][:BATCH_KEYS]
        if not listed:
            return dropped
        removal = run.removal(tuple(release_key(release) for release in listed))
        drop_and_delete(store, run, snapshot, removal, partial(_drop, releases=listed))


def _drop(state: State, releases: Collection[str]) -> State:
    return replace(state, releases=_leave_out(state.releases, releases))


def _leave_out(releases: Iterable[str], others: Collection[str]) -> tuple[str, ...]:
    return tuple(release for release in releases if release not in others)

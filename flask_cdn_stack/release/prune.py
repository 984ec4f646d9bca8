"""Removes old releases (``prune``), and objects of files that the app no longer has (``deploy --delete``).

Both first plan what to delete, and then delete nothing that is not in the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from ..aws.invalidations import Invalidation
from .history import Keep, Needs, kept_releases
from .ownership import read_own
from .parties import NoWatcher, ReleaseSite
from .plan import PlannedDeletion
from .records import release_key
from .removal import BATCH_KEYS, check_ceiling, drop_and_delete, find_ours, find_removable, remove_keys
from .run import Run
from .state import State
from .store import Store

# A placeholder id for the release that a deploy is about to publish.
_NEXT = ""


@dataclass(frozen=True)
class Pruning:
    """The plan or result of a prune: the releases and objects to delete. ``kept`` are the releases that stay.

    ``owes``: paths of earlier runs are still to be invalidated. ``invalidation`` is what was invalidated.
    """

    releases: tuple[str, ...]
    objects: tuple[PlannedDeletion, ...]
    kept: tuple[str, ...]
    owes: bool = False
    invalidation: Invalidation = field(default_factory=Invalidation)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the objects."""
        return tuple(item.key for item in self.objects)

    @property
    def deletes(self) -> bool:
        """Whether there is anything to delete."""
        return bool(self.releases or self.objects)


class PruneWatcher(Protocol):
    """Callbacks for the progress of a prune."""

    def working(self) -> AbstractContextManager[object]:
        """A context while objects are deleted; an exception raised in it ends the prune."""

    def deleted(self, done: Pruning) -> None:
        """Receive what was deleted, before it is invalidated."""


_NOBODY = NoWatcher()


class PruneReader(Protocol):
    """Carries a plan out, or only returns it."""

    def __call__(self, site: ReleaseSite, run: Run, plan: Pruning, ceiling: int, watcher: PruneWatcher) -> Pruning: ...


def carry_out(site: ReleaseSite, run: Run, plan: Pruning, ceiling: int, watcher: PruneWatcher) -> Pruning:
    """Delete what the plan says, and invalidate it; return what was done."""
    done = plan
    if plan.deletes:
        with watcher.working():
            done = delete_pruned(site.objects, plan, site.keep, ceiling, run)
        watcher.deleted(done)
    owed = site.settle_owed(run) if plan.deletes or plan.owes else Invalidation()
    return replace(done, invalidation=owed)


def only_look(site: ReleaseSite, run: Run, plan: Pruning, ceiling: int, watcher: PruneWatcher) -> Pruning:
    """Return the plan without doing anything, for a dry run."""
    return plan


def prune(
    site: ReleaseSite,
    agree: Callable[[Pruning], object] = lambda plan: None,
    watcher: PruneWatcher = _NOBODY,
    *,
    max_deletes: int | None = None,
    take_over: bool = False,
    reader: PruneReader = carry_out,
) -> Pruning:
    """Remove old releases, and the objects that only they need; return what was deleted.

    :param agree: is called with the plan, and raises an error to refuse it.
    :param max_deletes: how many objects may be deleted; None for the settings' number.
    :param take_over: prune even if the record is another project's.
    :param reader: ``carry_out``, or ``only_look`` for a dry run, both of this module.
    :raises RefusedError: more than may be deleted, or the record of a kept release cannot be read.
    :raises AWSError: AWS refused or could not be reached.
    """
    run, ceiling = site.start_run(take_over), site.ceiling(max_deletes)
    plan = preview_prune(site.objects, site.keep, ceiling, run)
    agree(plan)
    return reader(site, run, plan, ceiling, watcher)


def plan_deletions(state: State, needed: AbstractSet[str], run: Run) -> tuple[PlannedDeletion, ...]:
    """Return the objects that can be deleted, sorted: this project's, not needed, and not being written."""
    doomed = sorted(find_removable(state, find_ours(state, run) - needed, run))
    return tuple(PlannedDeletion(key, "unneeded" if key in state.objects else "interrupted") for key in doomed)


def preview_prune(store: Store, keep: Keep, ceiling: int, run: Run) -> Pruning:
    """Return what can be pruned; changes nothing.

    :raises RefusedError: there are more than ``ceiling`` keys, or the record of a kept release cannot be read.
    :raises StateError: the state cannot be used.
    """
    state = read_own(store, run).state
    kept = kept_releases(state.releases, run.now(), keep)
    doomed = plan_deletions(state, Needs(store).find_keys(kept), run)
    check_ceiling(len(doomed), ceiling)
    return Pruning(_leave_out(state.releases, kept), doomed, kept, bool(state.owed))


def delete_pruned(store: Store, agreed: Pruning, keep: Keep, ceiling: int, run: Run) -> Pruning:
    """Delete what :func:`preview_prune` has returned and is still not needed; return what was deleted.

    The objects are deleted first, then the release records, then the ids in the state. If it is interrupted, the next
    prune continues.

    :raises RefusedError: as :func:`preview_prune`.
    :raises AWSError: AWS refused or could not be reached.
    """
    needs, keys = Needs(store), set(agreed.keys)

    def find_doomed(state: State) -> AbstractSet[str]:
        return keys - needs.find_keys(kept_releases(state.releases, run.now(), keep))

    deleted = set(remove_keys(store, run, find_doomed, ceiling))
    releases = _drop_releases(store, agreed.releases, keep, run)
    return Pruning(releases, tuple(item for item in agreed.objects if item.key in deleted), agreed.kept)


def preview_unneeded(
    store: Store,
    keys: Collection[str],
    in_path: bool,
    keep: Keep,
    ceiling: int,
    run: Run,
    publishes: Callable[[State], bool] = lambda state: True,
) -> tuple[PlannedDeletion, ...]:
    """Return what a deploy of ``keys`` with ``--delete`` would delete; changes nothing.

    With checksums in the query, everything that the new release does not name can be deleted, as a versioned bucket
    keeps it for a rollback. With checksums in names, everything that a kept release names stays.

    :param in_path: whether the new release has checksums in names; the records of earlier releases say so of them.
    :param publishes: whether there will be a new release, which counts as one of the kept releases.
    :raises RefusedError: there are more than ``ceiling``, or the record of a kept release cannot be read.
    """
    state = read_own(store, run).state
    following = [_NEXT] if publishes(state) else []
    kept = kept_releases((*state.releases, *following), run.now(), keep)
    needed = Needs(store, lasting=not in_path).find_keys(release for release in kept if release != _NEXT)
    doomed = plan_deletions(state, needed | set(keys), run)
    check_ceiling(len(doomed), ceiling)
    return doomed


def delete_unneeded(
    store: Store, agreed: Sequence[PlannedDeletion], in_path: bool, keep: Keep, ceiling: int, run: Run
) -> tuple[PlannedDeletion, ...]:
    """Delete what :func:`preview_unneeded` has returned and the published release does not need.

    :return: what was deleted.
    :raises RefusedError: as :func:`preview_unneeded`.
    :raises AWSError: AWS refused or could not be reached.
    """
    lasting, published, keys = Needs(store, lasting=not in_path), Needs(store), {item.key for item in agreed}

    def find_doomed(state: State) -> AbstractSet[str]:
        kept = kept_releases(state.releases, run.now(), keep)
        return keys - lasting.find_keys(kept) - published.find_keys(state.releases[-1:])

    deleted = set(remove_keys(store, run, find_doomed, ceiling) if keys else ())
    return tuple(item for item in agreed if item.key in deleted)


def _drop_releases(store: Store, agreed: Collection[str], keep: Keep, run: Run) -> tuple[str, ...]:
    # Once they are no longer listed, no run keeps them, whatever its settings; their records are then deleted as
    # objects.
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

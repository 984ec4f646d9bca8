"""Whose the record is, and what else lies in the bucket: nothing foreign is written over or deleted unasked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Protocol

from ..assets.fingerprint import Build
from ..errors import RefusedError
from .failures import list_lines
from .run import Run
from .state import Owner, State, holds_checksum
from .store import Snapshot, Store, read_state


class ObjectStore(Store, Protocol):
    """Where the objects are."""

    def find_existing(self, keys: Collection[str]) -> AbstractSet[str]:
        """Return those of the keys under which something lies."""


def read_own(store: Store, run: Run, read: Callable[[], Snapshot] | None = None) -> Snapshot:
    """Read the record of this run's project.

    :param read: returns it, where its reading was begun before.

    :raises RefusedError: it is another project's.
    :raises StateError: it is damaged, or of a newer format.
    """
    snapshot = read() if read else read_state(store)
    check_owner(snapshot.state, run)
    return snapshot


def check_owner(state: State, run: Run) -> None:
    """Make sure that a record is this run's project's, or that the run takes it over.

    One that names nobody was written before records did.

    :raises RefusedError: it is not.
    """
    if state.owner is None or run.owns(state.owner) or run.takes_over:
        return
    theirs, ours = _describe(state.owner), _describe(run.owner)
    raise RefusedError(
        f"What lies in this bucket belongs to {theirs}, and this is {ours}; nothing was changed.",
        "Give each its own assets.prefix in the settings. If it is one app, name it alike everywhere: by project.name "
        "in a pyproject.toml beside the settings, and not by its folder. If this one is to have the bucket from now "
        "on, run `deploy --take-over`: it then counts all of it as its own.",
    )


def sign(state: State, run: Run) -> State:
    """Return the state as this run's project's."""
    return state if state.owner is not None and run.owns(state.owner) else replace(state, owner=run.owner)


def check_foreign(bucket: ObjectStore, run: Run, state: State, keys: Iterable[str]) -> AbstractSet[str]:
    """Make sure that nothing foreign lies under keys that are about to be written; return what is taken over.

    What the record's table and its runs name is ours. Only for other keys the bucket is asked, and once for all.

    :raises RefusedError: something foreign does, and the run does not take it over.
    """
    unnamed = find_unnamed(state, keys)
    found = bucket.find_existing(unnamed) if unnamed else frozenset()
    if found and not run.takes_over:
        # What another run of ours has begun to send since the record was read is named by now.
        refuse_foreign(find_unnamed(read_own(bucket, run).state, found))
        return frozenset()
    return found


def refuse_foreign(foreign: Sequence[str]) -> None:
    """Make sure that there are no foreign objects where our own are to go.

    :raises RefusedError: there are.
    """
    if foreign:
        raise RefusedError(
            f"Under {len(foreign):,} of the names to be written the bucket has something already, and flask-cdn-stack "
            f"has no record of having put it there; nothing was changed:\n{list_lines(foreign)}",
            "If they are another app's, give this one its own assets.prefix or bucket. If they are this app's, put "
            "there by another tool or before the record was deleted, repeat the command with --take-over.",
        )


def doubtful_keys(build: Build, state: State) -> list[str]:
    """Return the keys of a release under which something foreign may lie.

    Those are not in the table, and have not their own checksum in them: other bytes have another name then.
    """
    new = (item for item in build.objects if item.key not in state.objects)
    return [item.key for item in new if not holds_checksum(item.key, item.checksum)]


def find_unnamed(state: State, keys: Iterable[str]) -> list[str]:
    """Return those of the keys, in their order, that no entry of the record names."""
    return sorted(state.unnamed_keys(keys))


def _describe(owner: Owner) -> str:
    return f"the project {owner.project} (stack {owner.stack})"

"""Checks the owner of the record and finds foreign objects, which are never overwritten or deleted without consent."""

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
    """Lists objects in the bucket."""

    def find_existing(self, keys: Collection[str]) -> AbstractSet[str]:
        """Return those of the keys under which there is an object."""


def read_own(store: Store, run: Run, read: Callable[[], Snapshot] | None = None) -> Snapshot:
    """Read the state, and check that it is this run's project's.

    :param read: returns the state, if it is being read already.

    :raises RefusedError: it is another project's.
    :raises StateError: it is damaged, or of a newer format.
    """
    snapshot = read() if read else read_state(store)
    check_owner(snapshot.state, run)
    return snapshot


def check_owner(state: State, run: Run) -> None:
    """Refuse the state of another project, unless the run takes it over.

    A state without an owner was written by an early version, and is accepted.

    :raises RefusedError: it is another project's.
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
    """Return the state with this run's project as its owner."""
    return state if state.owner is not None and run.owns(state.owner) else replace(state, owner=run.owner)


def check_foreign(bucket: ObjectStore, run: Run, state: State, keys: Iterable[str]) -> AbstractSet[str]:
    """Refuse to overwrite foreign objects; return the keys of those that the run takes over.

    Keys in the state's table, or claimed by its runs, are this project's. Only other keys are looked up in the bucket,
    all at once.

    :raises RefusedError: a foreign object is in the way, and the run does not take it over.
    """
    unnamed = find_unnamed(state, keys)
    found = bucket.find_existing(unnamed) if unnamed else frozenset()
    if found and not run.takes_over:
        # Read again: another run of this project may have claimed the keys since.
        refuse_foreign(find_unnamed(read_own(bucket, run).state, found))
        return frozenset()
    return found


def refuse_foreign(foreign: Sequence[str]) -> None:
    """Refuse to overwrite these foreign objects; do nothing if there are none.

    :raises RefusedError: there is at least one.
    """
    if foreign:
        raise RefusedError(
            f"Under {len(foreign):,} of the names to be written the bucket has something already, and flask-cdn-stack "
            f"has no record of having put it there; nothing was changed:\n{list_lines(foreign)}",
            "If they are another app's, give this one its own assets.prefix or bucket. If they are this app's, put "
            "there by another tool or before the record was deleted, repeat the command with --take-over.",
        )


def doubtful_keys(build: Build, state: State) -> list[str]:
    """Return the keys of a release under which there may be a foreign object.

    These are keys that are not in the table and do not contain their own checksum.
    """
    new = (item for item in build.objects if item.key not in state.objects)
    return [item.key for item in new if not holds_checksum(item.key, item.checksum)]


def find_unnamed(state: State, keys: Iterable[str]) -> list[str]:
    """Return those of the keys, in their order, that no entry of the state names."""
    return sorted(state.unnamed_keys(keys))


def _describe(owner: Owner) -> str:
    return f"the project {owner.project} (stack {owner.stack})"

"""Reading the record in the bucket, and writing on a condition: whatever goes wrong, it is read back what holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import sleep
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..errors import AWSError, ConflictError, UnreachableError
from .state import STATE_KEY, State
from .state_text import RECORD_TYPE, decode_state, encode_state

if TYPE_CHECKING:
    from ..aws.objects import StoredObject

#: Seconds before each repeat of a conditional write whose answer was lost, or that was refused though nothing had
#: changed: of two writes at the same moment, S3 may refuse both.
PAUSES = (0.0, 0.1, 0.2, 0.4)


class Store(Protocol):
    """Where the record and the objects are: the bucket, or memory in a test."""

    def read(self, key: str) -> StoredObject | None:
        """Return an object, or None where there is none."""

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write on the condition that the ETag is unchanged, or nothing is there; return the new ETag.

        :raises ConflictError: the service says that the condition does not hold.
        :raises UnreachableError: it may have been written.
        """

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects."""


class Snapshot(NamedTuple):
    """A state as it was read, with the ETag that a change must find unchanged (None: there was no record)."""

    state: State
    etag: str | None


def read_state(store: Store) -> Snapshot:
    """Read the record; an empty state where there is none.

    :raises StateError: it is damaged, or of a newer format.
    """
    found = store.read(STATE_KEY)
    return Snapshot(decode_state(found.data, found.path or STATE_KEY), found.etag) if found else Snapshot(State(), None)


def change_state(
    store: Store,
    snapshot: Snapshot,
    change: Callable[[State], State],
    is_done: Callable[[State], bool] = lambda state: False,
) -> Snapshot | None:
    """Apply ``change`` by compare-and-set; return the new snapshot, or None if that was overtaken.

    A conflict that comes only from other runs' claims, or from paths that they asked for, is merged and tried again;
    after anything else the caller's plan no longer holds. After any error the record is read back: a lost answer may
    have been a success, and a repeated one a conflict with itself.

    :param is_done: says of a state read back that ``change`` was applied, whatever came after it.
    :raises ConflictError: the record did not change, and the service goes on saying that it did.
    :raises UnreachableError: answers go on getting lost.
    """
    planned = snapshot.state
    pauses = iter(PAUSES)
    while True:
        wanted = change(snapshot.state)
        if wanted == snapshot.state:
            return snapshot
        try:
            return Snapshot(wanted, store.write(STATE_KEY, encode_state(wanted), RECORD_TYPE, snapshot.etag))
        except (ConflictError, UnreachableError) as error:
            found = read_state(store)
            if is_done(found.state):
                return found
            if replace(found.state, writing=planned.writing, usage=planned.usage) != planned:
                return None
            if isinstance(error, UnreachableError) or found.etag == snapshot.etag:
                _pause(pauses, error)
            snapshot = found


def write_once(store: Store, key: str, data: bytes) -> None:
    """Write an object that nobody else writes, and that is not there yet.

    If it is there after an error, only the answer was lost; if it is not, a conflict was none with it.

    :raises AWSError: AWS refused or could not be reached.
    """
    pauses = iter(PAUSES)
    while True:
        try:
            store.write(key, data, RECORD_TYPE, None)
            return
        except (ConflictError, UnreachableError) as error:
            # Reading is repeated until there is an answer; the write, as it has a condition, was sent once.
            found = store.read(key)
            if found is not None and found.data == data:
                return
            if found is not None:
                raise ConflictError(f"{key} is there already, with other bytes.") from error
            _pause(pauses, error)


def _pause(pauses: Iterator[float], error: AWSError) -> None:
    """Wait before the next try.

    :raises AWSError: there were enough.
    """
    seconds = next(pauses, None)
    if seconds is None:
        raise error
    sleep(seconds)

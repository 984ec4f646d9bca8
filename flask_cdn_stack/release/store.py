"""Reads the state in the bucket, and changes it by conditional writes. After any error the state is read back."""

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

#: Seconds before each retry of a conditional write whose response was lost, or that was refused although nothing had
#: changed: S3 may refuse both of two writes at the same moment.
PAUSES = (0.0, 0.1, 0.2, 0.4)


class Store(Protocol):
    """Stores the records and objects: the bucket, or memory in a test."""

    def read(self, key: str) -> StoredObject | None:
        """Return an object's bytes and ETag, or None if there is no such object."""

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write on the condition that the ETag is unchanged, or that there is no object; return the new ETag.

        :raises ConflictError: the condition does not hold.
        :raises UnreachableError: there was no response; the object may have been written.
        """

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects."""


class Snapshot(NamedTuple):
    """A state as it was read, with its ETag, which must be unchanged for a write (None: there was no state)."""

    state: State
    etag: str | None


def read_state(store: Store) -> Snapshot:
    """Read the state; return an empty one if there is none.

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
    """Apply ``change`` by compare-and-set; return the new snapshot, or None if another run came first.

    If other runs have only changed their claims or counted invalidations, the change is merged and tried again; after
    any other change the caller has to plan again. After any error the state is read back: the write may have succeeded
    although its response was lost, and its retry may conflict with itself.

    :param is_done: returns whether ``change`` is already applied in a state that was read back.
    :raises ConflictError: the state did not change, but S3 keeps refusing the write.
    :raises UnreachableError: responses keep getting lost.
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
    """Write a new object that no other run writes.

    If it exists after an error, only the response was lost; if it does not, the write is tried again.

    :raises AWSError: AWS refused or could not be reached.
    """
    pauses = iter(PAUSES)
    while True:
        try:
            store.write(key, data, RECORD_TYPE, None)
            return
        except (ConflictError, UnreachableError) as error:
            # Reads are retried until there is a response; the write has a condition, so it was sent once.
            found = store.read(key)
            if found is not None and found.data == data:
                return
            if found is not None:
                raise ConflictError(f"{key} is there already, with other bytes.") from error
            _pause(pauses, error)


def _pause(pauses: Iterator[float], error: AWSError) -> None:
    """Wait before the next attempt.

    :raises AWSError: there were enough attempts.
    """
    seconds = next(pauses, None)
    if seconds is None:
        raise error
    sleep(seconds)

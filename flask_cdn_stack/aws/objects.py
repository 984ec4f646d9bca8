"""What the two transports for a bucket's objects share: their protocol, keys, and the count of requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple, Protocol

from ..partitions import bucket_arn
from .session import Connection
from .uploads import Upload, Uploaded


class StoredObject(NamedTuple):
    """An object's bytes and its ETag. ``path`` is its full key, with the prefix."""

    data: bytes
    etag: str
    path: str = ""


@dataclass(frozen=True)
class Keys:
    """Turns keys below a prefix of a bucket into full keys and ARNs."""

    connection: Connection
    bucket: str
    prefix: str

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return bucket_arn(self.connection.region, self.bucket)

    def path(self, key: str) -> str:
        """Return the full key, with the prefix."""
        return f"{self.prefix}/{key}" if self.prefix else key

    def resource(self, key: str) -> str:
        """Return the ARN of an object."""
        return f"{self.arn}/{self.path(key)}"


class Requests:
    """Counts requests by the names of their operations, from many threads."""

    def __init__(self, counter: Counter[str]) -> None:
        self._counter, self._counting = counter, Lock()

    def count(self, *names: str) -> None:
        """Count each name once."""
        with self._counting:
            self._counter.update(names)


class Transport(Protocol):
    """Reads and writes a bucket's objects; all errors are those of ``errors.py``."""

    def get(self, key: str) -> StoredObject | None:
        """Return an object, or None if it does not exist."""

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write an object if its ETag still is ``etag``, or, for None, if it does not exist; return the new ETag.

        :raises ConflictError: it was changed or created meanwhile.
        """

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist count as deleted."""

    def find(self, paths: set[str], folder: str) -> set[str] | None:
        """Return those of the full keys that exist; all are in the folder.

        None if this transport cannot tell.
        """

    def put(self, upload: Upload, check: Callable[[], None]) -> Uploaded:
        """Send a file.

        :param check: called before each request; raises an error if no more may be sent.
        :raises AssetReadError: it cannot be read, or has changed since it was planned.
        """

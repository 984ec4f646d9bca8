"""Objects of one bucket as their two transports handle them, and what both are told of the bucket."""

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
    """An object's bytes and its ETag. ``path`` is its key in the bucket, with the prefix."""

    data: bytes
    etag: str
    path: str = ""


@dataclass(frozen=True)
class Keys:
    """The keys below a prefix of a bucket: as they are in the bucket, and as a policy names them."""

    connection: Connection
    bucket: str
    prefix: str

    @property
    def arn(self) -> str:
        """The bucket's."""
        return bucket_arn(self.connection.region, self.bucket)

    def path(self, key: str) -> str:
        """Return a key as it is in the bucket."""
        return f"{self.prefix}/{key}" if self.prefix else key

    def resource(self, key: str) -> str:
        """Return the ARN of an object."""
        return f"{self.arn}/{self.path(key)}"


class Requests:
    """Counts the operations asked for by name; many threads may."""

    def __init__(self, counter: Counter[str]) -> None:
        self._counter, self._counting = counter, Lock()

    def count(self, *names: str) -> None:
        """Count each name once."""
        with self._counting:
            self._counter.update(names)


class Transport(Protocol):
    """A way to the objects; all errors are ours."""

    def get(self, key: str) -> StoredObject | None:
        """Return an object, or None where there is none."""

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write an object if its ETag still is ``etag``, or, for None, if it does not exist; return the new ETag.

        :raises ConflictError: it was changed or created meanwhile.
        """

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist count as deleted."""

    def find(self, paths: set[str], folder: str) -> set[str] | None:
        """Return those of the keys in the bucket under which something lies; all are in the folder.

        None where this transport cannot tell.
        """

    def put(self, upload: Upload, check: Callable[[], None]) -> Uploaded:
        """Send a file.

        :param check: called before each request; raises where no more may be sent.
        :raises AssetReadError: it cannot be read, or is not the planned one any more.
        """

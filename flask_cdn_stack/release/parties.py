"""Who takes part in a publication: the bucket, where the files come from, and who looks on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ..assets.fingerprint import AssetObject, Build
from ..aws.uploads import Sending, Uploaded
from ..errors import CDNStackError
from .ownership import Bucket as OwnedBucket
from .state import State

#: Is told of a state before a deploy goes on from there.
Consent = Callable[[State], object]


class Bucket(OwnedBucket, Protocol):
    """Where the objects go."""

    def upload(
        self,
        sendings: Iterable[Sending],
        done: Callable[[Sending, Uploaded | CDNStackError], None],
        check: Callable[[], None] = ...,
        tick: Callable[[], None] = ...,
    ) -> None:
        """Send files; call ``done`` for each as it ends, ``check`` before each request, and ``tick`` meanwhile."""

    def list_etags(self) -> Mapping[str, str]:
        """Return the ETag of every object by its key."""


class Early(Sending, Protocol):
    """A file that is sent before everything is hashed, under the name that it has."""

    def describe(self, uploaded: Uploaded) -> AssetObject:
        """Return the object as it was sent."""


class Source(Protocol):
    """Where a release comes from."""

    def reading_ahead(self) -> AbstractContextManager[None]:
        """Prepare what can be prepared without knowing what is published."""

    def keys(self) -> Iterable[str]:
        """Return the keys of all files, under the names that they have."""

    def find_early(self, state: State) -> Sequence[Early]:
        """Return files that will be sent whatever their bytes are."""

    def build(self) -> Build:
        """Return the release."""


class Watcher(Protocol):
    """Is told how a deploy goes on."""

    def say(self, text: str) -> None:
        """Take note of a sentence."""

    def sending(self, count: int, size: int) -> None:
        """Take note of how many objects, and bytes, are about to be uploaded."""

    def uploaded(self, key: str, size: int) -> None:
        """Take note of one upload that has ended."""

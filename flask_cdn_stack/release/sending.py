"""Prepares objects for upload: as they are, compressed, or with a name that is known only once they are read."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace

from ..assets.collect import Asset
from ..assets.compression import compress
from ..assets.fingerprint import AssetObject, Build, Builder
from ..assets.hashes import FileHashes
from ..aws.uploads import HELD_BYTES, STREAMED_BYTES, Upload, Uploaded, read_content
from ..errors import CDNStackError
from ..naming import MANIFEST_KEY
from .state import State

#: Below so many files, or bytes, an early upload is not worth while.
FEW_FILES = 16
FEW_BYTES = 8 * 1024 * 1024

_METADATA = "X-Amz-Meta-"


@dataclass(frozen=True, slots=True)
class ObjectSending:
    """An object of a build, to be uploaded."""

    item: AssetObject

    @property
    def key(self) -> str:
        """The object's key."""
        return self.item.key

    @property
    def size(self) -> int:
        """The bytes that it takes in memory during the upload."""
        return self.item.size

    @property
    def takes_long(self) -> bool:
        """Whether it has to be compressed."""
        return self.item.headers.gzip

    def prepare(self) -> Upload:
        """Read the file, and compress it if the settings say so.

        :raises AssetReadError: it cannot be read, or has changed since it was planned.
        """
        return _prepare(self.item, self.item.read_body())


@dataclass(slots=True)
class EarlySending:
    """A file that is hashed during its upload, because it is uploaded whatever its bytes are."""

    asset: Asset
    size: int
    source: FileSource
    item: AssetObject | None = field(default=None, init=False)

    @property
    def key(self) -> str:
        """The object's key."""
        return self.asset.key

    @property
    def takes_long(self) -> bool:
        """Whether it may have to be compressed."""
        return self.source.builder.compresses

    def prepare(self) -> Upload:
        """Read, hash and name the file.

        :raises SecretError: its first bytes look like a secret.
        :raises AssetReadError: it cannot be read.
        """
        self.item, body = self.source.name(self.asset, self.size)
        return _prepare(self.item, body)

    def describe(self, uploaded: Uploaded) -> AssetObject:
        """Return the object as it was uploaded."""
        assert self.item is not None
        if self.item.checksum:
            return self.item
        self.source.hashes.note(self.asset.file, uploaded.checksum, uploaded.size)
        return replace(self.item, checksum=uploaded.checksum, size=uploaded.size)


@dataclass(frozen=True)
class FileSource:
    """Makes a release of an app's files."""

    builder: Builder
    hashes: FileHashes

    def reading_ahead(self) -> AbstractContextManager[None]:
        """While the block runs, read files ahead."""
        return self.hashes.reading_ahead(asset.file for asset in self.builder.files)

    def keys(self) -> Iterable[str]:
        """Return the plain keys of all files."""
        return self.builder.plain_keys

    def find_early(self, state: State) -> list[EarlySending]:
        """Return the files that must be uploaded whatever their bytes are; none if they are only a few.

        With checksums in names there are none, because a key must be known and claimed before its upload.

        :raises SecretError: one that was read looks like a secret.
        :raises AssetError: one is too large, or a reference leads to no file and that is an error.
        """
        self.builder.check_secrets()
        self.builder.check_references()
        if self.builder.names_hold_checksums:
            return []
        new = state.unnamed_keys(asset.key for asset in self.builder.files)
        size = self.hashes.size
        early = [EarlySending(asset, size(asset.file), self) for asset in self.builder.files if asset.key in new]
        return early if len(early) > FEW_FILES or sum(item.size for item in early) > FEW_BYTES else []

    def count_late(self, state: State) -> tuple[int, int]:
        """Return how many objects and bytes will be uploaded after the early ones, as far as known."""
        new = state.unnamed_keys(asset.key for asset in self.builder.sheets)
        sizes = [self.hashes.size(asset.file) for asset in self.builder.sheets if asset.key in new]
        return len(sizes) + (MANIFEST_KEY in self.builder.plain_keys), sum(sizes)

    def build_ahead(self) -> None:
        """Make the release if all files are hashed; :meth:`build` returns it then, or raises what prevents it."""
        if all(self.hashes.find(asset.file) for asset in self.builder.files):
            with suppress(CDNStackError):
                self.builder.build()

    def build(self) -> Build:
        """Return the release.

        :raises AssetError: it cannot be made of these files.
        :raises AssetReadError: a file cannot be read.
        """
        return self.builder.build()

    def check_secrets(self) -> None:
        """Refuse if a file that was read looks like a secret.

        :raises SecretError: one does.
        """
        self.builder.check_secrets()

    def name(self, asset: Asset, size: int) -> tuple[AssetObject, bytes | None]:
        """Return a file's object and its bytes; for a file that is read later, without bytes and checksum.

        The bytes are returned separately, because the objects stay in memory until the last upload.

        :raises SecretError: the first bytes look like a secret.
        :raises AssetReadError: it cannot be read.
        """
        named = self._name(asset, size)
        self.builder.check_read(asset)
        return named

    def _name(self, asset: Asset, size: int) -> tuple[AssetObject, bytes | None]:
        if size <= (STREAMED_BYTES if self.builder.compresses else HELD_BYTES):
            data, found = self.hashes.read(asset.file, keep=False)  # they are being uploaded, and not needed again
            return self.builder.name(asset, found.checksum, found.size), data
        self.hashes.watch(asset.file)
        return self.builder.name(asset, "", size), None


def _prepare(item: AssetObject, body: bytes | None) -> Upload:
    upload = make_upload(item, body)
    return _compress(upload) if item.headers.gzip else upload


def make_upload(item: AssetObject, body: bytes | None) -> Upload:
    """Return the upload of an object; ``body`` are its bytes if they are in memory."""
    headers = item.headers
    others = tuple(
        (name.removeprefix(_METADATA).lower() if name.startswith(_METADATA) else name, value)
        for name, value in headers.others
    )
    return Upload(
        item.key,
        item.file,
        item.size,
        item.checksum,
        headers.content_type,
        headers.cache_control,
        others,
        body=body,
    )


def _compress(upload: Upload) -> Upload:
    if upload.is_streamed:
        return upload
    data, checksum = read_content(upload)
    packed = compress(data)
    if packed is None:
        return replace(upload, body=data, checksum=checksum)
    return replace(upload, body=packed, checksum=checksum, headers=(*upload.headers, ("Content-Encoding", "gzip")))

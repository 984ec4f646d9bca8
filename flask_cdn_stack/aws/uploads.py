"""A file to send, and its bytes: nothing is sent that is not what was planned."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, TypeVar

from ..errors import AssetReadError
from ..regular_files import open_regular

#: A file up to this size, in bytes, is read once, and held until it is sent.
HELD_BYTES = 4 * 1024 * 1024

#: A file over this size, in bytes, is sent in parts while it is read.
STREAMED_BYTES = 32 * 1024 * 1024

#: Size, in bytes, of such a part.
PART_BYTES = 8 * 1024 * 1024


class Sending(Protocol):
    """What is to be sent. ``key`` names it in an error, ``size`` bounds the bytes that it holds meanwhile."""

    @property
    def key(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def takes_long(self) -> bool:
        """Whether to prepare it is more than to read a file."""

    def prepare(self) -> Upload:
        """Return the upload; called once, among many at the same time."""


S = TypeVar("S", bound=Sending)


@dataclass(frozen=True)
class Upload:
    """A file to send: ``checksum`` is the SHA-256, in hex, of the bytes it must have, ``size`` their number.

    An empty checksum takes the file as it is. ``body`` is sent in place of the file's bytes: they were read already, or
    are published in another form; nothing is checked of it here.

    ``headers`` are further ones, by name: Content-Disposition, -Encoding, -Language and Expires (an HTTP date) become
    the object's own, all others its user metadata. ``acl`` is a canned ACL; where it is empty, none is asked for.
    """

    key: str
    file: str
    size: int
    checksum: str
    content_type: str
    cache_control: str
    headers: tuple[tuple[str, str], ...] = ()
    acl: str = ""
    body: bytes | None = field(default=None, repr=False)

    @property
    def takes_long(self) -> bool:
        """It is prepared."""
        return False

    def prepare(self) -> Upload:
        """Return the upload itself: everything is known of it."""
        return self

    def load(self) -> Upload:
        """Return the upload with its bytes at hand.

        :raises AssetReadError: the file cannot be read, or its bytes are not the planned ones.
        """
        if self.body is not None:
            return self
        data, checksum = read_content(self)
        return replace(self, body=data, checksum=checksum)

    @property
    def attributes(self) -> dict[str, str]:
        """All headers that are the object's own or its user metadata, by name."""
        caching = {"Cache-Control": self.cache_control} if self.cache_control else {}
        return {"Content-Type": self.content_type, **caching, **dict(self.headers)}

    @property
    def is_large(self) -> bool:
        """Whether it is not worth while to hold it in memory."""
        return self.body is None and self.size > HELD_BYTES

    @property
    def is_streamed(self) -> bool:
        """Whether it is too large to be held in memory."""
        return self.body is None and self.size > STREAMED_BYTES


class Uploaded(NamedTuple):
    """What S3 answered to an upload, and the SHA-256 and number of the bytes that were sent."""

    key: str
    etag: str
    version: str | None
    checksum: str
    size: int


def read_content(upload: Upload) -> tuple[bytes, str]:
    """Return the bytes to send and their SHA-256 in hex: those at hand, or a file's.

    :raises AssetReadError: the file cannot be read, or its bytes are not the planned ones.
    """
    if upload.body is not None:
        return upload.body, upload.checksum
    try:
        with open_regular(upload.file) as file:
            data = file.read()
    except OSError as error:
        raise AssetReadError.unreadable(upload.file, error) from error
    checksum = hashlib.sha256(data).hexdigest()
    check_digest(upload, checksum)
    return data, checksum


def encode_checksum(checksum: str) -> str:
    """Return a SHA-256 in hex as S3's headers have it."""
    return base64.b64encode(bytes.fromhex(checksum)).decode()


def check_digest(upload: Upload, digest: str) -> None:
    """Make sure that a file's bytes are the planned ones.

    :raises AssetReadError: they are not.
    """
    if upload.checksum and digest != upload.checksum:
        raise changed(upload.file)


def changed(file: str) -> AssetReadError:
    """Return the error for a file that is not the planned one any more."""
    return AssetReadError.changed(file)

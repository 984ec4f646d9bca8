"""Files to upload; a file that has changed since it was planned is not sent."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, TypeVar

from ..errors import AssetReadError
from ..regular_files import open_regular

#: A file up to this size, in bytes, is read once, and held in memory until it is sent.
HELD_BYTES = 4 * 1024 * 1024

#: A file over this size, in bytes, is sent in parts while it is read.
STREAMED_BYTES = 32 * 1024 * 1024

#: Size, in bytes, of such a part.
PART_BYTES = 8 * 1024 * 1024


class Sending(Protocol):
    """An object to send. ``key`` names it in an error; ``size`` is the most bytes that it holds in memory."""

    @property
    def key(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def takes_long(self) -> bool:
        """Whether :meth:`prepare` does more than read a file."""

    def prepare(self) -> Upload:
        """Return the upload; called once, while other threads prepare others."""


S = TypeVar("S", bound=Sending)


@dataclass(frozen=True)
class Upload:
    """A file to send: ``checksum`` is the SHA-256, in hex, of the bytes that it must have, ``size`` their number.

    With an empty checksum the file is sent as it is. ``body`` is sent in place of the file's bytes, because they were
    read already or are published in another form; it is not checked.

    ``headers`` are further headers by name: Content-Disposition, -Encoding, -Language and Expires (an HTTP date) become
    the object's headers, all others its user metadata. ``acl`` is a canned ACL; if it is empty, none is set.
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
        """False: an upload is prepared already."""
        return False

    def prepare(self) -> Upload:
        """Return the upload itself."""
        return self

    def load(self) -> Upload:
        """Return the upload with its bytes in memory.

        :raises AssetReadError: the file cannot be read, or has changed since it was planned.
        """
        if self.body is not None:
            return self
        data, checksum = read_content(self)
        return replace(self, body=data, checksum=checksum)

    @property
    def attributes(self) -> dict[str, str]:
        """All of the object's headers and user metadata, by name."""
        caching = {"Cache-Control": self.cache_control} if self.cache_control else {}
        return {"Content-Type": self.content_type, **caching, **dict(self.headers)}

    @property
    def is_large(self) -> bool:
        """Whether its file is read from disk while it is sent, instead of being held in memory."""
        return self.body is None and self.size > HELD_BYTES

    @property
    def is_streamed(self) -> bool:
        """Whether it is sent in parts."""
        return self.body is None and self.size > STREAMED_BYTES


class Uploaded(NamedTuple):
    """S3's answer to an upload, with the SHA-256 of the file and the number of the bytes that were sent."""

    key: str
    etag: str
    version: str | None
    checksum: str
    size: int


def read_content(upload: Upload) -> tuple[bytes, str]:
    """Return the bytes to send and the checksum in hex: the upload's ``body``, or the file's bytes.

    :raises AssetReadError: the file cannot be read, or has changed since it was planned.
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
    """Return a SHA-256 in hex in the form of S3's headers, which is base64."""
    return base64.b64encode(bytes.fromhex(checksum)).decode()


def check_digest(upload: Upload, digest: str) -> None:
    """Check that a file's bytes have the planned checksum.

    :raises AssetReadError: they have another.
    """
    if upload.checksum and digest != upload.checksum:
        raise changed(upload.file)


def changed(file: str) -> AssetReadError:
    """Return the error for a file that has changed since it was planned."""
    return AssetReadError.changed(file)

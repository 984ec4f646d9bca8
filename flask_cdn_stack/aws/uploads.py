"""A file to send, and its bytes: nothing is sent that is not what was planned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import AssetReadError

#: A file over this size, in bytes, is sent in parts while it is read.
STREAMED_BYTES = 16 * 1024 * 1024

#: Size, in bytes, of such a part.
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file to send: ``checksum`` is the SHA-256, in hex, of the bytes it must have, ``size`` their number.

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


@dataclass(frozen=True)
class Uploaded:
    """What S3 answered to an upload."""

    key: str
    etag: str
    version: str | None


def read_file(upload: Upload) -> bytes:
    """Return a file's bytes.

    :raises AssetReadError: it cannot be read, or they are not the planned ones.
    """
    try:
        with open(upload.file, "rb") as file:
            data = file.read()
    except OSError as error:
        raise AssetReadError(f"{upload.file} cannot be read: {error.strerror or error}.") from error
    _check_digest(upload, hashlib.sha256(data).hexdigest())
    return data


def read_parts(upload: Upload) -> Iterator[bytes]:
    """Yield a file's bytes in parts; the error comes after the last part.

    :raises AssetReadError: it cannot be read, or they are not the planned ones.
    """
    digest = hashlib.sha256()
    try:
        with open(upload.file, "rb") as file:
            while block := file.read(PART_BYTES):
                digest.update(block)
                yield block
    except OSError as error:
        raise AssetReadError(f"{upload.file} cannot be read: {error.strerror or error}.") from error
    _check_digest(upload, digest.hexdigest())


def _check_digest(upload: Upload, digest: str) -> None:
    if digest != upload.checksum:
        raise AssetReadError(f"{upload.file} changed while it was being deployed.", "Deploy again when it is at rest.")

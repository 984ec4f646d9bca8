"""Reads a large file for an upload: hashes it first, because S3 is sent the checksum, then reads it block by block."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import SEEK_END, SEEK_SET, BufferedReader
from threading import Lock

from ..errors import AssetReadError
from ..regular_files import open_regular
from .uploads import PART_BYTES, STREAMED_BYTES, Upload, check_digest

# Takes half the time of 256 KiB, which glibc returns to the system each time (mallopt(3), M_TRIM_THRESHOLD).
_BLOCK_BYTES = 128 * 1024


class HashedFile:
    """An open file with the SHA-256 of its bytes in hex, and of each of its ``parts`` if it is sent in parts."""

    def __init__(self, file: BufferedReader) -> None:
        self._file, self._reading = file, Lock()
        self._before = self._look()
        self.size = self._before[0]
        self.checksum, self.parts = self._hash()

    @property
    def has_changed(self) -> bool:
        """Whether its size or modification time has changed since it was hashed."""
        return self._look() != self._before

    def body(self, part: int | None = None) -> Body:
        """Return the body to send: a part (numbered from 0), or the whole file."""
        start = 0 if part is None else part * PART_BYTES
        return Body(self, start, self.size if part is None else min(PART_BYTES, self.size - start))

    def read(self, position: int, size: int) -> bytes:
        """Return up to ``size`` bytes from a position on; any thread may call this."""
        with self._reading:
            self._file.seek(position)
            return self._file.read(size)

    def _look(self) -> tuple[int, int]:
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns

    def _hash(self) -> tuple[str, tuple[str, ...]]:
        whole = hashlib.sha256()
        if self.size <= STREAMED_BYTES:
            self._hash_next(self.size, whole)
            return whole.hexdigest(), ()
        parts = [hashlib.sha256() for _ in range(-(-self.size // PART_BYTES))]
        for part in parts:
            self._hash_next(PART_BYTES, whole, part)
        return whole.hexdigest(), tuple(part.hexdigest() for part in parts)

    def _hash_next(self, size: int, *digests: hashlib._Hash) -> None:
        block = memoryview(bytearray(_BLOCK_BYTES))
        while size > 0 and (read := self._file.readinto(block[:size])):
            for digest in digests:
                digest.update(block[:read])
            size -= read


class Body:
    """A part of a file as a stream for botocore.

    It always has the promised size: bytes that are missing because the file has shrunk are zeros, and the checksum then
    does not match.
    """

    def __init__(self, file: HashedFile, start: int, size: int) -> None:
        self._file, self._start, self._size = file, start, size
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, all of them without a size, and at least a block, which takes less time.

        http.client reads 16 KiB at a time.
        """
        rest = self._size - self._position
        wanted = rest if size < 0 else min(rest, max(size, _BLOCK_BYTES))
        data = self._file.read(self._start + self._position, wanted)
        self._position += wanted
        return data.ljust(wanted, b"\0")

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Set the position, counted from the beginning or, with ``SEEK_END``, from the end."""
        self._position = offset + (self._size if whence == SEEK_END else 0)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position


@contextmanager
def open_hashed(upload: Upload) -> Iterator[HashedFile]:
    """Open and hash an upload's file.

    :raises AssetReadError: it cannot be read, or has changed since it was planned.
    """
    with ExitStack() as stack:
        try:
            hashed = HashedFile(stack.enter_context(open_regular(upload.file)))
        except OSError as error:
            raise AssetReadError.unreadable(upload.file, error) from error
        check_digest(upload, hashed.checksum)
        yield hashed

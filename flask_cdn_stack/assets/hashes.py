"""SHA-256 of files. Each is read once, and recognised later by size, times and inode."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from io import RawIOBase
from threading import Event, Lock, Thread
from typing import NamedTuple, Protocol

from ..errors import UNREADABLE, AssetError, AssetReadError
from ..regular_files import check_regular, open_at_once
from .oddities import find_oddity
from .secrets import HEAD_BYTES, holds_secret
from .styles import StyleMemory

#: A file that was changed less than so many seconds before it was hashed is hashed again in the next run: it may have
#: changed once more within one tick of the file system's clock.
SETTLED_SECONDS = 2

#: Largest file that is published, in bytes: CloudFront caches no larger one (CloudFront developer guide, "Quotas").
MAX_FILE_BYTES = 50 * 1024**3

# Most bytes of hashed files kept in memory for uploading, in a first run and in a later one, which mostly uploads few.
_KEPT_FIRST, _KEPT_LATER = 16 * 1024 * 1024, 2 * 1024 * 1024

# Larger files are hashed in blocks of so many bytes, and not kept in memory.
_BLOCK_BYTES = 1024 * 1024

# Files in one task of a thread: passing each by itself costs more than hashing it.
_BATCH, _THREADS = 64, 4


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


class FileHash(NamedTuple):
    """A file's SHA-256 in hex, and its state in the file system when it was hashed.

    That is its size in bytes, its mtime and ctime in nanoseconds, and its inode. Programs can set the mtime back, but
    not the ctime. ``secret``: its first bytes look like a secret. ``oddity``: the kind of mismatch between its first
    bytes and its name.
    """

    checksum: str
    size: int
    mtime: int
    ctime: int
    inode: int
    secret: bool = False
    oddity: str = ""


class FileHashes:
    """The SHA-256 of files, each read once. Can be used from several threads.

    :param known: hashes from earlier runs, by path, for files with the same state; each is taken out when asked for.
    :param now: gives epoch seconds.
    :param styles: what the last run knew of style sheets.
    """

    def __init__(
        self,
        known: dict[str, FileHash] | None = None,
        now: Callable[[], float] = time.time,
        styles: StyleMemory | None = None,
    ) -> None:
        self._known, self._known_styles = known or {}, styles or StyleMemory()
        self._now = now
        self._found: dict[str, FileHash] = {}
        self._differs = False
        self._watched: dict[str, tuple[float, os.stat_result]] = {}
        self._sizes: dict[str, int] = {}
        self._kept: dict[str, bytes] = {}
        self._room, self._kept_bytes, self._keeping = _KEPT_LATER if known else _KEPT_FIRST, 0, Lock()
        self._unsettled: set[str] = set()
        #: Files asked for so far that look like secrets by their first bytes.
        self.secrets: set[str] = set()
        #: Files whose first bytes do not match their name, with the kind of mismatch.
        self.oddities: dict[str, str] = {}
        #: What is known of style sheets.
        self.styles = self._known_styles

    @property
    def lasting(self) -> dict[str, FileHash]:
        """The hashes that a later run may use."""
        # A copy, because after a failure threads may still be adding hashes.
        return {file: found for file, found in self._found.copy().items() if file not in self._unsettled}

    @property
    def number(self) -> int:
        """The number of known hashes."""
        return len(self._found)

    @property
    def is_new(self) -> bool:
        """Whether this run has hashes worth saving."""
        return self._differs or bool(self._known) or self.styles != self._known_styles

    def hash_all(self, files: Iterable[str]) -> None:
        """Hash the files that are not known, several at once.

        :raises AssetReadError: one cannot be read.
        :raises AssetError: one is too large.
        """
        unknown = [file for file in dict.fromkeys(files) if self.find(file) is None]
        batches = [unknown[start : start + _BATCH] for start in range(0, len(unknown), _BATCH)]
        if len(batches) < 2:
            self._hash_batch(unknown)
            return
        with ThreadPoolExecutor(_THREADS) as pool:
            for _ in pool.map(self._hash_batch, batches):
                pass

    def hash(self, file: str) -> FileHash:
        """Return a file's hash.

        :raises AssetReadError: it cannot be read, or changes while it is.
        :raises AssetError: it is too large.
        """
        return self.find(file) or self._read(file, whole=False)[1]

    def find(self, file: str) -> FileHash | None:
        """Return a file's hash if this run or an earlier one knows it, else None."""
        if (found := self._found.get(file)) is None and (known := self._known.pop(file, None)) is not None:
            with suppress(OSError):
                if _describe(known.checksum, os.stat(file), known.secret, known.oddity) == known:
                    return self._take(file, known)
            self._differs = True
        return found

    def read(self, file: str, keep: bool = True) -> tuple[bytes, FileHash]:
        """Read a file once, and return its bytes and hash.

        :param keep: keep the bytes in memory for :meth:`peek`, if there is room.
        :raises AssetReadError: it cannot be read, or changes while it is.
        :raises AssetError: it is too large.
        """
        data = self._kept.get(file)
        if data is None:
            return self._read(file, whole=True, keep=keep)
        if not keep:
            self._release(file)
        return data, self._found[file]

    def size(self, file: str) -> int:
        """Return a file's size in bytes; 0 if there is none, which raises an error when the file is read.

        :raises AssetError: it is too large.
        """
        with suppress(OSError):
            size = self._sizes.get(file) or os.path.getsize(file)
            check_size(file, size)
            return size
        return 0

    @contextmanager
    def reading_ahead(self, files: Iterable[str]) -> Iterator[None]:
        """While the block runs, find the sizes of files with unknown hashes, and read them as far as there is room."""
        is_over = Event()
        reader = Thread(target=self._read_ahead, args=(files, is_over), name="reading ahead", daemon=True)
        reader.start()
        try:
            yield
        finally:
            is_over.set()
            reader.join()
            self._sizes = {}

    def peek(self, file: str) -> bytes | None:
        """Return a file's bytes if they are in memory, else None."""
        return self._kept.get(file)

    def watch(self, file: str) -> None:
        """Record a file's state and first bytes before it is hashed elsewhere.

        :raises AssetReadError: it cannot be read.
        """
        with _reading(file), open(file, "rb", buffering=0, opener=open_at_once) as stream:
            self._watched[file] = self._now(), os.fstat(stream.fileno())
            head = stream.read(HEAD_BYTES)
            self._mark(file, holds_secret(file, head), find_oddity(file, head))

    def note(self, file: str, checksum: str, size: int) -> None:
        """Record the hash of a watched file that was hashed during its upload, unless it was changed since."""
        began, before = self._watched.pop(file, (0, None))
        with suppress(OSError):
            after = os.stat(file)
            if before is not None and _is_same(before, after) and after.st_size == size:
                found = _describe(checksum, before, file in self.secrets, self.oddities.get(file, ""))
                self._note(file, found, began)

    def _read_ahead(self, files: Iterable[str], is_over: Event) -> None:
        # All sizes first: the main thread asks for them as soon as it need not wait any more, and reading delays it.
        small = []
        for file in files:
            if is_over.is_set():
                return
            with suppress(OSError):
                if self.find(file) is None:
                    self._sizes[file] = size = os.path.getsize(file)
                    small += [file] if size <= _BLOCK_BYTES else []
        for file in small:
            if is_over.is_set() or self._kept_bytes > self._room - _BLOCK_BYTES:
                return
            with suppress(AssetError, AssetReadError):  # the error is raised when the file is needed
                self._read(file, whole=True)

    def _hash_batch(self, files: Sequence[str]) -> None:
        for file in files:
            self.hash(file)

    def _read(self, file: str, whole: bool, keep: bool = True) -> tuple[bytes, FileHash]:
        began = self._now()
        with _reading(file), open(file, "rb", buffering=0, opener=open_at_once) as stream:
            before = os.fstat(stream.fileno())
            check_regular(before)
            check_size(file, before.st_size)
            keeps = keep and file not in self._kept and self._reserve(before.st_size)
            whole = whole or before.st_size <= _BLOCK_BYTES
            data = _read_whole(stream, before.st_size) if whole else b""
            digest = hashlib.sha256(data)
            size, head = (len(data), data[:HEAD_BYTES]) if whole else _hash_blocks(stream, digest)
            after = os.fstat(stream.fileno())
        if size != after.st_size or not _is_same(before, after):
            raise AssetReadError.changed(file)
        found = _describe(digest.hexdigest(), before, holds_secret(file, head), find_oddity(file, head))
        self._note(file, found, began)
        if keeps:
            self._kept[file] = data
        return data, found

    def _reserve(self, size: int) -> bool:
        with self._keeping:
            fits = size <= _BLOCK_BYTES and self._kept_bytes + size <= self._room
            self._kept_bytes += size if fits else 0
        return fits

    def _release(self, file: str) -> None:
        with self._keeping:
            self._kept_bytes -= len(self._kept.pop(file, b""))

    def _take(self, file: str, found: FileHash) -> FileHash:
        self._found[file] = found
        self._mark(file, found.secret, found.oddity)
        return found

    def _mark(self, file: str, secret: bool, oddity: str) -> None:
        if secret:
            self.secrets.add(file)
        if oddity:
            self.oddities[file] = oddity

    def _note(self, file: str, found: FileHash, began: float) -> None:
        self._take(file, found)
        # The state from before reading: a later change has another time.
        if max(found.mtime, found.ctime) > (began - SETTLED_SECONDS) * 1e9:
            self._unsettled.add(file)
        else:
            self._differs = True


def _describe(checksum: str, status: os.stat_result, secret: bool, oddity: str) -> FileHash:
    return FileHash(checksum, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, secret, oddity)


def _is_same(before: os.stat_result, after: os.stat_result) -> bool:
    # The ctime changes with links and permissions, too.
    return (before.st_size, before.st_mtime_ns, before.st_ino) == (after.st_size, after.st_mtime_ns, after.st_ino)


def check_size(file: str, size: int) -> None:
    """Refuse a file that is too large to publish.

    :raises AssetError: it is too large.
    """
    if size > MAX_FILE_BYTES:
        raise AssetError(
            f"{file!r} has {size / 1024**3:,.1f} GiB, and CloudFront caches files of 50 GB at most "
            '(CloudFront developer guide, "Quotas").',
            "Exclude it in the settings, and serve it in another way.",
        )


def hash_file(file: str) -> tuple[str, int]:
    """Return a file's SHA-256 in hex and its size in bytes.

    :raises AssetReadError: it cannot be read, or changes while it is.
    :raises AssetError: it is too large.
    """
    return FileHashes().hash(file)[:2]


@contextmanager
def _reading(file: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = "Change its permissions or exclude it, then retry."
        raise AssetReadError.unreadable(file, error, hint, code=UNREADABLE) from error


def _read_whole(stream: RawIOBase, size: int) -> bytes:
    # Reading one byte more shows whether the file has grown; one call is enough for most files.
    data = stream.read(size + 1) or b""
    return data if len(data) == size else data + (stream.read() or b"")


def _hash_blocks(stream: RawIOBase, digest: _Digest) -> tuple[int, bytes]:
    size, head = 0, b""
    while block := stream.read(_BLOCK_BYTES):
        digest.update(block)
        size += len(block)
        head = head or block[:HEAD_BYTES]
    return size, head

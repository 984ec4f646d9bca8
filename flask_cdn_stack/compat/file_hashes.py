"""Reads and writes ``.file-hashes`` at the bucket's root, as Flask-S3 does: the SHA-1 of each object's local file.

An entry is removed before its object is uploaded and added again afterwards, so that a run that is killed leaves no
entry for an object whose contents are not known. Every change is a conditional write that keeps other runs' entries.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..aws.storage import Bucket
from ..errors import AssetReadError, ConflictError, UnreachableError
from ..regular_files import open_regular

_logger = logging.getLogger("flask_cdn_stack")

#: Its key in the bucket, whatever the prefix.
HASHES_KEY = ".file-hashes"

Change = Callable[[Mapping[str, str]], dict[str, str]]

#: Conditional writes that are tried before a run gives up.
MAX_ATTEMPTS = 10


@dataclass(frozen=True)
class HashesFile:
    """The file's contents when it was read: SHA-1 by key with a leading slash. ``etag`` is None if it did not exist."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None

    def knows(self, key: str, digest: str) -> bool:
        """Return whether the object was made from a file with this SHA-1."""
        return self.hashes.get(f"/{key}") == digest


def hash_source(file: str) -> str:
    """Return a local file's SHA-1 in hex.

    :raises AssetReadError: it cannot be read.
    """
    try:
        with open_regular(file) as stream:
            return hashlib.file_digest(stream, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise AssetReadError.unreadable(file, error) from error


def read_hashes(bucket: Bucket) -> HashesFile:
    """Return the file's contents; a damaged file counts as empty, and is replaced later."""
    stored = bucket.read(HASHES_KEY)
    if stored is None:
        return HashesFile()
    try:
        content = json.loads(stored.data)
        hashes = {path: digest for path, digest in content.items() if isinstance(digest, str)}
    except (ValueError, AttributeError, RecursionError):
        _logger.warning("%s in the bucket %s is damaged; every file counts as changed.", HASHES_KEY, bucket.name)
        hashes = {}
    return HashesFile(hashes, stored.etag)


def forget_hashes(bucket: Bucket, start: HashesFile, keys: Iterable[str]) -> HashesFile:
    """Remove the entries of objects that are about to be uploaded, and return the file's new contents."""
    paths = {f"/{key}" for key in keys}
    return _change(bucket, start, lambda found: {path: found[path] for path in found if path not in paths})


def record_hashes(bucket: Bucket, start: HashesFile, uploaded: Mapping[str, str]) -> None:
    """Add the entries of objects that were uploaded.

    :param start: the file's contents before the uploads. If another run has written another entry since, it is not
        known which run's object came last, and the entry is removed.
    :param uploaded: SHA-1 by key.
    """
    digests = {f"/{key}": digest for key, digest in uploaded.items()}

    def merge(found: Mapping[str, str]) -> dict[str, str]:
        known = {
            path: digest for path, digest in digests.items() if found.get(path) in (start.hashes.get(path), digest)
        }
        return {path: digest for path, digest in found.items() if path not in digests} | known

    _change(bucket, start, merge)


def _change(bucket: Bucket, start: HashesFile, change: Change) -> HashesFile:
    found = start
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return _write(bucket, found, change)
        except (ConflictError, UnreachableError):
            # If only the answer was lost, the change has been made; reading the file again shows that.
            found = read_hashes(bucket)
    return _write(bucket, found, change)


def _write(bucket: Bucket, found: HashesFile, change: Change) -> HashesFile:
    wanted = change(found.hashes)
    if wanted == found.hashes:
        return found
    data = json.dumps(wanted, sort_keys=True).encode()
    return HashesFile(wanted, bucket.write(HASHES_KEY, data, "application/json", found.etag))

"""Release records: what each published release consists of, kept in the bucket beside the state."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from ..errors import ConflictError, StateError, UnreachableError
from ..manifest import parse_kept, parse_manifest
from ..naming import OWN_FOLDER
from .state import (
    FORMAT,
    MAX_LOST_ANSWERS,
    RECORD_TYPE,
    ObjectRecord,
    Store,
    damaged,
    decode_objects,
    pack,
    unpack,
)

T = TypeVar("T")

#: Records that are read at once.
READERS = 16


class ReleaseRecord(NamedTuple):
    """A release: when it was made, in epoch seconds, its manifest's text, and its objects by key.

    ``rollback_of`` is the id of the release that it brought back.
    """

    id: str
    created: int
    manifest: str
    objects: Mapping[str, ObjectRecord]
    rollback_of: str | None = None


def manifest_checksum(text: str) -> str:
    """Return the SHA-256 of a manifest's text, by which the state knows the published release."""
    return hashlib.sha256(text.encode()).hexdigest()


def release_key(release: str) -> str:
    """Return the key of a release's record."""
    return f"{OWN_FOLDER}/releases/{release}.json.gz"


def encode_release(record: ReleaseRecord) -> bytes:
    """Return a record's bytes."""
    content = {
        "format": FORMAT,
        "release": record.id,
        "created": record.created,
        "manifest": record.manifest,
    }
    return pack(content | ({"rollback_of": record.rollback_of} if record.rollback_of else {}), record.objects)


def decode_release(data: bytes, key: str) -> ReleaseRecord:
    """Return a release from its record.

    :raises StateError: it is damaged, or of a newer format.
    """
    content = unpack(data, key)
    try:
        return ReleaseRecord(
            str(content["release"]),
            int(content["created"]),
            str(content["manifest"]),
            decode_objects(content["objects"]),
            content.get("rollback_of"),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(key) from error


def names_hold_checksums(record: ReleaseRecord) -> bool:
    """Say whether objects of a release have a checksum in their name, so that its manifest tells their URLs."""
    if parse_kept(record.manifest):
        return True
    checksums = parse_manifest(record.manifest)
    for key in record.objects.keys() - checksums.keys():
        found = re.fullmatch(r"(.*)\.([0-9a-f]{8,64})(\.[^./]*)?", key, re.DOTALL)
        if found and checksums.get(found[1] + (found[3] or ""), "").startswith(found[2]):
            return True
    return False


def write_release(store: Store, record: ReleaseRecord) -> None:
    """Write the record of a new release.

    Nobody else writes it: if it is there after an error, only the answer was lost.
    """
    key, data = release_key(record.id), encode_release(record)
    for retries in reversed(range(MAX_LOST_ANSWERS)):
        try:
            store.write(key, data, RECORD_TYPE, None)
            return
        except ConflictError:
            return
        except UnreachableError:
            # Reading is repeated until there is an answer; the write, as it has a condition, was sent once.
            if store.read(key) is not None:
                return
            if not retries:
                raise


def read_release(store: Store, release: str) -> ReleaseRecord | None:
    """Return a release, or None where its record is gone.

    :raises StateError: the record is damaged, or of a newer format.
    """
    key = release_key(release)
    found = store.read(key)
    return decode_release(found.data, found.path or key) if found else None


def read_releases(
    store: Store, releases: Iterable[str], extract: Callable[[ReleaseRecord], T]
) -> dict[str, T | StateError | None]:
    """Return what ``extract`` takes from each release, by id; None where the record is gone, or why it is not readable.

    Many are read at once, and no more is kept of them.
    """

    def read_one(release: str) -> T | StateError | None:
        try:
            record = read_release(store, release)
        except StateError as error:
            return error
        return None if record is None else extract(record)

    ids = list(releases)
    pool = ThreadPoolExecutor(READERS)
    try:
        return dict(zip(ids, pool.map(read_one, ids), strict=True))
    finally:
        pool.shutdown(cancel_futures=True)

"""Release records: the manifest and objects of each release, stored in the bucket beside the state."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from ..assets.published_names import Naming
from ..errors import ManifestError, StateError
from ..manifest import parse_manifest
from ..naming import OWN_FOLDER
from .provenance import UNKNOWN, Provenance
from .record_model import FORMAT, parse_release, read_naming, read_objects
from .state import ObjectRecord
from .state_text import damaged, pack, reading
from .store import Store, write_once

T = TypeVar("T")

#: Records that are read in parallel.
READERS = 16


class ReleaseRecord(NamedTuple):
    """A release: when it was made, in epoch seconds, its manifest's text, and its objects by key.

    ``provenance`` says where it comes from, as far as known.

    ``rollback_of`` is the id of the release that a rollback published again. ``naming`` says how the keys follow from
    the manifest; records of early versions do not have it.
    """

    id: str
    created: int
    manifest: str
    objects: Mapping[str, ObjectRecord]
    rollback_of: str | None = None
    naming: Naming | None = None
    provenance: Provenance = UNKNOWN


def manifest_checksum(text: str) -> str:
    """Return the SHA-256 of a manifest's text, which identifies the published release in the state."""
    return hashlib.sha256(text.encode()).hexdigest()


def release_key(release: str) -> str:
    """Return the key of a release record."""
    return f"{OWN_FOLDER}/releases/{release}.json.gz"


def encode_release(record: ReleaseRecord) -> bytes:
    """Return a record's bytes."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "release": record.id,
        "created": record.created,
        "manifest": record.manifest,
    }
    # Readers of this format ignore unknown keys.
    content |= {"rollback_of": record.rollback_of} if record.rollback_of else {}
    content |= {"naming": record.naming._asdict()} if record.naming else {}
    content |= {key: value for key, value in record.provenance._asdict().items() if value}
    return pack(content, record.objects)


def decode_release(data: bytes, key: str) -> ReleaseRecord:
    """Return the release in a record.

    :raises StateError: it is damaged, or of a newer format.
    """
    with reading(key):
        form = parse_release(data)
        objects = read_objects(form.objects)
        provenance = Provenance(form.by, form.commit, form.branch)
        naming = read_naming(form.naming)
        return ReleaseRecord(form.release, form.created, form.manifest, objects, form.rollback_of, naming, provenance)


def read_manifest(record: ReleaseRecord) -> dict[str, str]:
    """Return the checksums of a release's manifest, by decoded URL path.

    :raises StateError: it is damaged.
    """
    try:
        return parse_manifest(record.manifest)
    except ManifestError as error:
        raise damaged(release_key(record.id)) from error


def write_release(store: Store, record: ReleaseRecord) -> None:
    """Write the record of a new release.

    :raises AWSError: AWS refused or could not be reached.
    """
    write_once(store, release_key(record.id), encode_release(record))


def read_release(store: Store, release: str) -> ReleaseRecord | None:
    """Return a release, or None if its record is gone.

    :raises StateError: the record is damaged, or of a newer format.
    """
    key = release_key(release)
    found = store.read(key)
    if found is None:
        return None
    record = decode_release(found.data, found.path or key)
    if record.id != release:
        raise damaged(found.path or key)
    return record


def read_releases(
    store: Store, releases: Iterable[str], extract: Callable[[ReleaseRecord], T]
) -> dict[str, T | StateError | None]:
    """Return the result of ``extract`` for each release, by id; None if its record is gone, or why it cannot be read.

    Records are read in parallel, and only the results are kept in memory.
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

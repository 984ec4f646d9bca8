"""Checksums and headers: what turns a collected file into one that can be planned and published."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..errors import AssetReadError
from .collect import Asset
from .media_types import media_type_finder

#: Cache-Control of a file whose version is in the query: the edge is invalidated, browsers cannot be.
QUERY_CACHE_CONTROL = "public, max-age=3600, s-maxage=31536000"


@dataclass(frozen=True)
class Headers:
    """The HTTP headers stored with an object."""

    content_type: str
    cache_control: str

    @property
    def id(self) -> str:
        """Short name of this set of headers; another set has another."""
        return hashlib.sha256(f"{self.content_type}\n{self.cache_control}".encode()).hexdigest()[:12]


@dataclass(frozen=True)
class HashedAsset:
    """An asset with the SHA-256 of its bytes in hex, its size in bytes and its headers."""

    key: str
    url_path: str
    file: str
    checksum: str
    size: int
    headers: Headers


def fingerprint_assets(
    assets: Iterable[Asset],
    media_types: Mapping[str, str] | None = None,
    progress: Callable[[int], None] = lambda done: None,
    workers: int = 4,
) -> tuple[HashedAsset, ...]:
    """Hash every file, several at once.

    :param media_types: content types by glob, before the built-in table.
    :param progress: called with the number of files done.
    :raises AssetReadError: a file cannot be read.
    """
    find_type = media_type_finder(media_types or {})

    def hash_one(asset: Asset) -> HashedAsset:
        checksum, size = hash_file(asset.file)
        headers = Headers(find_type(asset.key), QUERY_CACHE_CONTROL)
        return HashedAsset(asset.key, asset.url_path, asset.file, checksum, size, headers)

    hashed = []
    with ThreadPoolExecutor(workers) as pool:
        for done, asset in enumerate(pool.map(hash_one, assets), 1):
            hashed.append(asset)
            progress(done)
    return tuple(hashed)


def hash_file(file: str) -> tuple[str, int]:
    """Return a file's SHA-256 in hex and its size in bytes.

    :raises AssetReadError: it cannot be read.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        with open(file, "rb", buffering=0) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise AssetReadError(
            f"{file} cannot be read: {error.strerror or error}.",
            "Change its permissions or exclude it, then retry.",
        ) from error
    return digest.hexdigest(), size

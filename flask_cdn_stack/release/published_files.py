"""The URLs of a release, and the response that each should give, from its record and the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from ..assets.headers import Headers, Kind, headers_finder
from ..assets.published_names import Naming
from ..errors import CDNStackError
from ..manifest import parse_kept, parse_manifest
from ..naming import MANIFEST_KEY, quote_key
from ..settings.model import Assets
from ..verify.model import PublishedFile
from .ownership import read_own
from .records import ReleaseRecord, read_release, release_key
from .release_naming import release_naming
from .run import Run
from .store import Store


class Stored(Protocol):
    """An object: the SHA-256 of its bytes, in hex, and their number."""

    @property
    def checksum(self) -> str: ...

    @property
    def size(self) -> int: ...


def read_published(store: Store, run: Run) -> ReleaseRecord:
    """Return the record of the published release.

    :raises CDNStackError: nothing is published, or the record cannot be used.
    """
    release = read_own(store, run).state.release
    if release is None:
        raise CDNStackError("Nothing has been published yet.", "Run `flask-cdn-stack deploy` first.")
    record = read_release(store, release)
    if record is None:
        raise CDNStackError(
            f"The record {release_key(release)} in the bucket is gone.",
            "Restore an earlier version of that object (the bucket keeps them), or deploy again.",
        )
    return record


def describe_release(record: ReleaseRecord, assets: Assets, address: str) -> tuple[PublishedFile, ...]:
    """Return the files of a release; ``address`` is scheme and host of their URLs."""
    return describe_files(record.objects, record.manifest, release_naming(record), assets, address)


def describe_files(
    objects: Mapping[str, Stored], manifest: str, naming: Naming, assets: Assets, address: str
) -> tuple[PublishedFile, ...]:
    """Return the files of a release: those in its manifest, in order, then objects that ``url_for`` does not lead to.

    :param objects: the release's objects by key.
    :param assets: the settings, for the objects' headers.
    """
    find_headers = headers_finder(assets)
    named = tuple(_named(manifest, naming, address))
    keys = {key for _, key, _, _ in named}
    others = ((f"{address}/{quote_key(key)}", key, key, _other_kind(key)) for key in objects if key not in keys)
    return tuple(
        _describe(url, key, objects[key], find_headers(plain, kind))
        for url, key, plain, kind in (*named, *others)
        if key in objects
    )


def describe_manifest(manifest: str, naming: Naming, address: str) -> tuple[PublishedFile, ...]:
    """Return the files of a manifest whose origin is the app, which sets their headers."""
    checksums = parse_manifest(manifest)
    return tuple(PublishedFile(url, key, checksums[plain]) for url, key, plain, _ in _named(manifest, naming, address))


def _named(manifest: str, naming: Naming, address: str) -> Iterator[tuple[str, str, str, Kind]]:
    """Yield URL, key, plain key and kind of name of each file, as :mod:`flask_cdn_stack.extension.urls` builds URLs."""
    checksums, carry_hash = parse_manifest(manifest), parse_kept(manifest)
    for plain, key in naming.find_keys(manifest).items():
        is_hashed = plain in carry_hash or key != plain
        kind: Kind = "hashed" if is_hashed else "kept" if naming.mode == "path" else "query"
        shown = plain if naming.immutable else key
        has_query = shown == plain and plain not in carry_hash
        query = f"?c={checksums[plain][: naming.checksum_length]}" if has_query else ""
        yield f"{address}/{quote_key(shown)}{query}", key, plain, kind


def _other_kind(key: str) -> Kind:
    return "manifest" if key == MANIFEST_KEY else "copy"


def _describe(url: str, key: str, stored: Stored, headers: Headers) -> PublishedFile:
    # The edge removes some of S3's own headers (infrastructure.cloudfront_policies).
    others = {name: value for name, value in headers.others if not name.startswith("X-Amz-")}
    encoding = others.pop("Content-Encoding", "")
    return PublishedFile(
        url,
        key,
        stored.checksum,
        stored.size,
        headers.content_type,
        headers.cache_control,
        encoding,
        headers.gzip,
        tuple(others.items()),
    )

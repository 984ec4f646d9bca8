"""Makes the objects of a release from collected files: names, checksums, headers, and references in style sheets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import AssetError, CDNStackError
from ..manifest import render_manifest
from ..naming import MANIFEST_KEY, compile_globs, hashed_path, version_path
from ..settings.model import Assets
from .bundlers import find_bundled
from .collect import Asset
from .hashes import FileHashes
from .headers import Headers, Kind, headers_finder
from .known_libraries import Sought, find_sought
from .odd_names import refuse_names, why_uncarried
from .oddities import describe_oddities
from .published_names import Naming, find_naming
from .secrets import is_fixture, is_named_secret, refuse_secrets
from .style_links import Fingerprint
from .styles import PublishedStyle, StyleMemory, StyleSheet, check_references, publish_styles, recall_styles


@dataclass(frozen=True, slots=True)
class AssetObject:
    """An object of a release. ``checksum`` is the SHA-256 of its bytes, in hex; ``size`` is their number.

    ``url_path`` is the key percent-encoded. ``body`` has the bytes if they are in memory or differ from the file's.
    """

    key: str
    url_path: str
    file: str
    checksum: str
    size: int
    headers: Headers
    kind: Kind = "query"
    body: bytes | PublishedStyle | None = field(default=None, repr=False, compare=False)

    def read_body(self) -> bytes | None:
        """Return the bytes if they are in memory or differ from the file's.

        :raises AssetReadError: the file has changed since it was planned.
        """
        return self.body.body if isinstance(self.body, PublishedStyle) else self.body


class Build(NamedTuple):
    """A release to publish: its objects in the order of their keys, and the text of the manifest.

    ``naming`` says how the objects' names follow from the manifest; ``sought`` are files that scripts find by name.
    """

    objects: tuple[AssetObject, ...]
    manifest: str
    warnings: tuple[str, ...] = ()
    naming: Naming | None = None
    sought: tuple[Sought, ...] = ()


class Builder:
    """Makes a release of an app's files.

    :param assets: in the order of their keys.
    :param hashes: reads and hashes files; it knows the hashes of files that were uploaded early.
    :raises SecretError: a file is likely to be a secret by its name; files that look so by their bytes are listed, too.
    :raises AssetError: a key would be too long with its checksum.
    """

    def __init__(self, assets: Sequence[Asset], settings: Assets, hashes: FileHashes) -> None:
        self._assets, self._settings, self._hashes = assets, settings, hashes
        self._naming, self._find_headers = find_naming(settings), headers_finder(settings)
        # With the checksum in the query, style sheets refer to plain names, whatever the objects' keys are.
        self._in_path, self._renames = settings.fingerprint == "path", settings.names_hold_checksums
        self._keeps_name = compile_globs(settings.keep_names if self._in_path else ())
        self._carry_hash = self._find_hashed()
        self._keeps_sheet = compile_globs(settings.plain_sheets)
        # If neither style sheets nor names are changed, scripts find their files.
        self._libraries = tuple(find_sought(assets, self._in_path)) if self._in_path or settings.rewrite_css else ()
        self._sought = frozenset(key for found in self._libraries for key in found.keys) - self._carry_hash
        self._sheets = frozenset(asset.key for asset in assets if self._is_rewritten(asset.key))
        self._allows = compile_globs(settings.allow)
        self._built: Build | None = None
        self._check_lengths()
        self._check_names()

    @property
    def files(self) -> Iterator[Asset]:
        """The assets that are published unchanged: all but the style sheets whose references are replaced."""
        return (asset for asset in self._assets if asset.key not in self._sheets)

    @property
    def sheets(self) -> Iterator[Asset]:
        """The style sheets whose references are replaced."""
        return (asset for asset in self._assets if asset.key in self._sheets)

    @property
    def plain_keys(self) -> list[str]:
        """The plain keys of all assets, without checksums, and the key of the published manifest."""
        manifest = [MANIFEST_KEY] if self._settings.publish_manifest else []
        return [*(asset.key for asset in self._assets), *manifest]

    @property
    def names_hold_checksums(self) -> bool:
        """Whether assets are published under names that contain their checksum."""
        return self._renames

    @property
    def compresses(self) -> bool:
        """Whether files are stored compressed if that saves enough."""
        return self._settings.gzip

    def is_renamed(self, key: str) -> bool:
        """Return whether an asset is published under a name that contains its checksum."""
        is_sought = self._in_path and key in self._sought
        return self._renames and not (is_sought or self._keeps_name(key) or key in self._carry_hash)

    def name(
        self, asset: Asset, checksum: str, size: int, body: bytes | PublishedStyle | None = None, version: str = ""
    ) -> AssetObject:
        """Return the object that the app's URLs lead to, directly or through the function at the edge.

        :param version: the version in its URL, if that is not ``checksum``.
        """
        key, url_path = asset.key, asset.url_path
        kind: Kind = "query"
        if self.is_renamed(key):
            rename, version = self._naming.rename, version or checksum
            key, url_path, kind = rename(key, version), rename(url_path, version), "hashed"
        elif key in self._carry_hash:
            kind = "hashed"
        elif self._in_path:
            kind = "kept"
        return AssetObject(key, url_path, asset.file, checksum, size, self._find_headers(asset.key, kind), kind, body)

    def check_read(self, asset: Asset) -> None:
        """Refuse a file that was read if it looks like a secret by its first bytes.

        :raises SecretError: it does.
        """
        if self._looks_secret(asset):
            refuse_secrets([asset.key])

    def check_secrets(self) -> None:
        """If a file that was read looks like a secret, look at all others too, and refuse all such files at once.

        :raises SecretError: there is one.
        """
        if any(map(self._looks_secret, self._assets)):
            self._refuse(frozenset())

    def check_references(self) -> None:
        """If references to missing files are an error, look for them before anything is uploaded.

        :raises AssetError: there are such references.
        :raises AssetReadError: a style sheet cannot be read.
        """
        if self._settings.missing_references == "error":
            check_references(self._read_sheets(), {asset.key: asset.file for asset in self.files}.get)

    def build(self) -> Build:
        """Hash the files that are not hashed yet, and return the release. Later calls return the same one.

        :raises SecretError: a file is likely to be a secret by its first bytes.
        :raises AssetError: a reference in a style sheet leads to no file, or two objects have one key.
        :raises AssetReadError: a file cannot be read, or changes while it is read.
        """
        self._built = self._built or self._make_build()
        return self._built

    def _make_build(self) -> Build:
        self._hashes.hash_all(asset.file for asset in self.files)
        hash_file = self._hashes.hash
        styles, warnings = self._publish_styles({asset.key: hash_file(asset.file).checksum for asset in self.files})
        objects: dict[str, AssetObject] = {}
        versions: dict[str, str] = {}
        for asset in self._assets:
            style = styles.get(asset.key)
            versions[asset.url_path] = style.version if style else hash_file(asset.file).checksum
            for item in self._objects(asset, style):
                _add(objects, item)
        text = self._render_manifest(versions)
        if self._settings.publish_manifest:
            _add(objects, self._manifest(text))
        odd = describe_oddities(self._hashes.oddities, ((asset.key, asset.file) for asset in self._assets))
        found = tuple(objects[key] for key in sorted(objects))
        return Build(found, text, (*warnings, *odd), self._naming, self._libraries)

    def _objects(self, asset: Asset, style: PublishedStyle | None) -> Iterator[AssetObject]:
        if style:
            item = self.name(asset, style.checksum, style.size, style, style.version)
        else:
            found = self._hashes.hash(asset.file)
            item = self.name(asset, found.checksum, found.size, self._hashes.peek(asset.file))
        yield item
        if self.is_renamed(asset.key) and (self._settings.plain_copies or not self._in_path):
            headers = self._find_headers(asset.key, "copy")
            yield AssetObject(
                asset.key, asset.url_path, asset.file, item.checksum, item.size, headers, "copy", item.body
            )

    def _publish_styles(self, checksums: Mapping[str, str]) -> tuple[dict[str, PublishedStyle], tuple[str, ...]]:
        sheets = self._read_sheets()
        self.check_secrets()
        if not sheets:
            return {}, ()
        world = self._describe_world(sheets, checksums)

        def publish() -> tuple[dict[str, PublishedStyle], tuple[str, ...]]:
            settings = self._settings
            is_local = compile_globs(settings.local if settings.scan_templates else ("**",))
            return publish_styles(sheets, checksums.get, self._link, settings.missing_references, is_local)

        if recalled := recall_styles(sheets, self._hashes.styles, world, lambda: publish()[0]):
            return recalled, self._hashes.styles.warnings
        styles, warnings = publish()
        self._hashes.styles = StyleMemory({style.file: style.facts for style in styles.values()}, world, warnings)
        return styles, warnings

    def _describe_world(self, sheets: Sequence[StyleSheet], checksums: Mapping[str, str]) -> str:
        """Return a digest of everything that the published style sheets depend on."""
        settings = self._settings
        named = (settings.keep_names, sorted(self._carry_hash), sorted(self._sought))
        how = (settings.fingerprint, settings.url_checksum_length, settings.missing_references)
        what = (settings.local, settings.scan_templates)
        own = [(sheet.key, sheet.file, sheet.checksum) for sheet in sheets]
        return hashlib.sha256(json.dumps([named, how, what, own, sorted(checksums.items())]).encode()).hexdigest()

    def _read_sheets(self) -> list[StyleSheet]:
        sheets = (asset for asset in self._assets if asset.key in self._sheets)
        return [self._read_sheet(asset) for asset in sheets]

    def _read_sheet(self, asset: Asset) -> StyleSheet:
        known, found = self._hashes.styles.facts.get(asset.file), self._hashes.find(asset.file)
        if found is None:
            data, found = self._hashes.read(asset.file)
            return StyleSheet(asset.key, asset.file, data, found.checksum, known)
        return StyleSheet(asset.key, asset.file, lambda: self._hashes.read(asset.file)[0], found.checksum, known)

    def _link(self, key: str, checksum: str) -> Fingerprint:
        short = checksum[: self._settings.url_checksum_length]
        if self._in_path and self.is_renamed(key):
            return Fingerprint(hashed=short)
        is_bare = key in self._carry_hash or key in self._sought
        return Fingerprint() if is_bare else Fingerprint(query=short)

    def _is_rewritten(self, key: str) -> bool:
        # A name with the bundler's hash stands for the bytes that the bundler wrote.
        headers = self._find_headers(key, "query")
        is_style = headers.content_type.partition(";")[0].strip() == "text/css" and not headers.is_packed
        return is_style and not self._keeps_sheet(key) and key not in self._carry_hash

    def _find_hashed(self) -> frozenset[str]:
        """Return the keys of the assets whose names already contain a hash."""
        bundled, is_named = find_bundled(self._assets), compile_globs(self._settings.hashed_names)
        keys = (asset.key for asset in self._assets if asset.key in bundled or is_named(asset.key))
        return frozenset(key for key in keys if not self._keeps_name(key))

    def _render_manifest(self, versions: Mapping[str, str]) -> str:
        paths = {asset.key: asset.url_path for asset in self._assets}
        # If names get no checksum, scripts find every file.
        sought = map(paths.__getitem__, self._sought) if self._in_path else ()
        return render_manifest(versions, map(paths.__getitem__, self._carry_hash), sought)

    def _manifest(self, text: str) -> AssetObject:
        body = text.encode()
        found = hashlib.sha256(body).hexdigest()
        headers = self._find_headers(MANIFEST_KEY, "manifest")
        return AssetObject(MANIFEST_KEY, MANIFEST_KEY, MANIFEST_KEY, found, len(body), headers, "manifest", body)

    def _is_public(self, key: str) -> bool:
        return self._allows(key) or is_fixture(key)

    def _check_names(self) -> None:
        named = {asset.key for asset in self._assets if is_named_secret(asset.key) and not self._is_public(asset.key)}
        if named:
            self._refuse(named)

    def _refuse(self, named: AbstractSet[str]) -> None:
        with suppress(CDNStackError):  # a file that cannot be read is reported elsewhere
            self._hashes.hash_all(asset.file for asset in self._assets)
        refuse_secrets([asset.key for asset in self._assets if asset.key in named or self._looks_secret(asset)])

    def _looks_secret(self, asset: Asset) -> bool:
        return asset.file in self._hashes.secrets and not self._is_public(asset.key)

    def _check_lengths(self) -> None:
        digits, prefix = "0" * self._settings.url_checksum_length, self._settings.prefix
        folder = prefix if self._in_path else version_path(prefix, digits).rstrip("/")
        problems = {
            asset.file: f"with its checksum, {problem}"
            for asset in self._assets
            if (problem := why_uncarried(hashed_path(asset.key, digits) if self._in_path else asset.key, folder))
            and self.is_renamed(asset.key)
        }
        way_out = "add it to assets.keep_names" if self._in_path else "turn assets.immutable off"
        refuse_names(problems, f"Rename the file, exclude it, or {way_out} in the settings.")


def _add(objects: dict[str, AssetObject], item: AssetObject) -> None:
    before = objects.setdefault(item.key, item)
    if before.checksum != item.checksum and item.kind == "manifest":
        raise AssetError(
            f"{before.file} has the key {item.key}, which assets.publish_manifest keeps for the manifest.",
            "Rename the file, exclude it, or turn assets.publish_manifest off.",
        )
    if before.checksum != item.checksum:
        raise AssetError(
            f"Two files for one key in the bucket, {item.key}: {before.file} and {item.file}.",
            "Rename one of them, or exclude it in the settings.",
        )

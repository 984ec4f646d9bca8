"""Works out the keys in the bucket from a manifest, by the same rules by which apps build URLs."""

from __future__ import annotations

from typing import NamedTuple

from ..manifest import parse_kept, parse_manifest, parse_sought
from ..naming import compile_globs, hashed_path, version_path
from ..settings.model import Assets


class Naming(NamedTuple):
    """The settings that URLs depend on besides the manifest. ``mode`` is ``assets.fingerprint``.

    ``immutable`` is that setting where it counts: the edge finds a version by the checksum in the query.
    """

    mode: str
    checksum_length: int
    prefix: str = ""
    keep_names: tuple[str, ...] = ()
    plain_copies: bool = True
    publish_manifest: bool = False
    immutable: bool = False

    @property
    def holds_checksums(self) -> bool:
        """Whether the names of objects contain checksums."""
        return self.mode == "path" or self.immutable

    @property
    def has_copies(self) -> bool:
        """Whether objects whose names contain checksums have copies under plain names."""
        return self.immutable or (self.mode == "path" and self.plain_copies)

    def rename(self, path: str, checksum: str) -> str:
        """Return a key, or a URL path, with the checksum where these settings put it: in the file name, or a folder."""
        rename = hashed_path if self.mode == "path" else version_path
        return rename(path, checksum[: self.checksum_length])

    def find_keys(self, manifest: str) -> dict[str, str]:
        """Return the key that each file's URL leads to, by the file's plain key.

        Keys are relative to the prefix, the origin path in the bucket, which URLs do not show.

        :raises ManifestError: the text is not a manifest.
        """
        checksums = parse_manifest(manifest)
        if not self.holds_checksums:
            return {key: key for key in checksums}
        stays = compile_globs(self.keep_names if self.mode == "path" else ())
        kept = parse_kept(manifest) | parse_sought(manifest)
        return {
            key: key if key in kept or stays(key) else self.rename(key, checksum) for key, checksum in checksums.items()
        }


def find_naming(assets: Assets) -> Naming:
    """Return the rules for URLs by the settings, which the generated config file repeats."""
    return Naming(
        assets.fingerprint,
        assets.url_checksum_length,
        assets.prefix,
        assets.keep_names,
        assets.plain_copies,
        assets.publish_manifest,
        assets.maps_query,
    )

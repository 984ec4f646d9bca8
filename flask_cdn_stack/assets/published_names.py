"""How the names in the bucket follow from a manifest, as the apps that read it build their URLs."""

from __future__ import annotations

from typing import NamedTuple

from ..manifest import parse_kept, parse_manifest, parse_sought
from ..naming import compile_globs, hashed_path, version_path
from ..settings.model import Assets


class Naming(NamedTuple):
    """What URLs depend on besides the manifest: the settings of these names, with ``fingerprint`` as ``mode``.

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
        """Whether the names of objects do."""
        return self.mode == "path" or self.immutable

    @property
    def has_copies(self) -> bool:
        """Whether objects with such names have copies under plain ones."""
        return self.immutable or (self.mode == "path" and self.plain_copies)

    def find_keys(self, manifest: str) -> dict[str, str]:
        """Return the key that the URL of each file of a manifest leads to, by its plain key.

        Keys are relative to the prefix, which URLs do not show.

        :raises ManifestError: the text is no manifest.
        """
        checksums = parse_manifest(manifest)
        if not self.holds_checksums:
            return {key: key for key in checksums}
        in_path = self.mode == "path"
        stays, rename = compile_globs(self.keep_names if in_path else ()), hashed_path if in_path else version_path
        kept = parse_kept(manifest) | parse_sought(manifest)
        return {
            key: key if key in kept or stays(key) else rename(key, checksum[: self.checksum_length])
            for key, checksum in checksums.items()
        }


def find_naming(assets: Assets) -> Naming:
    """Return what the settings, and with them the generated config, let URLs be built from."""
    return Naming(
        assets.fingerprint,
        assets.url_checksum_length,
        assets.prefix,
        assets.keep_names,
        assets.plain_copies,
        assets.publish_manifest,
        assets.maps_query,
    )

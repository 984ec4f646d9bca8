"""The check for ``deploy --expect-manifest``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ..assets.fingerprint import AssetObject, Build
from ..config_file import MAX_BYTES
from ..errors import LocalFileError, ManifestError, RefusedError
from ..manifest import parse_kept, parse_manifest, parse_sought
from ..naming import asset_key
from ..regular_files import read_regular
from .failures import shorten
from .parties import Source


def check_expected(source: Source, file: Path | None) -> None:
    """Refuse a release that differs from the expected manifest, if one is given.

    :raises RefusedError: it differs.
    :raises LocalFileError: the manifest cannot be read.
    """
    if file is None:
        return
    build = source.build()
    (expected, kept), found = _read_expected(file), parse_manifest(build.manifest)
    names = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    names = names or sorted(kept ^ _parse_names(build.manifest))
    if not names:
        return
    if all(name in expected and name in found for name in names) and _differ_by_lines(build, names, expected):
        raise RefusedError(
            f"The app's files differ from {file} in their line endings only: {shorten(names)}. Nothing was published.",
            "Check them out as they were then: git converts them where core.autocrlf or a .gitattributes says so.",
        )
    raise RefusedError(
        f"The app's files differ from {file}: {shorten(names)}. Nothing was published.",
        "Deploy from the same sources and settings as that manifest was made from.",
    )


def _differ_by_lines(build: Build, names: list[str], expected: dict[str, str]) -> bool:
    """Return whether the files differ from the expected ones only by their line endings."""
    bodies = {asset_key(item.url_path): item for item in build.objects if item.kind in ("query", "kept", "copy")}
    return all(name in bodies and expected[name] in _other_checksums(bodies[name]) for name in names)


def _other_checksums(item: AssetObject) -> Iterator[str]:
    body = item.read_body()
    data = Path(item.file).read_bytes() if body is None else body
    unix = data.replace(b"\r\n", b"\n")
    for other in (unix, unix.replace(b"\n", b"\r\n")):
        yield hashlib.sha256(other).hexdigest()


def _parse_names(text: str) -> frozenset[str]:
    return parse_kept(text) | parse_sought(text)


def _read_expected(file: Path) -> tuple[dict[str, str], frozenset[str]]:
    try:
        text = read_regular(file, MAX_BYTES).decode("utf-8")
        return parse_manifest(text), _parse_names(text)
    except (OSError, UnicodeDecodeError, ManifestError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        reason = error.message if isinstance(error, ManifestError) else f"it cannot be read: {why}."
        raise LocalFileError(f"--expect-manifest {file}: {reason}", "Give a manifest that `deploy` wrote.") from error

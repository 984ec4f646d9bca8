"""The manifest that a deploy is told to keep to."""

from __future__ import annotations

from pathlib import Path

from ..config_file import MAX_BYTES
from ..errors import LocalFileError, ManifestError, RefusedError
from ..manifest import parse_kept, parse_manifest
from ..regular_files import read_regular
from .failures import shorten
from .parties import Source


def check_expected(source: Source, file: Path | None) -> None:
    """Make sure that a release is what a manifest says, where there is one.

    :raises RefusedError: it is not.
    :raises LocalFileError: the manifest cannot be read.
    """
    if file is None:
        return
    build = source.build()
    (expected, kept), found = _read_expected(file), parse_manifest(build.manifest)
    names = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    names = names or sorted(kept ^ parse_kept(build.manifest))
    if names:
        raise RefusedError(
            f"The app's files are not those of {file}: {shorten(names)}. Nothing was published.",
            "Deploy from the same sources and settings as that manifest was made from.",
        )


def _read_expected(file: Path) -> tuple[dict[str, str], frozenset[str]]:
    try:
        text = read_regular(file, MAX_BYTES).decode("utf-8")
        return parse_manifest(text), parse_kept(text)
    except (OSError, UnicodeDecodeError, ManifestError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        reason = error.message if isinstance(error, ManifestError) else f"it cannot be read: {why}."
        raise LocalFileError(f"--expect-manifest {file}: {reason}", "Give a manifest that `deploy` wrote.") from error

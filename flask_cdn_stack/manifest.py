"""The manifest: one line per published file, ``<checksum>  <URL path>``, as ``sha256sum`` writes them.

Paths have no leading slash and are percent-encoded; they are looked up decoded. Peers and ``sha256sum`` write
the same form with small variations, all of which are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from .errors import ManifestError

#: First line of a manifest that this tool wrote.
HEADER = "# flask-cdn-stack manifest"


def render_manifest(checksums: Mapping[str, str]) -> str:
    """Return the text for a mapping of percent-encoded URL path to checksum; equal mappings, equal text."""
    lines = [f"{checksums[path]}  {path.removeprefix('/')}\n" for path in sorted(checksums)]
    return HEADER + "\n" + "".join(lines)


def parse_manifest(text: str) -> dict[str, str]:
    """Return checksums by decoded URL path without leading slash.

    Read leniently: spaces or tabs as separator, CRLF, a byte order mark, comments, ``*`` and ``./`` before the
    path, encoded or raw paths; other lines are passed over, and the first of two lines for a path counts.
    A text that begins with :data:`HEADER` was written by this tool and must be whole.

    :raises ManifestError: a line of a manifest that this tool wrote is damaged.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    own = lines[0].rstrip("\r") == HEADER
    if own and lines[-1]:
        raise ManifestError("The manifest is cut off in its last line.")
    checksums: dict[str, str] = {}
    raw: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#") or line == "\r":
            continue
        fields = line.split(None, 1)
        if len(fields) != 2:
            if own:
                raise ManifestError(f"Line {number} of the manifest is damaged: {line.strip()[:60]!r}.")
            continue
        path = fields[1].rstrip("\r")
        if not own:
            path = path.removeprefix("*").removeprefix("./").removeprefix("/")
        if "%" in path:
            if not own:
                raw.setdefault(path, fields[0])
            path = unquote(path)
        checksums.setdefault(path, fields[0])
    return {**raw, **checksums} if raw else checksums

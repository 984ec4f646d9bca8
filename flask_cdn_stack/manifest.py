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

# No checksum begins so, but a line of HTML or JSON, and what a merge leaves behind, do.
_MARKUP = '<>{}[]="\0'


def render_manifest(checksums: Mapping[str, str]) -> str:
    """Return the text for a mapping of percent-encoded URL path to checksum; equal mappings, equal text."""
    lines = [f"{checksums[path]}  {path.removeprefix('/')}\n" for path in sorted(checksums)]
    return HEADER + "\n" + "".join(lines)


def parse_manifest(text: str) -> dict[str, str]:
    """Return checksums by decoded URL path without leading slash.

    Read leniently: spaces or tabs as separator, CRLF, a byte order mark, comments, ``*`` and ``./`` before the
    path, encoded or raw paths; other lines are passed over, and the first of two lines for a path counts.
    A text with the line :data:`HEADER` was written by this tool and must be whole.

    :raises ManifestError: a line of a manifest that this tool wrote is damaged, or no line is one of a manifest.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    own = lines[0].rstrip("\r") == HEADER or f"\n{HEADER}\n" in text
    if own and lines[-1]:
        raise ManifestError("The manifest is cut off in its last line.")
    checksums: dict[str, str] = {}
    raw: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#") or line == "\r":
            continue
        fields = line.split(None, 1)
        if len(fields) != 2 or fields[0][0] in _MARKUP:
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
    if not checksums and not own:
        raise ManifestError("The text has no line of a manifest.")
    return {**raw, **checksums} if raw else checksums

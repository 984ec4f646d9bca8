"""The manifest: one line per published file, ``<checksum>  <URL path>``, as ``sha256sum`` writes them.

Paths have no leading slash and are percent-encoded; they are looked up decoded. Flask-CDN-NG and ``sha256sum`` write
the same form with small variations, all of which are read. Comments list the files that are published under their own
names: those that contain a bundler's hash, and those that scripts look for by name. They are listed here and not in the
generated config, because they change with every build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from .errors import ManifestError

#: First line of a manifest that this tool wrote.
HEADER = "# flask-cdn-stack manifest"

# Lines that are joined at a time.
_BATCH = 1000

# Beginning of a line with a path whose file name already contains a hash.
_KEPT = "# keeps its name: "

# Beginning of a line with a path at which a script looks for the file.
_SOUGHT = "# is looked for by name: "

# No checksum begins with these, but lines of HTML and JSON, and markers of a merge conflict, do.
_MARKUP = '<>{}[]="\0'


def render_manifest(checksums: Mapping[str, str], kept: Iterable[str] = (), sought: Iterable[str] = ()) -> str:
    """Return the text for a mapping of percent-encoded URL path to checksum; equal mappings give equal text.

    :param kept: the paths whose file names already contain a hash.
    :param sought: the paths at which scripts look for the file.
    """
    lines = [f"{HEADER}\n"]
    for mark, paths in ((_KEPT, kept), (_SOUGHT, sought)):
        lines += (f"{mark}{path}\n" for path in sorted(path.removeprefix("/") for path in paths))
    paths = sorted(checksums)
    for start in range(0, len(paths), _BATCH):  # a text for each line would take more memory than all of them
        batch = paths[start : start + _BATCH]
        lines.append("".join(f"{checksums[path]}  {path.removeprefix('/')}\n" for path in batch))
    return "".join(lines)


def parse_kept(text: str) -> frozenset[str]:
    """Return the decoded URL paths, without leading slash, whose file names already contain a hash.

    Only a manifest of this tool lists them; the result is empty for others.
    """
    return _parse_marked(text, _KEPT)


def parse_sought(text: str) -> frozenset[str]:
    """Return the decoded URL paths at which scripts look for files; empty for a manifest of another tool."""
    return _parse_marked(text, _SOUGHT)


def parse_manifest(text: str) -> dict[str, str]:
    """Return checksums by decoded URL path without leading slash.

    The text is read leniently: spaces or tabs as separator, CRLF, a byte order mark, comments, ``*`` and ``./`` before
    the path, encoded or raw paths, ``\\`` in paths written on Windows. Other lines are skipped, and of two lines for a
    path the first counts. A text with the line :data:`HEADER` was written by this tool and must be undamaged.

    :raises ManifestError: a manifest of this tool is damaged, or another text has no line of a manifest.
    """
    own = _is_own(text)
    if own and not text.endswith("\n"):
        raise ManifestError("The manifest is cut off in its last line.")
    checksums: dict[str, str] = {}
    others: dict[str, str] = {}
    for number, line in enumerate(_read_lines(text), 1):
        if not line or line.startswith("#") or line == "\r":
            continue
        if line.startswith("<"):
            raise ManifestError(f"Line {number} is one of a web page, or was left by a merge: {line.strip()[:60]!r}.")
        fields = line.split(None, 1)
        if len(fields) != 2 or fields[0][0] in _MARKUP:
            if own:
                raise ManifestError(f"Line {number} of the manifest is damaged: {line.strip()[:60]!r}.")
            continue
        checksum, path = fields[0], fields[1].rstrip()
        if not own:
            checksum, path = _mend_line(checksum, path)
            if "%" in path:
                others.setdefault(path, checksum)
        checksums.setdefault(unquote(path) if "%" in path else path, checksum)
    if not checksums and not own:
        raise ManifestError("The text has no line of a manifest.")
    return {**others, **checksums} if others else checksums


def _parse_marked(text: str, mark: str) -> frozenset[str]:
    if not _is_own(text):
        return frozenset()
    paths = (after.partition("\n")[0].strip() for after in text.split(f"\n{mark}")[1:])
    return frozenset(unquote(path) for path in paths)


def _is_own(text: str) -> bool:
    return text[: len(HEADER) + 3].removeprefix("\ufeff").splitlines()[:1] == [HEADER] or f"\n{HEADER}\n" in text


def _read_lines(text: str) -> Iterator[str]:
    # Line by line, because a list of all lines takes twice the memory of the text.
    start = 1 if text.startswith("\ufeff") else 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def _mend_line(checksum: str, path: str) -> tuple[str, str]:
    path = path.removeprefix("*")
    if checksum.startswith("\\"):
        # With this, sha256sum marks a line whose path has a backslash written twice, and a line feed as \n.
        checksum = checksum[1:]
        path = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], path)
    elif "/" not in path:
        path = path.replace("\\", "/")
    return checksum, path.removeprefix("./").removeprefix("/")

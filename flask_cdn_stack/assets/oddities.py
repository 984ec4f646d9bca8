"""Finds files whose first bytes do not match their names. They are published, with a warning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

#: Most files of one kind that a warning names; the rest are counted.
MAX_NAMED = 10

#: Warnings by kind.
ODDITIES = {
    "lfs": "pointers of Git LFS, and not the files themselves; run `git lfs pull`",
    "annex": "pointers of git-annex, and not the files themselves; run `git annex get`",
    "empty": "empty, though their names say otherwise",
    "page": "HTML pages, though their names say otherwise; perhaps saved error pages",
    "merge": "left with merge markers",
    "source": "source code of an app or templates of its pages, which everybody could read",
}

_LFS = b"version https://git-lfs.github.com/spec/"
_ANNEX = b"/annex/objects/"
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*+<(?:!doctype html|html)\b", re.IGNORECASE)
_OURS, _THEIRS = b"<<<<<<< ", re.compile(rb"(?m)^>>>>>>> ")

# Extensions of files that are never empty, and never an HTML page.
_BINARY = {
    *("png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "bmp", "woff", "woff2", "ttf", "otf", "eot"),
    *("mp3", "mp4", "webm", "ogg", "wav", "pdf", "wasm", "zip", "gz"),
}
_TEXT = {"js", "mjs", "cjs", "css", "json", "map", "webmanifest", "svg", "xml"}
_SOURCES = {"py", "pyc", "pyo", "j2", "jinja", "jinja2"}


def find_oddity(file: str, head: bytes) -> str:
    """Return the kind of mismatch between a file's name and its first bytes, a key of :data:`ODDITIES`; empty for none.

    :param file: its path; the last extension counts.
    :param head: its first bytes; all of a short file.
    """
    suffix = file[file.rfind(".") + 1 :].lower()
    if suffix in _SOURCES:
        return "source"
    if not head:
        return "empty" if suffix in _BINARY else ""
    if head.startswith((_LFS, _ANNEX)):
        return "lfs" if head.startswith(_LFS) else "annex"
    if suffix in _BINARY or suffix in _TEXT:
        if head[:1] in b"< \t\r\n\xef" and _PAGE.match(head):
            return "page"
        if suffix in _TEXT and _OURS in head and _THEIRS.search(head):
            return "merge"
    return ""


def describe_oddities(found: Mapping[str, str], keys: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a warning for each kind of which files are published.

    :param found: the kind by file.
    :param keys: pairs of key and file, for each file that is published.
    """
    by_kind: dict[str, list[str]] = {}
    for key, file in keys:
        if file in found:
            by_kind.setdefault(found[file], []).append(key)
    for kind, what in ODDITIES.items():
        if names := by_kind.get(kind):
            more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
            yield f"Published, but {what}: {', '.join(names[:MAX_NAMED])}{more}."

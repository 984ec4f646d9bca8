"""Adds the files that this tool generates to ``.gitignore``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..config_file import replace_file
from ..errors import LocalFileError
from ..regular_files import read_regular
from ..release.provenance import find_checkout

#: Largest ``.gitignore``, in bytes, that is read.
MAX_BYTES = 1024 * 1024

_NAME = ".gitignore"


def find_unignored(folder: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names for which no ``.gitignore`` of the Git checkout has a line; empty outside of a checkout.

    A line that includes a name again with ``!`` counts, too.

    :param names: files and folders below the folder; those of folders end in a slash.
    :raises LocalFileError: a ``.gitignore`` cannot be read.
    """
    root = find_checkout(folder)
    if root is None:
        return ()
    said = set(_said(folder, root))
    return tuple(name for name in names if name.rstrip("/") not in said)


def add_ignored(folder: Path, names: Sequence[str]) -> Path:
    """Add names to the folder's ``.gitignore``, with the line endings that it has, and return the file.

    :raises LocalFileError: the file cannot be read or written.
    """
    file = folder / _NAME
    text = _read(file)
    end = "\r\n" if "\r\n" in text else "\n"
    start = text if not text or text.endswith("\n") else text + end
    replace_file(file, start + "".join(name + end for name in names))
    return file


def _said(folder: Path, root: Path) -> Iterator[str]:
    """Yield the patterns of all lines, relative to the folder."""
    for place in (folder, *folder.parents):
        below = folder.relative_to(place).as_posix()
        for line in _read(place / _NAME).splitlines():
            pattern = line.strip().removeprefix("!").removeprefix("**/").strip("/")
            yield pattern.removeprefix(f"{below}/")
        if place == root:
            return


def _read(file: Path) -> str:
    try:
        return read_regular(file, MAX_BYTES).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise LocalFileError.unreadable(str(file), error) from error

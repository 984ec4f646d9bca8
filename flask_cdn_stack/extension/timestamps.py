"""The modification time of a static file, found in the folder of its own endpoint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from stat import S_ISREG

from werkzeug.security import safe_join


def find_file(folders: Sequence[str], filename: str) -> tuple[str, os.stat_result] | None:
    """Return the path of a file in the first folder that has it, and what the file system says of it.

    None where it is missing, not a file, or outside the folders.
    """
    for folder in folders:
        path = safe_join(folder, filename)
        if path is None:
            continue
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            continue
        if S_ISREG(found.st_mode):
            return path, found
    return None


def read_mtime(folders: Sequence[str], filename: str) -> str:
    """Return when a file was changed, in whole seconds since 1970, cut off as Flask-CDN does; empty without a file."""
    found = find_file(folders, filename)
    return str(int(found[1].st_mtime)) if found else ""

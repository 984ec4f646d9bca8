"""Finds the file of cached hashes in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path


def find_hashes_file(project: Path) -> Path | None:
    """Return the file in which the hashes of a project's files are cached; None if the user has no home directory."""
    folder = _find_cache_folder()
    if folder is None:
        return None
    name = hashlib.sha256(str(project.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return folder / "flask-cdn-stack" / f"{name}.json"


def _find_cache_folder() -> Path | None:
    if named := os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"):
        return Path(named)
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache")

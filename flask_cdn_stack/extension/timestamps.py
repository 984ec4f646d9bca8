"""The modification time of a static file, found in the folder of its own endpoint."""

from __future__ import annotations

import os
from stat import S_ISREG
from typing import TYPE_CHECKING

from werkzeug.security import safe_join

if TYPE_CHECKING:
    from flask import Flask


def find_static_folder(app: Flask, endpoint: str) -> str | None:
    """Return the folder that the app or one of its blueprints serves at ``endpoint``; None where none is known."""
    if endpoint == "static":
        return app.static_folder
    name, _, last = endpoint.rpartition(".")
    blueprint = app.blueprints.get(name) if last == "static" else None
    return blueprint.static_folder if blueprint else None


def find_file(folder: str, filename: str) -> tuple[str, os.stat_result] | None:
    """Return the path of a file and what the file system says of it.

    None where it is missing, not a file, or outside the folder.
    """
    path = safe_join(folder, filename)
    if path is None:
        return None
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (path, found) if S_ISREG(found.st_mode) else None


def read_mtime(folder: str, filename: str) -> str:
    """Return when a file was changed, in whole seconds since 1970, cut off as Flask-CDN does; empty without a file."""
    found = find_file(folder, filename)
    return str(int(found[1].st_mtime)) if found else ""

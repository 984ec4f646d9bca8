"""Finds the folders of an app's static endpoints, and files in them.

Flask's ``static_folder`` is one folder. With Flask-MultiStatic, which CKAN uses, it is a list, and its
``send_static_file`` sends the first file that it finds.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def find_static_folders(app: Flask, endpoint: str) -> tuple[tuple[str, ...], str]:
    """Return the folders that the app or a blueprint serves at ``endpoint``, and the reason if they are not known.

    Of several folders, the first that has a file serves it. If both are empty, the endpoint has no static folder.
    """
    name, dot, last = endpoint.rpartition(".")
    owner: Any = app.blueprints.get(name) if dot else app
    if last != "static" or owner is None:
        return (), ""
    try:
        return _read_folders(owner, app.root_path)
    except Exception as error:
        return (), f"its static_folder cannot be read: {type(error).__name__}: {error}"


def _read_folders(owner: Any, root_path: str) -> tuple[tuple[str, ...], str]:
    value = owner.static_folder
    if value is None:
        return (), ""
    if not owner.has_static_folder:
        return (), "its has_static_folder says that there is none"
    is_list = isinstance(value, list | tuple)
    if is_list and _is_flasks(owner.send_static_file):
        return (), "its static_folder is a list, which Flask's own send_static_file does not take"
    try:
        # A werkzeug proxy of a str is an instance of str, but os.fspath refuses it. Relative paths start at the app's
        # root path, as in Flask's send_from_directory.
        texts = [str(each) if isinstance(each, str) else os.fspath(each) for each in (value if is_list else [value])]
        return tuple(os.path.join(root_path, text) for text in texts), ""
    except TypeError:
        return (), f"its static_folder is of the type {type(value).__name__}"


def _is_flasks(function: object) -> bool:
    return getattr(function, "__module__", "").partition(".")[0] == "flask"


def find_file(folders: Sequence[str], filename: str) -> tuple[str, os.stat_result] | None:
    """Return the path and the ``os.stat`` result of a file in the first folder that has it.

    None if it is missing, not a regular file, or outside the folders.
    """
    from werkzeug.security import safe_join  # the command line does not need it

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
    """Return a file's modification time in whole seconds since 1970, rounded down as in Flask-CDN; empty without it."""
    found = find_file(folders, filename)
    return str(int(found[1].st_mtime)) if found else ""

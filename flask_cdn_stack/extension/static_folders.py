"""The folders of an app's static endpoints, whatever an app makes of ``static_folder``.

Flask's own is one folder. Flask-MultiStatic, and with it CKAN, have a list, which their ``send_static_file`` goes
through until a file is found.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from flask import Blueprint, Flask


class StaticFolders(NamedTuple):
    """What an endpoint serves from: the first that has a file. ``problem`` says why none is known."""

    paths: tuple[str, ...] = ()
    problem: str = ""


def find_owner(app: Flask, endpoint: str) -> Flask | Blueprint | None:
    """Return whose static endpoint this is, the app's or a blueprint's; None for any other."""
    name, dot, last = endpoint.rpartition(".")
    if last != "static":
        return None
    return app.blueprints.get(name) if dot else app


def find_static_folders(app: Flask, endpoint: str) -> StaticFolders:
    """Return the folders that the app or one of its blueprints serves at ``endpoint``."""
    owner = find_owner(app, endpoint)
    if owner is None:
        return StaticFolders()
    try:
        return _read_folders(owner, app.root_path)
    except Exception as error:
        return StaticFolders(problem=f"its static_folder cannot be read: {type(error).__name__}: {error}")


def _read_folders(owner: Flask | Blueprint, root_path: str) -> StaticFolders:
    value: Any = owner.static_folder
    if value is None:
        return StaticFolders()
    if not owner.has_static_folder:
        return StaticFolders(problem="its has_static_folder says that there is none")
    is_list = isinstance(value, list | tuple)
    if is_list and _is_flasks(owner.send_static_file):
        return StaticFolders(problem="its static_folder is a list, which Flask's own send_static_file does not take")
    try:
        # A proxy of a text is one too, and no path. Flask's send_from_directory starts at the app's root path.
        texts = [str(each) if isinstance(each, str) else os.fspath(each) for each in (value if is_list else [value])]
        return StaticFolders(tuple(os.path.join(root_path, text) for text in texts))
    except TypeError:
        return StaticFolders(problem=f"its static_folder is of the type {type(value).__name__}")


def _is_flasks(function: object) -> bool:
    return getattr(function, "__module__", "").partition(".")[0] == "flask"

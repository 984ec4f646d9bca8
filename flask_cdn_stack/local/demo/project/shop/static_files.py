"""The app's own static files, for the list on the front page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from flask import Flask


class StaticFile(NamedTuple):
    """What ``url_for`` needs to name a file."""

    endpoint: str
    filename: str


def list_static_files(app: Flask) -> list[StaticFile]:
    """List the files of the app and of every blueprint."""
    folders = {"static": app.static_folder}
    folders |= {f"{name}.static": blueprint.static_folder for name, blueprint in app.blueprints.items()}
    return [file for endpoint, folder in folders.items() if folder for file in _files(endpoint, Path(folder))]


def _files(endpoint: str, folder: Path) -> Iterator[StaticFile]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield StaticFile(endpoint, path.relative_to(folder).as_posix())

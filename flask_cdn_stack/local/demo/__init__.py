"""The sample project that the demo command publishes: a small shop."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def copy_project(folder: Path) -> Path:
    """Copy the project, settings file included, into ``folder`` and return it. The folder is made when missing."""
    _copy(files(__name__).joinpath("project"), folder)
    return folder


def _copy(source: Traversable, target: Path) -> None:
    if source.is_file():
        target.write_bytes(source.read_bytes())
    elif source.name != "__pycache__":
        target.mkdir(parents=True, exist_ok=True)
        for child in source.iterdir():
            _copy(child, target / child.name)

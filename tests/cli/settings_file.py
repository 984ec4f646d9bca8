"""The project's settings file, as a user changes it."""

from __future__ import annotations

from pathlib import Path

from flask_cdn_stack.settings.load import FILE_NAME


def add_settings(folder: Path, text: str) -> None:
    """Add lines to the settings of a project."""
    with (folder / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")

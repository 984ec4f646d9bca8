"""Creates this tool's own folder beside the settings file, with a ``.gitignore`` that hides it from Git."""

from __future__ import annotations

from pathlib import Path

from ..errors import LocalFileError
from ..naming import OWN_FOLDER


def make_own_folder(project: Path, hint: str) -> Path:
    """Return the folder, after creating it if it is missing.

    :param hint: the error's hint, if it cannot be created.
    :raises LocalFileError: the folder cannot be created.
    """
    folder = project / OWN_FOLDER
    ignore = folder / ".gitignore"
    try:
        folder.mkdir(exist_ok=True)
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8", newline="\n")
    except OSError as error:
        raise LocalFileError(f"{error.filename} cannot be written: {error.strerror}.", hint) from error
    return folder

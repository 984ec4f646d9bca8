"""The folder beside the settings that is this tool's own, and that git does not see."""

from __future__ import annotations

from pathlib import Path

from ..errors import LocalFileError
from ..naming import OWN_FOLDER


def make_own_folder(project: Path, hint: str) -> Path:
    """Return the folder, made where it is missing.

    :param hint: what to do where it cannot be made.
    :raises LocalFileError: it cannot be.
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

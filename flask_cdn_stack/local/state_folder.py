"""The folder in which a local AWS keeps its state: one at a time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

from ..errors import CDNStackError


def lock_folder(folder: Path) -> IO[bytes]:
    """Take a state folder, for as long as the returned file is open in any process.

    :raises CDNStackError: it is taken, or cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / "lock", "ab")  # noqa: SIM115
    except OSError as error:
        raise CDNStackError(f"The state folder {folder} cannot be used: {error.strerror}.") from error
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        if not isinstance(error, BlockingIOError | PermissionError):
            raise CDNStackError(f"The state folder {folder} cannot be locked: {error.strerror}.") from error
        raise CDNStackError(
            f"The state folder {folder} is in use: another local AWS keeps its state there.",
            "End that one first, or choose another folder with --state.",
        ) from error
    return file


def state_settings(folder: Path) -> dict[str, str]:
    """Return the variables that let the local AWS keep its state in a folder."""
    return {
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "objects"),
    }

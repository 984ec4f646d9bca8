"""Hashes of files that a run leaves to later ones."""

from __future__ import annotations

import json
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from ..json_text import encode_table
from ..regular_files import read_regular
from .hashes import MAX_FILE_BYTES, FileHash
from .secrets import RULES

_CHECKSUM = re.compile(r"[0-9a-f]{64}")


def load_hashes(path: Path) -> dict[str, FileHash]:
    """Return the hashes that an earlier run wrote; none where there are none, or they are damaged.

    Those of a version that knew other secrets by their first bytes are not believed either.
    """
    try:
        saved = json.loads(read_regular(path, MAX_FILE_BYTES))
        files = saved["files"] if saved["rules"] == RULES else {}
        return {file: _read_entry(entry) for file, entry in files.items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return {}


def _read_entry(entry: object) -> FileHash:
    match entry:
        case [str(sha), int(size), int(mtime), int(ctime), int(inode), bool(secret)] if _CHECKSUM.fullmatch(sha):
            return FileHash(sha, size, mtime, ctime, inode, secret)
    raise ValueError(f"{entry!r} is no hash")


def save_hashes(path: Path, hashes: dict[str, FileHash]) -> None:
    """Write hashes for later runs, in one step; a folder that cannot be written to is done without."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError:
        return
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f'{{"rules":{RULES},"files":')
            file.writelines(encode_table(hashes.items()))
            file.write("}")
        os.replace(name, path)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(name)
        if not isinstance(error, OSError):
            raise

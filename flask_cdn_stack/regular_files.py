"""Reads files that a user names: only regular ones, because a pipe or a device may never end."""

from __future__ import annotations

import errno
import os
from os import PathLike
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from io import BufferedReader

_Path: TypeAlias = str | PathLike[str]

# With this flag, opening a pipe that nobody writes to does not block.
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)


class NotRegularError(OSError):
    """The path is not a regular file."""


def open_regular(path: _Path) -> BufferedReader:
    """Open a regular file for reading.

    :raises NotRegularError: it is not a regular file.
    :raises OSError: it cannot be opened.
    """
    # Checked before, because opening a device may trigger it, and after, because the file may have been replaced.
    check_regular(os.stat(path))
    file = open(path, "rb", opener=open_at_once)  # noqa: SIM115
    try:
        check_regular(os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: _Path, max_bytes: int) -> bytes:
    """Return the bytes of a regular file.

    :param max_bytes: the largest size to read.
    :raises NotRegularError: it is not a regular file.
    :raises OSError: it is larger, or cannot be read.
    """
    with open_regular(path) as file:
        # Not more than the file's size, because read() allocates as much as it is asked for.
        data = file.read(min(os.fstat(file.fileno()).st_size, max_bytes) + 1)
        if len(data) > max_bytes:
            from .quantities import count

            raise OSError(errno.EFBIG, f"it is larger than {count(max_bytes, 'byte')}")
        return data


def open_at_once(path: str, flags: int) -> int:
    """Open a file without blocking, as the ``opener`` of :func:`open`."""
    return os.open(path, flags | _AT_ONCE)


def check_regular(found: os.stat_result) -> None:
    """Check that the result of ``os.stat`` is that of a regular file.

    :raises NotRegularError: it is not.
    """
    if S_ISDIR(found.st_mode):
        raise NotRegularError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not S_ISREG(found.st_mode):
        raise NotRegularError(errno.EINVAL, "it is a pipe, a socket or a device")

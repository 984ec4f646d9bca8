"""Files that are none, and files that are too large."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from flask_cdn_stack.regular_files import NotRegularError, open_at_once, open_regular, read_regular


def _make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (os.mkfifo, "a pipe"),
        (_make_socket, "a socket"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
        (Path.mkdir, "Is a directory"),
    ],
)
def test_what_is_no_regular_file(tmp_path: Path, make: Callable[[Path], object], words: str) -> None:
    """Is not waited for, and neither is what leads to it."""
    make(tmp_path / "odd")
    (tmp_path / "link").symlink_to("odd")

    for name in ("odd", "link"):
        with pytest.raises(NotRegularError) as caught:
            open_regular(tmp_path / name)
        assert words in (caught.value.strerror or "")


def test_a_pipe_that_comes_after_the_look(tmp_path: Path) -> None:
    """Is opened at once, and ends at once."""
    os.mkfifo(tmp_path / "pipe")
    with open(tmp_path / "pipe", "rb", opener=open_at_once) as pipe:
        assert pipe.read() == b""


def test_reading(tmp_path: Path) -> None:
    """Gives the bytes, up to as many as are wanted at most."""
    (tmp_path / "file").write_bytes(b"12345")

    assert read_regular(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_regular(tmp_path / "file", 4)

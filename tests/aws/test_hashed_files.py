"""Large files as they are hashed and read: the promised bytes, or others with another checksum."""

from __future__ import annotations

import hashlib
import os
from io import SEEK_END
from pathlib import Path

import pytest

from flask_cdn_stack.aws.hashed_files import HashedFile, open_hashed
from flask_cdn_stack.aws.uploads import PART_BYTES, STREAMED_BYTES
from tests.aws.test_storage import plan


def read_all(file: HashedFile, part: int | None = None) -> bytes:
    """Read as http.client does."""
    body = file.body(part)
    return b"".join(iter(lambda: body.read(16384), b""))


@pytest.mark.parametrize("size", [0, 1, STREAMED_BYTES, STREAMED_BYTES + 3])
def test_a_file_at_rest(tmp_path: Path, size: int) -> None:
    """Is hashed whole, and by its parts where it is sent so; both give the same bytes."""
    data = os.urandom(size)
    with open_hashed(plan(tmp_path / "a", "a", data)) as file:
        parts = [read_all(file, part) for part in range(len(file.parts))]

        assert (file.size, file.checksum) == (size, hashlib.sha256(data).hexdigest())
        assert len(parts) == (-(-size // PART_BYTES) if size > STREAMED_BYTES else 0)
        assert b"".join(parts) == (data if parts else b"")
        assert [hashlib.sha256(part).hexdigest() for part in parts] == list(file.parts)
        assert read_all(file) == file.body().read() == data
        assert not file.has_changed


def test_a_body_that_is_sent_again(tmp_path: Path) -> None:
    """Begins where botocore wants it to."""
    with open_hashed(plan(tmp_path / "a", "a", b"0123456789")) as file:
        body = file.body()
        assert (body.seek(0, SEEK_END), body.read(), body.seek(4), body.tell()) == (10, b"", 4, 4)
        assert body.read() == b"456789"


def test_a_file_that_changes(tmp_path: Path) -> None:
    """Gives as many bytes as it had, and is known to have changed."""
    path = tmp_path / "a"
    with open_hashed(plan(path, "a", b"0123456789")) as file:
        os.truncate(path, 4)
        assert read_all(file) == b"0123" + bytes(6)
        path.write_bytes(b"0123456789, and more")
        assert read_all(file) == b"0123456789"
        assert file.has_changed

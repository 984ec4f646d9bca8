"""Compression that gives the same bytes on every run, and only where it pays."""

from __future__ import annotations

import gzip
import random
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_cdn_stack.assets.compression import (
    GZIP_MARK,
    LEAST_SAVING,
    compress,
    compress_file,
    is_compressed_type,
    is_gzip,
    saves_enough,
)
from flask_cdn_stack.assets.media_types import MEDIA_TYPES
from flask_cdn_stack.errors import AssetReadError

TEXT = b"body { color: black }\n" * 100


def make_noise(size: int) -> bytes:
    return random.Random(0).randbytes(size)


@given(data=st.binary(max_size=2000) | st.text("ab ", max_size=3000).map(str.encode))
def test_nothing_is_lost(data: bytes) -> None:
    """What is compressed is the same when it is unpacked, and smaller by 5 % at least."""
    packed = compress(data)
    if packed is not None:
        assert gzip.decompress(packed) == data
        assert len(packed) <= len(data) * (1 - LEAST_SAVING)


def test_the_bytes_depend_on_the_data_alone(tmp_path: Path) -> None:
    """Neither on the time, nor on the name, nor on the machine: RFC 1952 has fields for all of them."""
    first = compress(TEXT)
    time.sleep(1.1)

    assert first is not None
    assert compress(TEXT) == first
    assert first[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    packed = zlib.compressobj(9, wbits=-15)
    body = packed.compress(TEXT) + packed.flush()
    assert first[10:] == body + zlib.crc32(TEXT).to_bytes(4, "little") + len(TEXT).to_bytes(4, "little")
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(TEXT)
        compress_file(str(tmp_path / name), tmp_path / f"{name}.gz")
        assert (tmp_path / f"{name}.gz").read_bytes() == first


@pytest.mark.parametrize(
    ("data", "pays"),
    [
        pytest.param(b"", False, id="empty"),
        pytest.param(TEXT, True, id="text"),
        pytest.param(make_noise(5000), False, id="noise"),
        pytest.param(make_noise(5000) + bytes(200), False, id="noise with 3.8 % of nothing"),
        pytest.param(make_noise(5000) + bytes(400), True, id="noise with 7.4 % of nothing"),
        pytest.param(gzip.compress(TEXT, mtime=0), False, id="gzip"),
        pytest.param(GZIP_MARK + TEXT, False, id="begins as gzip does"),
    ],
)
def test_what_pays(tmp_path: Path, data: bytes, pays: bool) -> None:
    """5 % and more; what is compressed is never compressed twice, even if it would get smaller."""
    file = tmp_path / "a"
    file.write_bytes(data)

    assert (compress(data) is not None) == pays
    assert is_gzip(str(file)) == data.startswith(GZIP_MARK)
    if not is_gzip(str(file)):
        compress_file(str(file), tmp_path / "a.gz")
        assert saves_enough(str(file), tmp_path / "a.gz") == pays
        assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == data


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ("css js json map svg html txt xml wasm ico bmp wav ttf otf eot webmanifest", False),
        ("png jpg gif webp avif mp4 webm mp3 woff woff2 zip gz jar docx xlsx pptx 7z bz2 xz zst apk", True),
    ],
)
def test_types(extensions: str, expected: bool) -> None:
    """Formats that are compressed by themselves, whatever stands behind their name and in whatever case."""
    for extension in extensions.split():
        kind = MEDIA_TYPES[extension]
        assert is_compressed_type(kind) is expected, kind
        assert is_compressed_type(f"{kind.upper()} ; a=b") is expected, kind
    assert not is_compressed_type("")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Are named; so is one whose copy cannot be written."""
    (tmp_path / "a").write_bytes(TEXT)
    for call in (is_gzip, lambda file: compress_file(file, tmp_path / "x")):
        with pytest.raises(AssetReadError, match=r"absent cannot be .*: No such file"):
            call(str(tmp_path / "absent"))
    with pytest.raises(AssetReadError, match="cannot be compressed: Is a directory"):
        compress_file(str(tmp_path / "a"), tmp_path)

"""Checksums and headers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from flask_cdn_stack.assets.collect import Asset
from flask_cdn_stack.assets.fingerprint import QUERY_CACHE_CONTROL, Headers, fingerprint_assets, hash_file
from flask_cdn_stack.errors import AssetReadError
from tests.conftest import write_files


def asset(folder: Path, key: str) -> Asset:
    return Asset(key=key, url_path=key, endpoint="static", file=str(folder / key))


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (b"a" * 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ],
    ids=["empty", "abc", "million"],
)
def test_known_checksums(tmp_path: Path, data: bytes, checksum: str) -> None:
    """The examples of FIPS 180-4."""
    write_files(tmp_path, {"file": data})

    assert hash_file(str(tmp_path / "file")) == (checksum, len(data))


def test_a_file_of_several_blocks(tmp_path: Path) -> None:
    """Read block by block, hashed as one."""
    data = bytes(range(256)) * 10_000
    write_files(tmp_path, {"file": data})

    assert hash_file(str(tmp_path / "file")) == (hashlib.sha256(data).hexdigest(), len(data))


@pytest.mark.parametrize(
    ("name", "problem"),
    [("absent.css", "No such file or directory"), (".", "Is a directory")],
    ids=["absent", "folder"],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, problem: str) -> None:
    """Its name, and what to do."""
    with pytest.raises(AssetReadError, match=problem) as caught:
        fingerprint_assets([asset(tmp_path, name)])

    assert caught.value.exit_code == 1
    assert str(tmp_path / name) in caught.value.message
    assert "exclude it" in caught.value.hint


def test_assets_keep_their_order(tmp_path: Path) -> None:
    """However many are hashed at once; each has its headers, and each is counted."""
    write_files(tmp_path, {f"{number}.css": str(number) * 1000 * (9 - number) for number in range(9)})
    done: list[int] = []
    hashed = fingerprint_assets(
        (asset(tmp_path, f"{number}.css") for number in range(9)), {"3.css": "text/x"}, done.append, workers=3
    )

    assert [item.key for item in hashed] == [f"{number}.css" for number in range(9)]
    assert done == list(range(1, 10))
    for item in hashed:
        data = Path(item.file).read_bytes()
        assert (item.checksum, item.size) == (hashlib.sha256(data).hexdigest(), len(data))
        kind = "text/x" if item.key == "3.css" else "text/css; charset=utf-8"
        assert item.headers == Headers(kind, QUERY_CACHE_CONTROL)


def test_headers_have_an_id() -> None:
    """It is kept in the bucket's record, so it must not change from version to version."""
    assert Headers("text/css; charset=utf-8", QUERY_CACHE_CONTROL).id == "ba62e790aac5"
    ids = {Headers(kind, control).id for kind in ("a/b", "a/c") for control in ("x", "y")}
    assert len(ids) == 4


def test_browsers_ask_again_in_query_mode() -> None:
    """The edge is invalidated, a browser is not: it may keep a plainly named file for an hour at most."""
    assert QUERY_CACHE_CONTROL == "public, max-age=3600, s-maxage=31536000"

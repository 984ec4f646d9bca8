"""The hashes that a run leaves to later ones: written whole or not at all, and believed only where they make sense."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_cdn_stack.assets.hashes import FileHash
from flask_cdn_stack.assets.known_hashes import KnownHashes, load_hashes, save_hashes
from flask_cdn_stack.assets.oddities import ODDITIES

OTHER = "0" * 64

HEAD = b'{"rules": 2, "world": "", "warnings": []}\n'


def save(files: str) -> bytes:
    """Return what is saved of files, as far as that is right."""
    return HEAD + f'{{"files": {files}}}\n'.encode()


_ENTRIES = st.builds(
    FileHash,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    *[st.integers(0, 2**63 - 1)] * 2,
    st.integers(-(2**62), 2**63 - 1),
    st.integers(0, 2**64 - 1),
    st.booleans(),
    st.sampled_from(["", *ODDITIES]),
)


@settings(max_examples=40)
@given(hashes=st.dictionaries(st.text(), _ENTRIES, max_size=5))
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, hashes: dict[str, FileHash]) -> None:
    """Whatever the paths are, bytes that are no text included."""
    path = tmp_path_factory.getbasetemp() / "saved/hashes.json"
    hashes["/static/\udce9.js"] = FileHash(OTHER, 1, 2, 3, 4)
    save_hashes(path, KnownHashes(hashes))

    assert load_hashes(path).files == hashes
    assert [file.name for file in path.parent.iterdir()] == ["hashes.json"]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"3", b'"text"', b"\xff\xfe{}", b"[" * 100_000, b'{"a":' * 100_000),
        *(b'{"rules": 2}', b'{"rules": 2, "world": "", "warnings": [1]}', HEAD[:-3], HEAD + b"[]"),
        *(save(part) for part in ("{", '{"a": 1}', '{"a": {}}', '{"a": []}', '{"a": "abcde"}', '{"a": null}')),
        save(f'{{"a": ["{OTHER}", 1, 2, 3, false, ""]}}'),
        save(f'{{"a": ["{OTHER}", 1, 2, 3, 1e999, false, ""]}}'),
        save(f'{{"a": ["{OTHER}", 1, 2, 3, "4", false, ""]}}'),
        save(f'{{"a": ["{OTHER}", 1, 2, 3, 4, 0, ""]}}'),
        save(f'{{"a": ["{OTHER}", 1, 2, 3, 4, false, "strange"]}}'),
        save(f'{{"a": ["{OTHER[:-1]}", 1, 2, 3, 4, false, ""]}}'),
        save(f'{{"a": ["{OTHER[:-1]}/", 1, 2, 3, 4, false, ""]}}'),
        save(f'{{"good": ["{OTHER}", 1, 2, 3, 4, false, ""], "bad": 0}}'),
    ],
)
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    """Says nothing, as one of another program does, or of another version, and is replaced."""
    path = tmp_path / "hashes.json"
    path.write_bytes(content)

    assert load_hashes(path) == KnownHashes()
    assert load_hashes(tmp_path) == load_hashes(tmp_path / "absent") == KnownHashes()
    save_hashes(path, KnownHashes({"a": FileHash(OTHER, 1, 2, 3, 4)}))
    assert load_hashes(path).files == {"a": FileHash(OTHER, 1, 2, 3, 4)}


def test_many_files(tmp_path: Path) -> None:
    """Take several lines, and are all there again."""
    many = {f"{number}.js": FileHash(OTHER, number, 2, 2, 4) for number in range(2500)}
    save_hashes(tmp_path / "hashes.json", KnownHashes(many))
    assert (tmp_path / "hashes.json").read_text().count("\n") == 4
    assert load_hashes(tmp_path / "hashes.json").files == many
    (tmp_path / "hashes.json").write_bytes(save(f'{{"a": ["{OTHER}", 1, 2, 3, 4, false, ""]}}'))
    assert load_hashes(tmp_path / "hashes.json").files == {"a": FileHash(OTHER, 1, 2, 3, 4)}


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    """Is done without."""
    file = tmp_path / "a.js"
    file.touch()
    save_hashes(file / "folder/hashes.json", KnownHashes({}))
    (tmp_path / "hashes.json").mkdir()
    save_hashes(tmp_path / "hashes.json", KnownHashes({}))

    assert {path.name for path in tmp_path.iterdir()} == {"a.js", "hashes.json"}


def test_a_full_disk(tmp_path: Path) -> None:
    """What was saved before stays, and no part of the new is left."""
    path = tmp_path / "hashes.json"
    before = {"a": FileHash(OTHER, 1, 2, 3, 4)}
    save_hashes(path, KnownHashes(before))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        save_hashes(path, KnownHashes({str(number): FileHash(OTHER, 1, 2, 3, 4) for number in range(1000)}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert load_hashes(path).files == before
    assert [file.name for file in tmp_path.iterdir()] == ["hashes.json"]

"""Files hashed once: what is remembered, what is believed, and what happens to files that do not stay as they are."""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from flask_cdn_stack.assets.hashes import MAX_FILE_BYTES, SETTLED_SECONDS, FileHash, FileHashes, check_size, hash_file
from flask_cdn_stack.errors import AssetError, AssetReadError
from tests.conftest import wait_until

OTHER = "0" * 64
MEBIBYTE = 1024 * 1024


def later() -> float:
    """A time at which nothing that a test has written is new any more."""
    return time.time() + 60


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def remember(file: Path, checksum: str = OTHER) -> FileHash:
    """What an earlier run knows of a file, with a checksum that gives away that it was believed."""
    status = file.stat()
    return FileHash(checksum, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def make_file(folder: Path, data: bytes = b"data", name: str = "a.js") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def test_a_file_of_several_blocks(tmp_path: Path) -> None:
    """Read block by block, hashed as one; and whole, where its bytes are wanted."""
    data = bytes(range(256)) * 10_000
    file = str(make_file(tmp_path, data))
    hashes = FileHashes()

    assert hashes.hash(file)[:2] == (sha256(data), len(data))
    assert hashes.peek(file) is None
    assert hashes.read(file) == (data, hashes.hash(file))


@pytest.mark.parametrize(("name", "problem"), [("absent.css", "No such file"), (".", "Is a directory")])
def test_what_cannot_be_read(tmp_path: Path, name: str, problem: str) -> None:
    """Its name, and what to do; alone and among others."""
    file = str(tmp_path / name)
    many = [str(make_file(tmp_path, b"", f"{number}.js")) for number in range(200)]
    for call in (FileHashes().hash, FileHashes().read, lambda file: FileHashes().hash_all([*many, file])):
        with pytest.raises(AssetReadError, match=problem) as caught:
            call(file)

        assert caught.value.exit_code == 1
        assert file in caught.value.message
        assert "exclude it" in caught.value.hint


def test_what_did_not_change_is_believed(tmp_path: Path) -> None:
    """Without being read; after that, this run believes it too, whatever becomes of the file."""
    file = make_file(tmp_path)
    hashes = FileHashes({str(file): remember(file)}, later)
    hashes.hash_all([str(file)])

    assert hashes.hash(str(file)).checksum == OTHER
    assert not hashes.is_new
    assert FileHashes({str(file): remember(file), "gone.js": remember(file)}, later).is_new
    file.unlink()
    assert hashes.hash(str(file)).checksum == OTHER


@pytest.mark.parametrize("field", ["size", "mtime", "ctime", "inode"])
def test_what_differs_in_anything_is_read(tmp_path: Path, field: str) -> None:
    """Each thing that the file system says counts by itself."""
    file = make_file(tmp_path)
    known = remember(file)
    hashes = FileHashes({str(file): known._replace(**{field: getattr(known, field) + 1})}, later)

    assert hashes.find(str(file)) is None
    assert hashes.hash(str(file)).checksum == sha256(b"data")
    assert hashes.is_new


def test_another_path(tmp_path: Path) -> None:
    """Is another file, though it may have the same inode."""
    file = make_file(tmp_path)
    os.link(file, tmp_path / "b.js")
    hashes = FileHashes({str(file): remember(file)}, later)

    assert hashes.hash(str(tmp_path / "b.js")).checksum == sha256(b"data")
    assert hashes.hash(str(file)).checksum == OTHER


@pytest.mark.parametrize(
    "change",
    [lambda file: file.write_bytes(b"DATA"), lambda file: os.replace(make_file(file.parent, b"DATA", "new"), file)],
    ids=["overwritten", "replaced"],
)
def test_times_that_are_set_back(tmp_path: Path, change: Callable[[Path], object]) -> None:
    """As builds do that give every file one time: the change is noticed nevertheless."""
    file = make_file(tmp_path)
    os.utime(file, ns=(0, 10**18))
    hashes = FileHashes(now=later)
    hashes.hash(str(file))
    change(file)
    os.utime(file, ns=(0, 10**18))

    assert FileHashes(hashes.lasting).hash(str(file)).checksum == sha256(b"DATA")


@pytest.mark.parametrize(
    ("seconds", "lasts", "mtime"),
    [(0, False, 2 * 10**18), (SETTLED_SECONDS - 0.1, False, None), (SETTLED_SECONDS, True, 10**18)],
)
def test_a_file_that_was_just_written(tmp_path: Path, seconds: float, lasts: bool, mtime: int | None) -> None:
    """May change again without another time: a later run does not believe what was found."""
    file = make_file(tmp_path)
    if mtime:
        os.utime(file, ns=(0, mtime))
    status = file.stat()
    written = max(status.st_mtime_ns, status.st_ctime_ns) / 1e9
    hashes = FileHashes(now=lambda: written + seconds + 1e-6)
    hashes.hash_all([str(file)])

    assert (str(file) in hashes.lasting) == lasts
    assert hashes.is_new == lasts
    assert hashes.hash(str(file)).checksum == sha256(b"data")


def test_the_clock_is_asked_before_the_file(tmp_path: Path) -> None:
    """What is written between the two is in the hash, not behind its back."""
    file = make_file(tmp_path)

    def write_and_tell() -> float:
        file.write_bytes(b"DATA")
        return later()

    assert FileHashes(now=write_and_tell).hash(str(file)).checksum == sha256(b"DATA")


@pytest.mark.parametrize("act", ["append", "shrink", "overwrite"])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, act: str) -> None:
    """Is refused, rather than published as a mixture."""
    file = tmp_path / "big.bin"
    with file.open("wb") as stream:
        stream.truncate(96 * MEBIBYTE)
    started, ended = Event(), Event()

    def change() -> None:
        with file.open("r+b", buffering=0) as stream:
            for number in range(1, 10**6):
                if ended.is_set():
                    return
                if act == "shrink":
                    stream.truncate(96 * MEBIBYTE - number)
                else:
                    stream.seek(0, os.SEEK_END if act == "append" else os.SEEK_SET)
                    stream.write(b"x")
                started.set()
                time.sleep(0.001)

    thread = Thread(target=change)
    thread.start()
    try:
        assert started.wait(10)
        with pytest.raises(AssetReadError, match=r"big\.bin changed while it was being deployed") as caught:
            hash_file(str(file))
    finally:
        ended.set()
        thread.join()
    assert "at rest" in caught.value.hint


def test_memory(tmp_path: Path) -> None:
    """The bytes of small files are kept, 32 MiB at most, whichever thread read them; each is counted once."""
    files = []
    for number in range(130):
        files.append(str(make_file(tmp_path, b"", f"{number}.bin")))
        os.truncate(files[-1], MEBIBYTE + (number == 0))
    hashes = FileHashes(now=later)
    hashes.hash_all(files)
    kept = [data for file in files if (data := hashes.peek(file)) is not None]

    assert 0 < len(kept) <= 32
    assert hashes.peek(files[0]) is None
    hashes = FileHashes(now=later)
    for _ in range(40):
        hashes.read(files[1])
    hashes.read(files[2])
    assert hashes.peek(files[2]) == bytes(MEBIBYTE)


def test_many_files(tmp_path: Path) -> None:
    """Hashed by several threads, each once, in whatever number and order, twice named or not."""
    files = [str(make_file(tmp_path, str(number).encode() * 999, f"{number}")) for number in range(500)]
    read: list[float] = []
    hashes = FileHashes(now=lambda: read.append(0) or later())  # type: ignore[func-returns-value]
    hashes.hash_all([*files, *reversed(files)])

    assert {file: found.checksum for file, found in hashes.lasting.items()} == {
        file: sha256(Path(file).read_bytes()) for file in files
    }
    hashes.hash_all(files)
    assert len(read) == len(files)


def test_what_was_hashed_while_it_was_sent(tmp_path: Path) -> None:
    """Is believed if the file was looked at before and is the same afterwards."""
    file = make_file(tmp_path)
    hashes = FileHashes(now=later)
    hashes.watch(str(file))
    hashes.note(str(file), OTHER, 4)

    assert hashes.hash(str(file)) == remember(file)
    assert hashes.lasting == {str(file): remember(file)}


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_bytes(b"more data"),
        lambda file: file.unlink(),
        lambda file: os.replace(make_file(file.parent, b"DATA", "b"), file),
    ],
    ids=["other size", "gone", "another file"],
)
def test_what_changed_while_it_was_sent(tmp_path: Path, change: Callable[[Path], object]) -> None:
    """Is hashed again; the same goes for what nobody looked at before."""
    file = make_file(tmp_path)
    for is_watched in (True, False):
        hashes = FileHashes(now=later)
        if is_watched:
            hashes.watch(str(file))
            change(file)
        elif not file.exists():
            file.write_bytes(b"data")
        hashes.note(str(file), OTHER, 4)

        assert hashes.lasting == {}
        assert hashes.find(str(file)) is None


def test_files_that_are_too_large(tmp_path: Path) -> None:
    """Are refused before they are read: reading one takes minutes."""
    file = make_file(tmp_path)
    os.truncate(file, MAX_FILE_BYTES + 1)

    with pytest.raises(AssetError, match="50 GB at most"):
        FileHashes().size(str(file))
    with pytest.raises(AssetError, match="GiB, and CloudFront caches files of 50 GB at most") as caught:
        hash_file(str(file))

    assert caught.value.exit_code == 2
    assert "Exclude it" in caught.value.hint
    check_size(str(file), MAX_FILE_BYTES)


def test_reading_ahead(tmp_path: Path) -> None:
    """Saves reading later, of what is small and not known; what cannot be read is told when it is needed."""
    known, absent, large, small = (
        make_file(tmp_path, b"known", "known"),
        tmp_path / "absent",
        make_file(tmp_path, bytes(MEBIBYTE + 1), "large"),
        make_file(tmp_path, b"small", "small"),
    )
    hashes = FileHashes({str(known): remember(known)}, now=later)
    with hashes.reading_ahead(map(str, (known, absent, large, small))):
        assert wait_until(lambda: hashes.peek(str(small)))
        small.unlink()
        assert [hashes.size(str(file)) for file in (known, absent, large, small)] == [5, 0, MEBIBYTE + 1, 5]

    assert [hashes.peek(str(file)) for file in (known, absent, large)] == [None] * 3
    assert hashes.read(str(small), keep=False) == (b"small", hashes.find(str(small)))
    assert hashes.peek(str(small)) is None
    with pytest.raises(AssetReadError, match="absent cannot be read"):
        hashes.read(str(absent))


def test_reading_ahead_ends(tmp_path: Path) -> None:
    """With what is waited for, and when the memory for it is full, until some of it was given back."""
    files = [str(make_file(tmp_path, bytes(MEBIBYTE), f"{number}")) for number in range(40)]
    hashes = FileHashes(now=slow_clock())
    with hashes.reading_ahead(files):
        assert wait_until(lambda: hashes.peek(files[1]))
    assert [hashes.peek(file) is None for file in files[3:]] == [True] * 37

    hashes = FileHashes(now=later)
    for batch in (files[:20], files[20:]):
        with hashes.reading_ahead(batch):
            assert wait_until(lambda: sum(hashes.peek(file) is not None for file in files) == 16)
        for file in batch:
            hashes.read(file, keep=False)


def test_a_later_run_keeps_less(tmp_path: Path) -> None:
    """It knows most files, and what it finds to be the same is not uploaded."""
    files = [str(make_file(tmp_path, bytes(MEBIBYTE), f"{number}")) for number in range(5)]
    hashes = FileHashes({files[0]: FileHashes(now=later).hash(files[0])}, now=later)
    hashes.hash_all(files)
    assert sum(hashes.peek(file) is not None for file in files) == 2


def slow_clock() -> Callable[[], float]:
    """Return a clock that takes a moment from the third time on that it is looked at, as it is before each reading."""
    looks = itertools.count()

    def now() -> float:
        time.sleep(0.3 if next(looks) >= 2 else 0)
        return later()

    return now

"""Files on their way: sent while they are hashed, compressed where that pays, and never other than they were hashed."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask

from flask_cdn_stack.assets.collect import collect_assets
from flask_cdn_stack.assets.fingerprint import Builder
from flask_cdn_stack.assets.hashes import MAX_FILE_BYTES, FileHashes
from flask_cdn_stack.aws.uploads import (
    HELD_BYTES,
    PART_BYTES,
    STREAMED_BYTES,
    Sending,
    Upload,
    Uploaded,
    read_content,
)
from flask_cdn_stack.errors import AssetError, CDNStackError, PartialDeployError
from flask_cdn_stack.release.sending import (
    FEW_BYTES,
    FEW_FILES,
    EarlySending,
    FileSource,
    ObjectSending,
    make_upload,
)
from flask_cdn_stack.release.state import Claim, ObjectRecord, Removal, State
from flask_cdn_stack.release.store import read_state
from flask_cdn_stack.settings.model import Assets
from tests.conftest import write_files
from tests.release import publishing
from tests.release.fakes import MemoryBucket, RecordingDistribution, RecordingWatcher, digest, make_run

MANY = {f"{number:02}.js": f"file {number}" for number in range(FEW_FILES + 1)}
LARGE = STREAMED_BYTES + 1
SIZES = {"middle.bin": HELD_BYTES + 1, "large.bin": LARGE}


class FileBucket(MemoryBucket):
    """Reads what it is sent, as the bucket does; ``meet`` is called before each upload is prepared and sent.

    ``read_on`` is called after each part of a large one.
    """

    meet: Callable[[str, Sending], object] = staticmethod(lambda moment, sending: None)
    read_on: Callable[[], object] = staticmethod(lambda: None)

    def upload(
        self,
        sendings: Iterable[Sending],
        done: Callable[[Sending, Uploaded | CDNStackError], None],
        check: Callable[[], None] = lambda: None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        for sending in sendings:
            try:
                self.meet("prepare", sending)
                upload = sending.prepare()
                assert upload is not None
                self.meet("send", sending)
                done(sending, self.put(upload))
            except CDNStackError as error:
                done(sending, error)

    def put(self, upload: Upload) -> Uploaded:
        """Take an upload."""
        data, checksum = read_content(upload)
        if upload.body is None:
            self.read_on()
        self.objects[upload.key] = data
        return Uploaded(upload.key, digest(self.objects[upload.key]), None, checksum, len(self.objects[upload.key]))


def make_source(folder: Path, files: Mapping[str, str | bytes], **settings: Any) -> FileSource:
    """A release of files below ``static``."""
    write_files(folder / "static", files)
    hashes = FileHashes(now=lambda: time.time() + 60)
    app = Flask(__name__, root_path=str(folder))
    builder = Builder(collect_assets(app).assets, msgspec.convert(settings, Assets), hashes)
    return FileSource(builder, hashes)


def make_large(folder: Path, size: int = LARGE, name: str = "large.bin") -> Path:
    """A file of a size, without disk space."""
    file = folder / "static" / name
    write_files(folder, {f"static/{name}": "x"})
    os.truncate(file, size)
    return file


def publish(bucket: FileBucket, source: FileSource) -> None:
    publishing.publish(bucket, RecordingDistribution(), source, make_run(), RecordingWatcher())


def expect_release(bucket: FileBucket, source: FileSource) -> None:
    """The bucket has the release's objects, with the bytes that the table names."""
    state, objects = read_state(bucket).state, source.build().objects
    assert {key for key in bucket.objects if not key.startswith(".")} == {item.key for item in objects}
    for item in objects:
        assert state.objects[item.key].checksum == item.checksum == digest(bucket.objects[item.key]), item.key


@pytest.mark.parametrize(
    ("files", "count"),
    [
        (dict(list(MANY.items())[:FEW_FILES]), 0),
        (MANY, FEW_FILES + 1),
        ({"a.js": "1", "b.bin": b"\0" * FEW_BYTES}, 2),
        ({**MANY, "a.css": "a { b: url(00.js) }"}, FEW_FILES + 1),
    ],
    ids=["few", "many", "large", "style sheets wait"],
)
@pytest.mark.parametrize("mode", ["query", "path"])
def test_what_is_sent_early(tmp_path: Path, files: Mapping[str, str | bytes], count: int, mode: str) -> None:
    """All files of a first deploy but those that others have to be hashed for; none without names to claim."""
    early = make_source(tmp_path, files, fingerprint=mode).find_early(State())

    expected = [f"static/{name}" for name in files if not name.endswith("css")][: count if mode == "query" else 0]
    assert [item.key for item in early] == expected
    assert [item.size for item in early] == [os.path.getsize(item.asset.file) for item in early]


def test_what_the_bucket_may_have(tmp_path: Path) -> None:
    """Waits for its hash."""
    keys = [f"static/{name}" for name in ("a.js", "b.js", "c.js")]
    state = State(
        objects={keys[0]: ObjectRecord("", 0, "", None, "")},
        writing={"other": Claim((keys[1],), 0, "", 0)},
        removing={"other": Removal((keys[2],), 0)},
    )
    files = {**MANY, "a.js": "", "b.js": "", "c.js": ""}

    assert {item.key for item in make_source(tmp_path, files).find_early(state)} == {f"static/{name}" for name in MANY}


def test_a_release_that_is_made_ahead(tmp_path: Path) -> None:
    """Reads nothing for it; what prevents the release is raised by whoever wants it."""
    source = make_source(tmp_path, {**MANY, "a.css": "a { b: url(none.js) }"}, missing_references="error")
    source.build_ahead()
    assert source.hashes.number == 0

    for sending in [EarlySending(asset, 1, source) for asset in source.builder.files]:
        sending.prepare()
    source.build_ahead()
    with pytest.raises(AssetError, match=r"none\.js"):
        source.build()

    (tmp_path / "static/a.css").write_text("a { b: url(00.js) }")
    source = make_source(tmp_path, {})
    source.hashes.hash_all(asset.file for asset in source.builder.files)
    source.build_ahead()
    for name in MANY:
        (tmp_path / "static" / name).unlink()
    assert len(source.build().objects) == len(MANY) + 1


@pytest.mark.parametrize("options", [{}, {"gzip": True}])
def test_early_objects_are_those_of_the_release(tmp_path: Path, options: dict[str, Any]) -> None:
    """As they are described after they were sent; their bytes are not kept meanwhile."""
    files = {**MANY, "text.txt": "text " * 999, "same.js": MANY["00.js"], "empty.js": ""}
    make_source(tmp_path, files)
    for name, size in SIZES.items():
        make_large(tmp_path, size, name)
    source = make_source(tmp_path, {}, **options)
    bucket, described = FileBucket(), {}
    for sending in source.find_early(State()):
        uploaded = bucket.put(sending.prepare())
        assert sending.item is not None
        assert sending.item.body is None
        described[uploaded.key] = sending.describe(uploaded)

    assert all(source.hashes.find(item.file) for item in described.values())
    built = {item.key: item for item in source.build().objects}
    assert described == {key: built[key] for key in described}
    expected = {Path(item.file).read_bytes() for item in described.values()}
    assert {gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data for data in bucket.objects.values()} == expected


@pytest.mark.parametrize("mode", ["query", "path"])
def test_a_first_deploy(tmp_path: Path, mode: str) -> None:
    """Each object is sent once, and a second deploy has nothing to do."""
    source = make_source(tmp_path, {**MANY, "a.css": "a { b: url(00.js) }"}, fingerprint=mode, publish_manifest=True)
    sent: list[str] = []
    bucket = FileBucket()
    bucket.meet = lambda moment, sending: sent.append(sending.prepare().key) if moment == "prepare" else None
    publish(bucket, source)

    expect_release(bucket, source)
    assert sorted(sent) == sorted(item.key for item in source.build().objects)
    sent.clear()
    publish(bucket, make_source(tmp_path, {}, fingerprint=mode, publish_manifest=True))
    assert sent == []


@pytest.mark.parametrize("mode", ["query", "path"])
@pytest.mark.parametrize("moment", ["prepare", "send"])
@pytest.mark.parametrize("name", ["03.js", *SIZES])
def test_a_file_that_is_replaced_meanwhile(tmp_path: Path, mode: str, moment: str, name: str) -> None:
    """What was hashed is what is sent; where it cannot be had any more, that is said, and the next deploy mends it."""
    make_source(tmp_path, MANY)
    file = make_large(tmp_path, SIZES[name], name) if name in SIZES else tmp_path / "static" / name
    source = make_source(tmp_path, {}, fingerprint=mode)
    bucket = FileBucket()
    pending = [moment]

    def meet(when: str, sending: Sending) -> None:
        if when in pending and sending.key.startswith(f"static/{name.partition('.')[0]}"):
            pending.remove(when)
            os.replace(write_beside(file), file)

    bucket.meet = meet
    if mode == "path" and name in SIZES:
        with pytest.raises(PartialDeployError, match=rf"{name} changed while it was being deployed"):
            publish(bucket, source)
        assert read_state(bucket).state.release is None
    else:
        publish(bucket, source)
        expect_release(bucket, source)
    bucket.meet = lambda when, sending: None
    source = make_source(tmp_path, {}, fingerprint=mode)
    publish(bucket, source)
    found = {digest(bucket.objects[item.key]) for item in source.build().objects if item.file == str(file)}
    assert found == {digest(file.read_bytes())}


def write_beside(file: Path) -> Path:
    """Return a file with one byte more than another."""
    beside = file.with_name("beside")
    beside.write_bytes(b"y")
    os.truncate(beside, file.stat().st_size + 1)
    return beside


def test_a_mixture_is_not_remembered(tmp_path: Path) -> None:
    """A large file that is overwritten while it is sent is hashed again, and sent again."""
    file = make_large(tmp_path)
    source = make_source(tmp_path, {})
    bucket = FileBucket()
    met: list[bytes] = []

    def overwrite() -> None:
        with file.open("r+b") as stream:
            stream.write(b"overwritten")
        os.utime(file, ns=(0, 10**18))

    bucket.read_on = overwrite
    bucket.meet = lambda moment, sending: met.append(bucket.objects.get(sending.key, b"")[:11])
    publish(bucket, source)

    assert met == [b"", b"", b"x" + bytes(10), b"x" + bytes(10)]
    assert bucket.objects["static/large.bin"].startswith(b"overwritten")
    expect_release(bucket, source)


TEXT = b"body { color: black }\n" * 99


@pytest.mark.parametrize(
    ("name", "data", "settings", "packed"),
    [
        ("a.js", TEXT, {}, False),
        ("a.js", TEXT, {"gzip": True}, True),
        ("a.css", TEXT, {"gzip": True}, True),
        ("a.js", b"short", {"gzip": True}, False),
        ("a.png", TEXT, {"gzip": True}, False),
        ("a.js", gzip.compress(TEXT, mtime=0), {"gzip": True}, False),
        ("a.js", TEXT, {"gzip": True, "headers": [{"match": "*", "set": {"Content-Encoding": "br"}}]}, False),
    ],
)
@pytest.mark.parametrize("is_kept", [True, False])
def test_compressed(
    tmp_path: Path, name: str, data: bytes, settings: dict[str, Any], packed: bool, is_kept: bool
) -> None:
    """Where that pays; the checksum stays that of the file, so that the setting does not change URLs."""
    source = make_source(tmp_path, {name: data}, **settings)
    (item,) = source.build().objects
    upload = ObjectSending(item if is_kept else replace(item, body=None)).prepare()
    bucket = FileBucket()
    bucket.put(upload)
    assert upload.checksum == item.checksum == digest(data)
    assert (("Content-Encoding", "gzip") in upload.headers) == packed
    assert bucket.objects[item.key] == data or packed
    assert not packed or gzip.decompress(bucket.objects[item.key]) == data


def test_headers(tmp_path: Path) -> None:
    """Metadata goes by its own name, the rest by the header's."""
    rule = {"match": "*", "set": {"X-Amz-Meta-Team": "web", "content-language": "de", "EXPIRES": "x"}}
    (item,) = make_source(tmp_path, {"a.js": "1"}, headers=[rule]).build().objects
    upload = make_upload(item, item.read_body())

    assert dict(upload.headers) == {"team": "web", "Content-Language": "de", "Expires": "x"}
    assert (upload.content_type, upload.cache_control) == (item.headers.content_type, item.headers.cache_control)


def test_limits_of_s3(tmp_path: Path) -> None:
    """One request puts 5 GiB, and 10,000 parts are all that an object may have."""
    (item,) = make_source(tmp_path, {"a.bin": "1"}).build().objects

    assert -(-MAX_FILE_BYTES // PART_BYTES) <= 10_000
    assert 5 * 1024**2 <= PART_BYTES <= STREAMED_BYTES <= 5 * 1024**3
    assert make_upload(replace(item, size=MAX_FILE_BYTES), None).is_streamed


@pytest.mark.parametrize("mode", ["query", "path"])
def test_a_file_that_is_too_large(tmp_path: Path, mode: str) -> None:
    """Is refused before anything is sent."""
    make_large(tmp_path, MAX_FILE_BYTES + 1)
    bucket = FileBucket()

    with pytest.raises(AssetError, match=r"large\.bin.* has 50\.0 GiB, and CloudFront caches files of 50 GB at most"):
        publish(bucket, make_source(tmp_path, MANY, fingerprint=mode))
    assert bucket.objects == {}


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """Is named, with the others that failed; nothing is published."""
    source = make_source(tmp_path, MANY)
    bucket = FileBucket()
    (tmp_path / "static/03.js").unlink()
    (tmp_path / "static/05.js").unlink()

    with pytest.raises(PartialDeployError, match=r"2 of 17 uploads failed; nothing was published") as caught:
        publish(bucket, source)
    assert "03.js cannot be read: No such file" in caught.value.message
    assert read_state(bucket).state.release is None


def test_large_files_are_not_compressed(tmp_path: Path) -> None:
    """They would have to be held in memory."""
    make_large(tmp_path, name="large.txt")
    (item,) = make_source(tmp_path, {}, gzip=True).build().objects

    assert item.headers.gzip
    assert ObjectSending(item).prepare() == make_upload(item, item.read_body())

"""Files that look like secrets by their first bytes, in a deploy that sends files while others are still hashed."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.aws.uploads import HELD_BYTES
from flask_cdn_stack.errors import SecretError
from flask_cdn_stack.release.state import State
from tests.release.test_sending import MANY, FileBucket, make_source, publish

KEY = b"-----BEGIN PRIVATE KEY-----\nMIIE\n"
DATABASE = b"SQLite format 3\0"
#: Small ones, one that is sent while it is hashed, and one that is compressed first.
SIZES = {"notes.txt": 0, "middle.bin": HELD_BYTES}


@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.parametrize("name", SIZES)
def test_a_secret_is_never_sent(tmp_path: Path, name: str, gzip: bool) -> None:
    """Though it is met in the middle of the uploads; then all of them are named."""
    start = DATABASE if name.endswith("bin") else KEY
    source = make_source(tmp_path, {**MANY, name: start + b"\0" * SIZES[name], "other.css": KEY}, gzip=gzip)
    early = source.find_early(State())
    bucket = FileBucket()
    refused = []
    for sending in early:
        try:
            bucket.put(sending.prepare())
        except SecretError:
            refused.append(sending.key)

    assert refused == [f"static/{name}"]
    assert set(bucket.objects) == {f"static/{other}" for other in MANY}
    with pytest.raises(SecretError) as caught:
        source.builder.check_secrets()
    assert caught.value.message.splitlines()[1:] == [f"  static/{name}", "  static/other.css"]


def test_a_deploy_with_a_secret(tmp_path: Path) -> None:
    """Publishes nothing; the other files may be in the bucket by then."""
    source = make_source(tmp_path, {**MANY, "middle.bin": DATABASE + b"\0" * HELD_BYTES})
    bucket = FileBucket()
    with pytest.raises(SecretError, match=r"static/middle\.bin"):
        publish(bucket, source)

    assert "static/middle.bin" not in bucket.objects
    assert not any("releases/" in key for key in bucket.objects)


def test_a_secret_that_was_read_ahead(tmp_path: Path) -> None:
    """Is refused before anything is sent, and so is one that an earlier run remembers."""
    source = make_source(tmp_path, {**MANY, "notes.txt": KEY})
    source.hashes.hash(str(tmp_path / "static/notes.txt"))
    with pytest.raises(SecretError, match=r"static/notes\.txt"):
        source.find_early(State())


def test_an_allowed_secret_is_sent(tmp_path: Path) -> None:
    """As every other file, and its hash is remembered with what was seen."""
    files: dict[str, str | bytes] = {**MANY, "demo.sqlite3": DATABASE + b"\0" * HELD_BYTES}
    source = make_source(tmp_path, files, allow=("*.sqlite3",))
    bucket = FileBucket()
    publish(bucket, source)

    file = str(tmp_path / "static/demo.sqlite3")
    assert bucket.objects["static/demo.sqlite3"].startswith(DATABASE)
    assert source.hashes.lasting[file].secret

"""Objects in a bucket, against the local AWS."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.uploads import HELD_BYTES, STREAMED_BYTES, Upload, Uploaded
from flask_cdn_stack.errors import AssetReadError, AWSError, CDNStackError, ConflictError, CredentialsError
from tests.aws.conftest import MakeBucket

EXPIRES = ("Expires", "Thu, 01 Dec 2033 16:00:00 GMT")

Results = dict[str, Uploaded | CDNStackError]

ODD_KEYS = ["a b.css", "a+b", "a%20b", "50%", "a#b?c&d=e", "ü/日本.css", "u\u0308", "a'\"b", "a\\b", "~[x]{y}|^`"]
ODD_KEYS += ["<&>", "a:b;c", "a\tb\x7fc\x85d"]


def plan(file: Path, key: str, data: bytes) -> Upload:
    """Write a file and return its upload."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return Upload(key, str(file), len(data), hashlib.sha256(data).hexdigest(), "text/css; charset=utf-8", "max-age=9")


def send(bucket: Bucket, *uploads: Upload) -> Results:
    results: Results = {}
    bucket.upload(uploads, lambda upload, result: results.update({upload.key: result}))
    return results


def head(s3: Any, bucket: Bucket, key: str) -> dict[str, Any]:
    return dict(s3.head_object(Bucket=bucket.name, Key=key, ChecksumMode="ENABLED"))


@pytest.fixture
def requests() -> Counter[str]:
    return Counter({"GetObject": 0})


@pytest.fixture(params=[False, True], ids=["obstore", "boto3"])
def either(make_bucket: MakeBucket, requests: Counter[str], request: pytest.FixtureRequest) -> Bucket:
    """The bucket by the usual way, and by boto3 alone, as in a forked process."""
    return make_bucket(prefix="shop", by_boto3=request.param, requests=requests)


def test_write_and_read(either: Bucket, s3: Any) -> None:
    """What was written comes back with its ETag, and is never cached; what is absent is None, what is empty is not."""
    etag = either.write("a/state", b"\x00bytes", "application/gzip", None)
    either.write("empty", b"", "text/plain", None)

    assert either.read("a/state") == (b"\x00bytes", etag, "shop/a/state")
    stored = head(s3, either, "shop/a/state")
    assert (stored["ContentType"], stored["CacheControl"]) == ("application/gzip", "no-store")
    assert either.read("absent") is None
    empty = either.read("empty")
    assert empty is not None
    assert empty.data == b""


def test_writes_are_conditional(either: Bucket) -> None:
    """On absence, or on the ETag that was read."""
    first = either.write("state", b"one", "text/plain", None)
    second = either.write("state", b"two", "text/plain", first)

    for key, etag in (("state", None), ("state", first), ("state", '"unknown"'), ("absent", second)):
        with pytest.raises(ConflictError, match=f"{key} was changed by another run"):
            either.write(key, b"three", "text/plain", etag)
    found = either.read("state")
    assert found is not None
    assert found.data == b"two"
    assert either.read("absent") is None


@pytest.mark.parametrize("by_boto3", [False, True])
def test_a_bucket_that_is_gone(connection: Connection, tmp_path: Path, by_boto3: bool) -> None:
    """Is not an absent object."""
    gone = Bucket(connection, "bucket-that-is-gone", "", Counter(), by_boto3)

    for call in (
        lambda: gone.read("key"),
        lambda: gone.write("key", b"", "text/plain", None),
        lambda: gone.delete(["key"]),
    ):
        with pytest.raises(AWSError, match=r"The bucket is gone: bucket-that-is-gone\."):
            call()
    (result,) = send(gone, plan(tmp_path / "a", "a", b"a")).values()
    assert "The bucket is gone: bucket-that-is-gone." in str(result)
    assert "flask-cdn-stack provision" in str(result)


@pytest.mark.parametrize("by_boto3", [False, True])
def test_no_credentials(monkeypatch: pytest.MonkeyPatch, connection: Connection, by_boto3: bool) -> None:
    """Are missed when the bucket is opened, before anything is planned."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(CredentialsError):
        Bucket(connection, "any", "", Counter(), by_boto3)


def test_many_uploads(make_bucket: MakeBucket, s3: Any, tmp_path: Path) -> None:
    """Each ends once, below the prefix, with the object's ETag, headers and checksum in S3."""
    bucket = make_bucket(prefix="shop/live")
    uploads = [plan(tmp_path / str(number), f"u/{number}.css", b"x" * number) for number in range(300)]
    ended: list[str] = []
    bucket.upload(uploads, lambda upload, result: ended.append(upload.key))

    assert sorted(ended) == sorted(upload.key for upload in uploads)
    for upload in uploads[::60]:
        stored = head(s3, bucket, f"shop/live/{upload.key}")
        assert (stored["ContentType"], stored["CacheControl"]) == ("text/css; charset=utf-8", "max-age=9")
        assert base64.b64decode(stored["ChecksumSHA256"]).hex() == upload.checksum
        assert stored["ContentLength"] == upload.size
    assert make_bucket().read("u/1.css") is None


@pytest.mark.parametrize("size", [1, HELD_BYTES + 1], ids=["whole", "in blocks"])
def test_odd_names(bucket: Bucket, s3: Any, tmp_path: Path, size: int) -> None:
    """Are stored as they are, and signed as S3 reads them: another client finds exactly these keys."""
    keys = {f"x/{key}" for key in ODD_KEYS}
    file = plan(tmp_path / "file", "", b"x" * size)
    send(bucket, *[replace(file, key=key) for key in keys])

    assert {item["Key"] for item in s3.list_objects_v2(Bucket=bucket.name)["Contents"]} == keys
    for key in keys:
        found = bucket.read(key)
        assert found is not None, key
        assert len(found.data) == size, key
    assert bucket.find_existing([*keys, "x/other"]) == keys
    bucket.delete(sorted(keys))
    assert not any(bucket.read(key) for key in keys)


def test_a_large_file_goes_in_parts(make_bucket: MakeBucket, s3: Any, tmp_path: Path) -> None:
    """Each part is an operation, and counts as one; headers are those of the object."""
    requests = Counter({"GetObject": 0})
    bucket = make_bucket(requests=requests, prefix="shop")
    data = bytes(range(256)) * (STREAMED_BYTES // 256) + b"end"
    (result,) = send(bucket, replace(plan(tmp_path / "large", "large", data), headers=(EXPIRES,))).values()

    assert isinstance(result, Uploaded)
    assert result.etag.endswith('-5"')
    found = s3.get_object(Bucket=bucket.name, Key="shop/large")
    assert found["Body"].read() == data
    assert found["ExpiresString"] == EXPIRES[1]
    assert (found["ContentType"], found["CacheControl"]) == ("text/css; charset=utf-8", "max-age=9")
    assert +requests == {"CreateMultipartUpload": 1, "UploadPart": 5, "CompleteMultipartUpload": 1}


@pytest.mark.parametrize(
    ("size", "headers"),
    [(100, ()), (100, (EXPIRES,)), (HELD_BYTES + 1, ()), (STREAMED_BYTES + 1, ())],
    ids=["whole", "by boto3", "in blocks", "in parts"],
)
def test_a_file_that_is_not_the_planned_one(
    bucket: Bucket, s3: Any, tmp_path: Path, size: int, headers: tuple[tuple[str, str], ...]
) -> None:
    """Is not published, and neither is half of it; the others are."""
    changed = plan(tmp_path / "changed", "changed", b"a" * size)
    (tmp_path / "changed").write_bytes(b"b" * size)
    grown = plan(tmp_path / "grown", "grown", b"a" * size)
    (tmp_path / "grown").write_bytes(b"a" * (size + 1))
    missing = plan(tmp_path / "missing", "missing", b"c" * size)
    (tmp_path / "missing").unlink()
    planned = [replace(upload, headers=headers) for upload in (changed, grown, missing)]
    results = send(bucket, *planned, plan(tmp_path / "good", "good", b"good"))

    assert isinstance(results["good"], Uploaded)
    for key, problem in {
        "changed": "changed while it was being deployed.",
        "grown": "changed while it was being deployed.",
        "missing": "cannot be read: No such file or directory.",
    }.items():
        result = results[key]
        assert isinstance(result, AssetReadError)
        assert result.message == f"{tmp_path / key} {problem}"
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket.name)["Contents"]] == ["good"]
    assert not s3.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


def test_what_the_store_itself_refuses(bucket: Bucket, s3: Any, tmp_path: Path) -> None:
    """A header on which it panics, or a key that it does not take, fails that file only, by name."""
    broken = replace(plan(tmp_path / "a", "broken.css", b"a"), content_type="nonsense\r\nX: y")
    results = send(bucket, broken, plan(tmp_path / "b", "a//b", b"b"), plan(tmp_path / "c", "good.css", b"c"))

    assert isinstance(results["good.css"], Uploaded)
    for key in ("broken.css", "a//b"):
        result = results[key]
        assert isinstance(result, AWSError)
        assert result.message.startswith(f"s3:PutObject on arn:aws:s3:::{bucket.name}/{key} failed: ")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket.name)["Contents"]] == ["good.css"]


def test_delete(either: Bucket, s3: Any) -> None:
    """What is named, whether it exists or not, and nothing else."""
    for key in ("a", "b&<c>", "c"):
        either.write(key, b"x", "text/plain", None)
    either.delete(["a", "never", "b&<c>"])

    listed = s3.list_objects_v2(Bucket=either.name)["Contents"]
    assert [item["Key"] for item in listed] == ["shop/c"]


def test_requests_are_counted(either: Bucket, requests: Counter[str], tmp_path: Path) -> None:
    """By the name of the operation; a thousand deletions are one."""
    etag = either.write("state", b"", "text/plain", None)
    either.write("state", b"1", "text/plain", etag)
    either.read("state")
    either.read("absent")
    send(either, *[plan(tmp_path / str(number), str(number), b"x") for number in range(3)])
    either.delete([str(number) for number in range(1001)])
    either.delete([])

    assert +requests == {"PutObject": 5, "GetObject": 2, "DeleteObjects": 2}

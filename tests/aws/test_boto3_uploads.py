"""Objects with an ACL, further headers and user metadata, against the local AWS."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.buckets import PUBLIC_READ
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.uploads import HELD_BYTES, Uploaded
from flask_cdn_stack.errors import AWSError
from tests.aws.conftest import MakeBucket
from tests.aws.test_buckets import ALL_USERS
from tests.aws.test_storage import EXPIRES, head, plan, send

HEADERS = (
    ("Content-Disposition", "attachment"),
    ("content-encoding", "gzip"),
    ("Content-Language", "cs"),
    ("x-robots-tag", "noindex"),
)


@pytest.fixture
def open_bucket(make_bucket: MakeBucket, s3: Any) -> Bucket:
    """A bucket that takes ACLs."""
    bucket = make_bucket()
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket.name, OwnershipControls=controls)
    return bucket


def is_public(s3: Any, bucket: Bucket, key: str) -> bool:
    grants = s3.get_object_acl(Bucket=bucket.name, Key=key)["Grants"]
    return any(grant["Grantee"].get("URI") == ALL_USERS for grant in grants)


@pytest.mark.parametrize(
    ("more", "size"),
    [((), 1), ((EXPIRES,), 1), ((), HELD_BYTES + 1)],
    ids=["through obstore", "through boto3", "in blocks"],
)
def test_headers(bucket: Bucket, s3: Any, tmp_path: Path, more: tuple[tuple[str, str], ...], size: int) -> None:
    """Are the object's own or its metadata, the same by each way; the answer is what the record keeps."""
    s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    upload = replace(plan(tmp_path / "a", "ü/a b.css", b"a" * size), headers=HEADERS + more)
    (result,) = send(bucket, upload).values()
    stored = head(s3, bucket, "ü/a b.css")

    assert result == Uploaded("ü/a b.css", stored["ETag"], stored["VersionId"], upload.checksum, size)
    assert (stored["ContentType"], stored["CacheControl"]) == ("text/css; charset=utf-8", "max-age=9")
    assert (stored["ContentDisposition"], stored["ContentEncoding"]) == ("attachment", "gzip")
    assert (stored["ContentLanguage"], stored["Metadata"]) == ("cs", {"x-robots-tag": "noindex"})
    assert stored.get("ExpiresString") == (EXPIRES[1] if more else None)
    assert base64.b64decode(stored["ChecksumSHA256"]).hex() == upload.checksum


@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000", "+0200"])
def test_expires(bucket: Bucket, s3: Any, tmp_path: Path, zone: str) -> None:
    """Is one moment, however its zone is written."""
    date = f"Thu, 01 Dec 2033 {'18' if zone == '+0200' else '16'}:00:00 {zone}"
    send(bucket, replace(plan(tmp_path / "a", "a", b"a"), headers=(("expires", date),)))

    assert head(s3, bucket, "a")["ExpiresString"] == EXPIRES[1]


def test_a_header_that_obstore_understands_otherwise(bucket: Bucket, s3: Any, tmp_path: Path) -> None:
    """Is user metadata like the others."""
    send(bucket, replace(plan(tmp_path / "a", "a", b"a"), headers=(("Storage-Class", "fast"),)))

    assert head(s3, bucket, "a")["Metadata"] == {"storage-class": "fast"}


def test_no_cache_control(bucket: Bucket, s3: Any, tmp_path: Path) -> None:
    """Leaves the header out, by either way."""
    plain = replace(plan(tmp_path / "a", "a", b"a"), cache_control="")
    send(bucket, plain, replace(plain, key="b", headers=(EXPIRES,)))

    assert [head(s3, bucket, key).get("CacheControl") for key in "ab"] == [None, None]


def test_an_acl(open_bucket: Bucket, s3: Any, tmp_path: Path) -> None:
    """Is the object's; one without stays private."""
    public = replace(plan(tmp_path / "a", "public", b"a"), acl=PUBLIC_READ)
    send(open_bucket, public, plan(tmp_path / "a", "private", b"a"))

    assert is_public(s3, open_bucket, "public")
    assert not is_public(s3, open_bucket, "private")


def test_an_acl_where_they_are_disabled(bucket: Bucket, tmp_path: Path) -> None:
    """Fails that upload alone, in S3's words."""
    file = plan(tmp_path / "a", "plain", b"a")
    results = send(bucket, replace(file, key="public", acl=PUBLIC_READ), file)

    assert isinstance(results["plain"], Uploaded)
    assert isinstance(results["public"], AWSError)
    assert "The bucket does not allow ACLs (AccessControlListNotSupported)" in str(results["public"])

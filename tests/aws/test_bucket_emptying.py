"""What lies in a bucket, listed and deleted, against the local AWS and prepared answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flask_cdn_stack.aws.bucket_emptying import PAUSES, BucketContents, StoredVersion
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.errors import AWSError
from tests.aws.conftest import MakeStubbed


def fill(s3: Any, bucket: str) -> None:
    """Leave an object with an earlier version, and a deleted one."""
    for body in (b"1", b"22"):
        s3.put_object(Bucket=bucket, Key="a b/ü+", Body=body)
    s3.put_object(Bucket=bucket, Key="gone", Body=b"333")
    s3.delete_object(Bucket=bucket, Key="gone")


def listed(contents: BucketContents, prefix: str = "") -> list[StoredVersion]:
    """Return all versions."""
    return [version for page in contents.list_versions(prefix) for version in page]


def test_a_bucket_that_keeps_versions(connection: Connection, s3: Any, bucket: Bucket) -> None:
    """Lists each of them, and deletes them for good; then it can go itself."""
    s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    fill(s3, bucket.name)
    contents = BucketContents(connection, bucket.name)
    found = listed(contents)

    assert sorted((item.key, item.size, item.is_marker, item.is_latest) for item in found) == [
        ("a b/ü+", 1, False, False),
        ("a b/ü+", 2, False, True),
        ("gone", 0, True, True),
        ("gone", 3, False, False),
    ]
    assert [contents.read(item) for item in found if item.size == 1] == [b"1"]
    assert len(listed(contents, "gone")) == 2
    assert not contents.delete_bucket()
    contents.delete(found)
    assert contents.read(found[0]) is None
    assert listed(contents) == []
    assert contents.find_region() == "us-east-1"
    contents.delete(found)  # as a repeated request does
    assert contents.delete_bucket()
    assert contents.delete_bucket()
    assert contents.find_region() is None


def test_a_bucket_that_keeps_none(connection: Connection, s3: Any, bucket: Bucket) -> None:
    """Lists its objects as versions without an id."""
    fill(s3, bucket.name)
    contents = BucketContents(connection, bucket.name)
    (found,) = listed(contents)

    assert found == StoredVersion("a b/ü+", "null", 2, False, True)
    assert contents.read(found) == b"22"
    contents.delete([found])
    assert listed(contents) == []


VERSIONS = [StoredVersion("a", "1"), StoredVersion("b", "null"), StoredVersion("c", "3", is_marker=True)]


def asked(*versions: StoredVersion) -> dict[str, Any]:
    """Return the parameters of a request."""
    objects = [{"Key": version.key, "VersionId": version.id} for version in versions]
    return {"Bucket": "shop", "Delete": {"Objects": objects, "Quiet": True}}


def failed(version: StoredVersion, code: str, message: str = "no") -> dict[str, str]:
    """Return what S3 says of one that it did not delete."""
    return {"Key": version.key, "VersionId": version.id, "Code": code, "Message": message}


def test_what_fails_in_passing_is_repeated(stubbed: MakeStubbed) -> None:
    """That of a batch alone, after a pause; what is gone already counts."""
    connection, stubber = stubbed("s3")
    errors = [failed(VERSIONS[0], "InternalError"), failed(VERSIONS[2], "NoSuchVersion")]
    stubber.add_response("delete_objects", {"Errors": errors}, asked(*VERSIONS))
    stubber.add_response("delete_objects", {"Errors": [failed(VERSIONS[0], "SlowDown")]}, asked(VERSIONS[0]))
    stubber.add_response("delete_objects", {}, asked(VERSIONS[0]))
    naps: list[float] = []
    BucketContents(connection, "shop", naps.append).delete(VERSIONS)

    stubber.assert_no_pending_responses()
    assert naps == [*PAUSES[:2]]


def test_what_goes_on_failing(stubbed: MakeStubbed) -> None:
    """Ends with what S3 says, and how many there are."""
    connection, stubber = stubbed("s3")
    errors = [failed(version, "InternalError", "We encountered an internal error.") for version in VERSIONS[:2]]
    for number in range(len(PAUSES) + 1):
        stubber.add_response("delete_objects", {"Errors": errors}, asked(*VERSIONS[: 3 if number == 0 else 2]))
    with pytest.raises(AWSError, match=r"internal error.*1 more of 3"):
        BucketContents(connection, "shop", lambda seconds: None).delete(VERSIONS)


@pytest.mark.parametrize(
    ("version", "action"), [(VERSIONS[0], "s3:DeleteObjectVersion"), (VERSIONS[1], "s3:DeleteObject")]
)
def test_a_denied_deletion(stubbed: MakeStubbed, version: StoredVersion, action: str) -> None:
    """Names the action that is missing, and is not repeated."""
    connection, stubber = stubbed("s3")
    stubber.add_response("delete_objects", {"Errors": [failed(version, "AccessDenied", "Access Denied")]})
    with pytest.raises(AWSError) as caught:
        BucketContents(connection, "shop").delete([version])

    assert caught.value.message == f"AWS denied {action} on arn:aws:s3:::shop/{version.key}."


@pytest.mark.parametrize(
    ("operation", "act", "action"),
    [
        ("list_object_versions", lambda contents: listed(contents), "s3:ListBucketVersions"),
        ("delete_objects", lambda contents: contents.delete(VERSIONS), "s3:DeleteObjectVersion"),
        ("delete_bucket", lambda contents: contents.delete_bucket(), "s3:DeleteBucket"),
        ("get_object", lambda contents: contents.read(VERSIONS[0]), "s3:GetObjectVersion"),
    ],
)
def test_a_denied_request(
    stubbed: MakeStubbed, operation: str, act: Callable[[BucketContents], object], action: str
) -> None:
    """Names the action."""
    connection, stubber = stubbed("s3")
    stubber.add_client_error(operation, "AccessDenied", "Access Denied", 403)
    with pytest.raises(AWSError, match=f"AWS denied {action} on arn:aws:s3:::shop"):
        act(BucketContents(connection, "shop"))

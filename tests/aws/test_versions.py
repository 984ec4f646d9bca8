"""Versions of objects, against the local AWS and prepared answers."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.uploads import Uploaded
from flask_cdn_stack.aws.versions import MAX_COPY_BYTES, PART_BYTES, Version, Versions
from flask_cdn_stack.errors import AWSError, CDNStackError, UnreachableError
from tests.aws.conftest import MakeStubbed
from tests.aws.test_storage import Results
from tests.servers.fault_proxy import FaultProxy, Rule


@pytest.fixture
def name(bucket: Bucket, s3: Any) -> str:
    """The name of a bucket that keeps versions."""
    s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    return bucket.name


def put(s3: Any, bucket: str, key: str, data: bytes, prefix: str = "", **headers: Any) -> Version:
    """Write a version."""
    answer = s3.put_object(Bucket=bucket, Key=prefix + key, Body=data, **headers)
    return Version(key, answer.get("VersionId"), answer["ETag"], hashlib.sha256(data).hexdigest(), len(data))


def copy(versions: Versions, *wanted: Version) -> Results:
    results: Results = {}
    versions.copy_back(wanted, lambda version, result: results.update({version.key: result}))
    return results


def open_versions(connection: Connection, bucket: str, prefix: str = "") -> tuple[Versions, Counter[str]]:
    requests = Counter({"GetObject": 0})
    return Versions(connection, bucket, prefix, requests), requests


def test_a_refusal_without_words(connection: Connection, s3: Any, name: str, proxy: FaultProxy) -> None:
    """Is said by its code; botocore has nothing, and no empty text, for an empty message."""
    version = put(s3, name, "a.css", b"a")
    proxy.rules.add(Rule("status", status=400, error="Odd", message=""))
    versions, _ = open_versions(replace(connection, endpoint_url=proxy.url), name)

    assert str(copy(versions, version)["a.css"]).endswith("/a.css failed: Odd")


def test_missing(connection: Connection, s3: Any, name: str) -> None:
    """A version that is there, deleted or not, is not missing; all others are."""
    versions, requests = open_versions(connection, name)
    there, hidden, gone = (put(s3, name, key, b"x") for key in ("there", "hidden", "gone"))
    marker = s3.delete_object(Bucket=name, Key="hidden")["VersionId"]
    s3.delete_object(Bucket=name, Key="gone", VersionId=gone.id)
    others = [
        replace(hidden, key="hidden", id=marker),
        replace(there, id=None),
        replace(there, etag='"other"'),
        replace(there, key="never"),
    ]

    assert versions.find_missing([there, hidden]) == []
    assert versions.find_missing([there, hidden, gone]) == ["gone"]
    assert versions.find_missing(others) == ["hidden", "never", "there", "there"]
    assert +requests == {"HeadObject": 2 + 3 + 3}


def test_a_bucket_without_versions(connection: Connection, s3: Any, bucket: Bucket) -> None:
    """Has none to go back to."""
    versions, requests = open_versions(connection, bucket.name)

    assert versions.find_missing([put(s3, bucket.name, "a", b"x")]) == ["a"]
    assert not +requests


@pytest.mark.parametrize("prefix", ["", "shop/live"])
def test_copy_back(connection: Connection, s3: Any, name: str, prefix: str) -> None:
    """Bytes and headers are the old ones, under a new version; the result says which."""
    versions, requests = open_versions(connection, name, prefix)
    folder = f"{prefix}/" if prefix else ""
    key = "a b+ü#?.css"
    headers = {"ContentType": "text/css", "CacheControl": "max-age=9", "Metadata": {"x": "y"}}
    old = put(s3, name, key, b"old", folder, **headers)
    put(s3, name, key, b"new", folder, ContentType="text/plain")
    (result,) = copy(versions, old).values()

    stored = s3.get_object(Bucket=name, Key=folder + key)
    assert stored["Body"].read() == b"old"
    assert {header: stored[header] for header in headers} == headers
    assert result == Uploaded(key, old.etag, stored["VersionId"], old.checksum, 3)
    assert stored["VersionId"] != old.id
    assert +requests == {"CopyObject": 1}


def test_many_copies(connection: Connection, s3: Any, name: str) -> None:
    """Each ends once; those that cannot be made are said by name, and the others are."""
    wanted = [put(s3, name, f"{number}", str(number).encode()) for number in range(40)]
    for number in range(40):
        s3.delete_object(Bucket=name, Key=f"{number}")
    wanted[7] = replace(wanted[7], id="no-such-version")
    wanted[8] = replace(wanted[8], etag='"other"')
    results = copy(open_versions(connection, name)[0], *wanted)

    assert len(results) == 40
    assert {key for key, result in results.items() if isinstance(result, CDNStackError)} == {"7", "8"}
    assert f"s3:PutObject on arn:aws:s3:::{name}/7 failed: " in str(results["7"])
    assert len(s3.list_objects_v2(Bucket=name)["Contents"]) == 38


@pytest.fixture
def behind_proxy(connection: Connection, proxy: FaultProxy, s3: Any, name: str) -> tuple[Versions, Version]:
    """A version, and the way to it through a proxy."""
    return open_versions(replace(connection, endpoint_url=proxy.url, repeats=1), name)[0], put(s3, name, "a", b"x")


def test_denied(proxy: FaultProxy, behind_proxy: tuple[Versions, Version]) -> None:
    """Names the action, and is no missing version."""
    versions, version = behind_proxy
    proxy.rules.add(Rule("status", status=403, error="AccessDenied"))

    with pytest.raises(AWSError, match=r"AWS denied s3:GetObjectVersion on arn:aws:s3:::.*/a"):
        versions.find_missing([version])
    assert "AWS denied s3:PutObject" in str(copy(versions, version)["a"])


def test_unreachable(proxy: FaultProxy, behind_proxy: tuple[Versions, Version]) -> None:
    """Is no missing version either, and what fails in passing is not seen."""
    versions, version = behind_proxy
    proxy.rules.add(Rule("status", times=1))
    assert versions.find_missing([version]) == []
    proxy.rules.add(Rule("drop_response", method="PUT", times=1))
    assert isinstance(copy(versions, version)["a"], Uploaded)

    proxy.rules.add(Rule("reset"))
    with pytest.raises(UnreachableError):
        versions.find_missing([version])
    assert isinstance(copy(versions, version)["a"], UnreachableError)


VERSION = Version("k", "v1", '"e"', "c", 3)
PLACE = {"Bucket": "b", "Key": "k"}
SOURCE = {"CopySource": {**PLACE, "VersionId": "v1"}, "CopySourceIfMatch": '"e"'}


def test_the_current_version(stubbed: MakeStubbed) -> None:
    """S3 does not copy it onto itself; it is there already."""
    connection, stubber = stubbed("s3")
    message = "This copy request is illegal because it is trying to copy an object to itself without changing ..."
    stubber.add_client_error("copy_object", "InvalidRequest", message, http_status_code=400)

    assert copy(open_versions(connection, "b")[0], VERSION) == {"k": Uploaded("k", '"e"', "v1", "c", 3)}


def test_a_large_object(stubbed: MakeStubbed) -> None:
    """Is copied in parts, with the headers that it had."""
    connection, stubber = stubbed("s3")
    versions, requests = open_versions(connection, "b")
    size = MAX_COPY_BYTES + 1
    head = {"ContentType": "text/css", "CacheControl": "max-age=9", "Metadata": {"x": "y"}}
    stubber.add_response("head_object", {**head, "ETag": '"e"'}, {**PLACE, "VersionId": "v1"})
    stubber.add_response("create_multipart_upload", {"UploadId": "u"}, {**PLACE, **head})
    ranges = [*(f"bytes={n * PART_BYTES}-{(n + 1) * PART_BYTES - 1}" for n in range(5)), f"bytes={size - 1}-{size - 1}"]
    parts = []
    for number, part in enumerate(ranges, 1):
        sums = {"ETag": f'"{number}"', "ChecksumCRC64NVME": f"crc{number}"}
        asked = {**PLACE, **SOURCE, "UploadId": "u", "PartNumber": number, "CopySourceRange": part}
        stubber.add_response("upload_part_copy", {"CopyPartResult": sums}, asked)
        parts.append({"PartNumber": number, **sums})
    ended = {**PLACE, "UploadId": "u", "MultipartUpload": {"Parts": parts}}
    stubber.add_response("complete_multipart_upload", {"ETag": '"e-6"', "VersionId": "v2"}, ended)
    results = copy(versions, replace(VERSION, size=size))

    assert results == {"k": Uploaded("k", '"e-6"', "v2", "c", size)}
    stubber.assert_no_pending_responses()
    counted = {"CreateMultipartUpload": 1, "UploadPartCopy": 6, "CompleteMultipartUpload": 1}
    assert +requests == {"HeadObject": 1, **counted}


def test_a_large_object_that_fails(stubbed: MakeStubbed) -> None:
    """Leaves no parts behind."""
    connection, stubber = stubbed("s3")
    stubber.add_response("head_object", {"ETag": '"e"'})
    stubber.add_response("create_multipart_upload", {"UploadId": "u"})
    stubber.add_client_error("upload_part_copy", "PreconditionFailed", http_status_code=412)
    stubber.add_response("abort_multipart_upload", {}, {**PLACE, "UploadId": "u"})
    results = copy(open_versions(connection, "b")[0], replace(VERSION, size=MAX_COPY_BYTES + 1))

    assert isinstance(results["k"], AWSError)
    stubber.assert_no_pending_responses()

"""Objects of a bucket that boto3 alone may reach, as in a forked process, against the local AWS."""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ParamValidationError
from botocore.httpsession import URLLib3Session

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.aws.storage import Bucket, open_bucket
from flask_cdn_stack.aws.uploads import HELD_BYTES, Uploaded
from flask_cdn_stack.errors import AWSError
from tests.aws.conftest import MakeBucket
from tests.aws.test_storage import plan, send


@pytest.fixture
def requests() -> Counter[str]:
    return Counter()


@pytest.fixture
def bucket(make_bucket: MakeBucket, requests: Counter[str]) -> Bucket:
    return make_bucket(by_boto3=True, prefix="shop", requests=requests)


def test_uploads(bucket: Bucket, requests: Counter[str], s3: Any, tmp_path: Path) -> None:
    """Are counted and described as by the other way, those included that are sent in another manner there."""
    uploads = [plan(tmp_path / name, name, data) for name, data in (("a b.css", b"a"), ("l", b"l" * (HELD_BYTES + 1)))]
    results = send(bucket, *uploads)

    for upload in uploads:
        stored = s3.head_object(Bucket=bucket.name, Key=f"shop/{upload.key}")
        assert results[upload.key] == Uploaded(upload.key, stored["ETag"], None, upload.checksum, upload.size)
        assert (stored["ContentType"], stored["CacheControl"]) == ("text/css; charset=utf-8", "max-age=9")
    assert requests == {"PutObject": 2}


def test_bytes_in_another_form(bucket: Bucket, s3: Any, tmp_path: Path) -> None:
    """As gzip makes them: S3 is told the checksum of what is sent, and the caller that of the file."""
    upload = replace(plan(tmp_path / "a.css", "a.css", b"plain"), body=b"packed")
    results = send(bucket, upload)

    assert s3.get_object(Bucket=bucket.name, Key="shop/a.css")["Body"].read() == b"packed"
    assert isinstance(sent := results["a.css"], Uploaded)
    assert (sent.checksum, sent.size) == (upload.checksum, len(b"packed"))


class OldConnection(Connection):
    """A connection of the boto3 before conditional writes."""

    def client(self, service: str, patient: bool = False, once: bool = False) -> Any:
        """Return a client that does not know of conditions."""
        client = super().client(service, patient)
        members = client.meta.service_model.operation_model("PutObject").input_shape.members
        for name in ("IfMatch", "IfNoneMatch"):
            del members[name]
        return client


def test_an_old_boto3(connection: Connection) -> None:
    """Is named where it cannot write on a condition."""
    old = OldConnection(**vars(connection))

    with pytest.raises(AWSError, match="too old") as raised:
        Bucket(old, "any", "", Counter(), by_boto3=True).write("key", b"", "text/plain", None)
    assert "boto3 1.35.70" in raised.value.hint
    assert isinstance(raised.value.__cause__, ParamValidationError)


class OtherSocket(socket.socket):
    """What gevent, eventlet and tests without a network put in the place of Python's sockets."""


def refuse(*arguments: Any, **more: Any) -> Any:
    """Be what sends nothing."""
    raise AssertionError("a request is sent")


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (socket, "socket", OtherSocket),
        (socket.socket, "connect", refuse),
        (BaseClient, "_make_api_call", refuse),
        (URLLib3Session, "send", refuse),
    ],
)
def test_what_was_replaced(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, value: Any
) -> None:
    """Is seen, and given back, obstore is there again."""
    with monkeypatch.context() as while_replaced:
        while_replaced.setattr(owner, name, value, raising=False)
        assert open_bucket(connection, "any", "", Counter()).by_boto3
    assert not open_bucket(replace(connection), "any", "", Counter()).by_boto3

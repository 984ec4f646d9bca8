"""Services that speak like S3 and are not AWS's: nothing is asked of them that only AWS has."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.uploads import HELD_BYTES, STREAMED_BYTES, Uploaded
from flask_cdn_stack.errors import CredentialsError
from flask_cdn_stack.local.launcher import LocalAWS
from tests.aws.conftest import set_variables
from tests.aws.test_large_uploads import is_by_boto3
from tests.aws.test_storage import plan, send
from tests.servers.fault_proxy import FaultProxy, Rule, WireRequest
from tests.servers.forward_proxy import ForwardProxy
from tests.servers.rclone import ACCESS_KEY, serve_folder
from tests.servers.tls_front import TLSFront, make_authority

HOST = "account.r2.test.invalid"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "served" / "shop").mkdir(parents=True)
    return tmp_path / "served"


@pytest.fixture
def recorder(folder: Path) -> Iterator[FaultProxy]:
    """rclone, with a record of what it is asked."""
    with serve_folder(folder) as url, FaultProxy(url) as running:
        yield running


@pytest.fixture(params=["http", "https"])
def connection(
    recorder: FaultProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Connection]:
    """A user of that service, which has a name; region ``auto`` is R2's only one."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ACCESS_KEY[1])
    authority = make_authority(tmp_path / "authority", HOST)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.certificate))
    with TLSFront(recorder.url, authority) as front:
        ports = {"http": recorder.port, "https": front.port}
        with ForwardProxy({HOST: ("127.0.0.1", ports[request.param])}) as proxy:
            monkeypatch.setenv(f"{request.param}_proxy", f"http://{proxy.address}")
            yield open_connection("auto", endpoint_url=f"{request.param}://{HOST}")


def assert_plain(requests: list[WireRequest]) -> None:
    """Path-style, signed for the region, with the digest of the body in the signature, and no checksums besides."""
    for request in requests:
        headers = request.headers
        assert headers["host"] == HOST
        assert re.match(r"(http://[^/]+)?/shop[/?]", request.path), request.path
        assert "/auto/s3/aws4_request" in headers["authorization"]
        assert re.fullmatch("[0-9a-f]{64}", headers["x-amz-content-sha256"])
        found = [name for name in headers if name.startswith(("x-amz-checksum", "x-amz-sdk-checksum", "x-amz-tr"))]
        # DeleteObjects must have one everywhere.
        assert not found or request.path.endswith("/shop?delete"), found
        assert "content-encoding" not in headers
        assert "transfer-encoding" not in headers


def test_obstore(connection: Connection, recorder: FaultProxy, folder: Path, tmp_path: Path) -> None:
    """Uploads, reads and deletes."""
    bucket = Bucket(connection, "shop", "", Counter())
    large = b"0123456789abcdef" * (STREAMED_BYTES // 16) + b"end"
    middle = large[: HELD_BYTES + 1]
    files = {"a.css": b"a{}", "large.bin": large, "middle +.bin": middle}
    results = send(bucket, *[plan(tmp_path / name, name, data) for name, data in files.items()])
    assert [type(result) for result in results.values()] == [Uploaded] * 3, results
    found = bucket.read("a.css")
    assert found is not None
    assert found.data == b"a{}"
    assert (folder / "shop/large.bin").read_bytes() == large
    assert (folder / "shop/middle +.bin").read_bytes() == middle
    assert bucket.read("absent") is None
    bucket.delete(["a.css"])

    assert not (folder / "shop/a.css").exists()
    assert_plain(recorder.log)
    digests = [request.headers["x-amz-content-sha256"] for request in recorder.log if request.method == "PUT"]
    assert hashlib.sha256(b"a{}").hexdigest() in digests
    # Sent once only: its signature was right the first time.
    signed = hashlib.sha256(middle).hexdigest()
    assert [is_by_boto3(item) for item in recorder.log if item.headers["x-amz-content-sha256"] == signed] == [True]


def test_a_file_that_changes_while_it_is_sent(
    connection: Connection, recorder: FaultProxy, folder: Path, tmp_path: Path
) -> None:
    """Is noticed here, where a service does not compare what arrives with what was signed."""
    file = tmp_path / "changes"
    changes = replace(plan(file, "changes.bin", b"a" * 30_000_000), checksum="")

    def overwrite(index: int, method: str, path: str) -> None:
        if index == 1:
            file.write_bytes(b"b" * changes.size)

    recorder.on_request = overwrite
    (result,) = send(Bucket(connection, "shop", "", Counter()), changes).values()

    assert isinstance(result, Uploaded)
    assert result.checksum == hashlib.sha256(b"b" * changes.size).hexdigest()
    assert hashlib.sha256((folder / "shop/changes.bin").read_bytes()).hexdigest() == result.checksum
    assert len(recorder.log) == 2


def test_boto3(connection: Connection, recorder: FaultProxy, folder: Path) -> None:
    """Writes, reads and lists."""
    client = connection.client("s3")
    client.put_object(Bucket="shop", Key="a.css", Body=b"a{}")
    assert client.get_object(Bucket="shop", Key="a.css")["Body"].read() == b"a{}"
    assert [item["Key"] for item in client.list_objects_v2(Bucket="shop")["Contents"]] == ["a.css"]

    assert_plain(recorder.log)
    assert recorder.log[0].headers["x-amz-content-sha256"] == hashlib.sha256(b"a{}").hexdigest()


def test_the_wrong_key(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is refused in the words that AWS's refusal has."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    bucket = Bucket(connection, "shop", "", Counter())

    with pytest.raises(CredentialsError, match="does not accept the credentials"):
        bucket.read("state")


def test_the_local_aws_gets_a_checksum(local_aws: LocalAWS, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As AWS does, which keeps it with the object."""
    with FaultProxy(local_aws.endpoint_url, [Rule("status", status=403, error="AccessDenied")]) as recorder:
        set_variables(monkeypatch, local_aws.environment | {"AWS_ENDPOINT_URL": recorder.url})
        send(Bucket(open_connection(), "shop", "", Counter()), plan(tmp_path / "a", "a.css", b"a{}"))

    assert recorder.log[0].headers["x-amz-checksum-sha256"]

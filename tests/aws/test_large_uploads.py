"""Large files, sent a block at a time with the checksum that is known of them, against the local AWS."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.uploads import HELD_BYTES, STREAMED_BYTES, Upload, Uploaded
from flask_cdn_stack.errors import AssetReadError, AWSError, CDNStackError, LeaseError
from tests.aws.conftest import MakeBucket
from tests.aws.test_storage import plan, send
from tests.servers.fault_proxy import FaultProxy, Rule, WireRequest

DATA = os.urandom(HELD_BYTES + 1)


def is_by_boto3(request: WireRequest) -> bool:
    """Whether a file went through boto3."""
    return "Boto3" in request.headers["user-agent"]


def send_one(bucket: Bucket, upload: Upload) -> Uploaded | CDNStackError:
    (result,) = send(bucket, upload).values()
    return result


@pytest.mark.parametrize("size", [HELD_BYTES, HELD_BYTES + 1], ids=["held", "in blocks"])
def test_which_files(make_bucket: MakeBucket, proxy: FaultProxy, tmp_path: Path, size: int) -> None:
    """Go this way: those that are larger than what is held in memory."""
    send(make_bucket(proxy.url), plan(tmp_path / "a", "a", b"a" * size))

    assert [is_by_boto3(request) for request in proxy.log] == [size > HELD_BYTES]


@pytest.mark.parametrize(
    ("rule", "size"),
    [
        (Rule("status", times=1), HELD_BYTES + 1),
        (Rule("status", status=400, error="RequestTimeout", times=1), HELD_BYTES + 1),
        (Rule("reset_mid_upload", times=1), HELD_BYTES + 1),
        (Rule("drop_response", times=1), HELD_BYTES + 1),
        (Rule("corrupt_upload", times=1), HELD_BYTES + 1),
        (Rule("hang", times=1), HELD_BYTES + 1),
        (Rule("reset", times=1), STREAMED_BYTES + 1),
        (Rule("corrupt_upload", times=1), STREAMED_BYTES + 1),
    ],
    ids=lambda value: value.action if isinstance(value, Rule) else str(value),
)
def test_a_request_that_does_not_get_through(
    make_bucket: MakeBucket, proxy: FaultProxy, s3: Any, tmp_path: Path, rule: Rule, size: int
) -> None:
    """Is sent again; so is a whole file where one of its parts did not arrive as it was."""
    data = os.urandom(size)
    proxy.rules.add(replace(rule, method="PUT"))
    bucket = make_bucket(proxy.url, timeout=2)
    result = send_one(bucket, plan(tmp_path / "a", "a", data))

    assert isinstance(result, Uploaded), result
    assert s3.get_object(Bucket=bucket.name, Key="a")["Body"].read() == data
    assert [request.action for request in proxy.log].count(rule.action) == 1
    assert not s3.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


def test_a_service_that_stays_busy(make_bucket: MakeBucket, proxy: FaultProxy, tmp_path: Path) -> None:
    """Ends the upload: no further file is begun."""
    proxy.rules.add(Rule("status"))
    bucket = make_bucket(proxy.url, repeats=0)
    file = plan(tmp_path / "a", "", DATA)
    results = send(bucket, *[replace(file, key=str(number)) for number in range(60)])

    assert all(isinstance(result, AWSError) for result in results.values())
    assert len(results) < 60


@pytest.mark.parametrize(
    ("size", "place"), [(HELD_BYTES + 1, ""), (STREAMED_BYTES + 1, "partNumber=2")], ids=["in blocks", "in parts"]
)
def test_a_run_whose_claim_is_lost(
    make_bucket: MakeBucket, proxy: FaultProxy, s3: Any, tmp_path: Path, size: int, place: str
) -> None:
    """Sends nothing more, does not repeat what it has begun, and clears its parts away."""
    proxy.rules.add(Rule("status", path=place))
    lost: list[bool] = []
    proxy.on_request = lambda index, method, path: lost.append(True) if place in path else None

    def check() -> None:
        if lost:
            raise LeaseError("Another run may have taken its place.")

    bucket, results = make_bucket(proxy.url), []
    upload = plan(tmp_path / "a", "a", os.urandom(size))
    bucket.upload([upload], lambda sending, result: results.append(result), check)

    assert [type(result) for result in results] == [LeaseError]
    assert [request.action for request in proxy.log].count("status") == 1
    assert not s3.list_multipart_uploads(Bucket=bucket.name).get("Uploads")
    assert make_bucket().read("a") is None


@pytest.mark.parametrize(
    "change", [lambda file: os.truncate(file, 10), lambda file: append(file)], ids=["cut", "grown"]
)
def test_a_file_that_changes_while_it_is_sent(
    make_bucket: MakeBucket, proxy: FaultProxy, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """Is told from the planned one, and an upload that planned nothing takes what it has become."""
    planned = plan(tmp_path / "a", "a", os.urandom(30_000_000))
    original = (tmp_path / "a").read_bytes()
    proxy.on_request = lambda index, method, path: change(tmp_path / "a") if index in (1, 2) else None
    result = send_one(make_bucket(proxy.url), planned)
    assert isinstance(result, AssetReadError)
    assert "changed while it was being deployed" in result.message

    (tmp_path / "a").write_bytes(original)
    proxy.log.clear()
    direct = make_bucket()
    result = send_one(make_bucket(proxy.url), replace(planned, checksum=""))
    found = direct.read("a")

    assert isinstance(result, Uploaded)
    assert found is not None
    assert found.data == (tmp_path / "a").read_bytes() != original
    assert result.checksum == hashlib.sha256(found.data).hexdigest()


def append(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"more")

"""Bytes that change or get lost on the way, to S3 and from it: never stored, never taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flask_cdn_stack.aws.uploads import HELD_BYTES, STREAMED_BYTES
from flask_cdn_stack.errors import AWSError, StateError, UnreachableError
from flask_cdn_stack.release.state import STATE_KEY, State
from flask_cdn_stack.release.state_text import encode_state
from flask_cdn_stack.release.store import read_state
from tests.aws.conftest import MakeBucket
from tests.aws.test_storage import plan, send
from tests.servers.fault_proxy import FaultProxy, Rule

_DATE = "Thu, 01 Dec 2033 16:00:00 GMT"


def test_bytes_that_never_arrive_as_they_were_sent(make_bucket: MakeBucket, proxy: FaultProxy, tmp_path: Path) -> None:
    """Are refused each time, and never stored, whichever way they take."""
    proxy.rules.add(Rule("corrupt_upload", method="PUT"))
    faulty, direct = make_bucket(proxy.url, repeats=1), make_bucket()
    files = {
        "small": plan(tmp_path / "small", "small", b"body{}"),
        "in blocks": plan(tmp_path / "in blocks", "in blocks", b"0123456789abcdef" * (HELD_BYTES // 16) + b"end"),
        "large": plan(tmp_path / "large", "large", b"0123456789abcdef" * (STREAMED_BYTES // 16) + b"end"),
        "by boto3": replace(plan(tmp_path / "boto3", "by boto3", b"body{}"), headers=(("Expires", _DATE),)),
    }
    results = send(faulty, *files.values())

    for key in files:
        assert str(results[key]).startswith(f"s3:PutObject on arn:aws:s3:::{faulty.name}/{key} failed: "), results[key]
        assert direct.read(key) is None
    with pytest.raises(AWSError):
        faulty.write("state", b"one", "text/plain", None)
    assert direct.read("state") is None


@pytest.mark.parametrize(("size", "arrives"), [(0, False), (1, False), (40, True), (60, True)])
def test_a_record_that_arrives_in_pieces(make_bucket: MakeBucket, proxy: FaultProxy, size: int, arrives: bool) -> None:
    """Is asked for from where it broke off, as often as any request is repeated; less than the whole is an error."""
    direct, faulty = make_bucket(), make_bucket(proxy.url)
    direct.write("state", bytes(range(100)), "text/plain", None)
    proxy.rules.add(Rule("truncate", size=size, method="GET"))

    if arrives:
        found = faulty.read("state")
        assert found is not None
        assert found.data == bytes(range(100))
    else:
        with pytest.raises(UnreachableError):
            faulty.read("state")


def test_a_record_that_arrives_with_a_wrong_bit(make_bucket: MakeBucket, proxy: FaultProxy) -> None:
    """Is not taken: gzip's checksum tells, where no TLS does."""
    direct, faulty = make_bucket(), make_bucket(proxy.url)
    direct.write(STATE_KEY, encode_state(State(serial=3, release="r" * 40)), "application/gzip", None)
    proxy.rules.add(Rule("corrupt", method="GET"))

    assert read_state(direct).state.serial == 3
    with pytest.raises(StateError, match="is damaged"):
        read_state(faulty)

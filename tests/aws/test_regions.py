"""A bucket that is in another region than it is looked for in: the message names the one that the answer names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.versions import Version, Versions
from flask_cdn_stack.errors import AWSError
from tests.aws.conftest import MakeBucket
from tests.aws.test_storage import plan, send
from tests.servers.fault_proxy import FaultProxy, Rule

_HEADER = {"x-amz-bucket-region": "eu-west-1"}
_WRONG = "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"

#: What S3, or a service like it, says. botocore asks the region that it is sent to, and gets the same answer there.
ANSWERS = {
    "301, header and body": Rule("status", status=301, error="PermanentRedirect", headers=_HEADER),
    "301, header only": Rule("status", status=301, error="", headers=_HEADER),
    "307 without a place": Rule("status", status=307, error="TemporaryRedirect", headers=_HEADER),
    "400, element": Rule(
        "status", status=400, error="AuthorizationHeaderMalformed", message="", details={"Region": "eu-west-1"}
    ),
    "400, sentence": Rule("status", status=400, error="AuthorizationHeaderMalformed", message=_WRONG),
    "400, header": Rule("status", status=400, error="IllegalLocationConstraintException", headers=_HEADER),
}


def _upload(bucket: Bucket, folder: Path) -> None:
    (result,) = send(bucket, plan(folder / "a.css", "a.css", b"a")).values()
    assert isinstance(result, AWSError)
    raise result


def _copy(versions: Versions) -> None:
    results: list[Any] = []
    versions.copy_back([Version("a", "1", '"e"', "", 1)], lambda version, result: results.append(result))
    raise results[0]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_the_answer_names(
    connection: Connection, make_bucket: MakeBucket, proxy: FaultProxy, tmp_path: Path, answer: Rule
) -> None:
    """Whichever client asked: the first four ask through obstore, which is told less than boto3."""
    proxy.rules.add(answer)
    bucket = make_bucket(proxy.url)
    versions = Versions(replace(connection, endpoint_url=proxy.url), bucket.name, "", Counter())
    ways: dict[str, Callable[[], Any]] = {
        "read": lambda: bucket.read("state"),
        "write": lambda: bucket.write("state", b"", "text/plain", None),
        "delete": lambda: bucket.delete(["a.css"]),
        "upload": lambda: _upload(bucket, tmp_path),
        "list": bucket.list_etags,
        "copy": lambda: _copy(versions),
    }
    for way, ask in ways.items():
        with pytest.raises(AWSError) as caught:
            ask()

        assert caught.value.message.startswith(f"The bucket {bucket.name} is in the region eu-west-1"), way
        assert "Write eu-west-1 as target.region in the settings" in caught.value.hint


def test_an_answer_that_names_none(make_bucket: MakeBucket, proxy: FaultProxy) -> None:
    """A server that leads from http to https answers so, and botocore asks it again and again."""
    proxy.rules.add(Rule("status", status=301, error=""))
    bucket = make_bucket(proxy.url, repeats=0)

    with pytest.raises(AWSError, match=f"The bucket {bucket.name} is not in the region us-east-1.\nWrite its own as "):
        bucket.read("state")
    with pytest.raises(AWSError, match="failed: the endpoint redirects, and does not say where to"):
        bucket.list_etags()

"""Which of some keys a bucket has already, asked quickly, against the local AWS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from typing import Any

import pytest

from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.errors import AWSError, CredentialsError, UnreachableError
from tests.aws.conftest import MakeBucket
from tests.servers.fault_proxy import FaultProxy, Rule

ODD = ("static/a b+c'(d)~.css", "static/ü/日本.css", "static/%2f.css", "static/a&<b>.css")

both = pytest.mark.parametrize("by_boto3", [False, True])


def put(s3: Any, bucket: Bucket, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=bucket.name, Key=key, Body=b"")


@both
@pytest.mark.parametrize("prefix", ["", "shop"])
def test_what_exists(make_bucket: MakeBucket, s3: Any, by_boto3: bool, prefix: str) -> None:
    """Is found under its name alone, whatever lies beside it, below it or under another prefix."""
    bucket = make_bucket(prefix=prefix, by_boto3=by_boto3)
    start = f"{prefix}/" if prefix else ""
    put(s3, bucket, *(start + key for key in ODD), f"{start}static/a.css", "static/other.css", f"{start}static/b/c.css")

    wanted = {*ODD, "static/a.css", "static/b", "static/absent.css"}

    assert bucket.find_existing(wanted) == {*ODD, "static/a.css"}
    assert bucket.find_existing({"static/b/c.css", "root.txt"}) == {"static/b/c.css"}
    assert bucket.find_existing({"static/b"}) == frozenset()


def test_a_folder_of_several_answers(make_bucket: MakeBucket) -> None:
    """Costs as many requests, and nothing but those: no client of boto3's is made where it can be helped."""
    assert find_and_count(make_bucket, False) == find_and_count(make_bucket, True) == (frozenset(), 1)
    bucket = make_bucket()
    for number in range(1001):
        bucket.write(f"static/{number}.css", b"", "text/css", None)

    found = {"static/0.css", "static/1000.css"}
    assert find_and_count(make_bucket, False) == find_and_count(make_bucket, True) == (found, 2)


def find_and_count(make_bucket: MakeBucket, by_boto3: bool) -> tuple[Set[str], int]:
    requests: Counter[str] = Counter()
    bucket = make_bucket(requests=requests, by_boto3=by_boto3)
    found = bucket.find_existing({"static/0.css", "static/1000.css", "static/no.css"})
    assert set(requests) == {"ListObjectsV2"}
    return found, requests["ListObjectsV2"]


@pytest.mark.parametrize(("there", "found", "asked"), [("other.css", set(), 1), ("a.css", {"a.css"}, 2)])
def test_what_was_listed_ahead(make_bucket: MakeBucket, s3: Any, there: str, found: Set[str], asked: int) -> None:
    """Is believed where it has none of the keys, and once: what was there may be deleted meanwhile."""
    requests: Counter[str] = Counter()
    bucket = make_bucket(requests=requests)
    put(s3, bucket, there)

    bucket.list_ahead()

    assert bucket.find_existing({"a.css", "b.css"}) == found
    assert requests["ListObjectsV2"] == asked
    put(s3, bucket, "b.css")
    assert "b.css" in bucket.find_existing({"a.css", "b.css"})


def test_keys_that_are_no_paths(make_bucket: MakeBucket, s3: Any) -> None:
    """May have been written by others, and keep nobody from finding the rest."""
    bucket = make_bucket()
    put(s3, bucket, "static/", "static//a.css", "static/../b.css", "static/./c.css", "static/d.css")

    assert bucket.find_existing({"static/d.css", "static/e.css"}) == {"static/d.css"}


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("kind", ["drop_response", "truncate", "status"])
def test_what_is_asked_again(make_bucket: MakeBucket, proxy: FaultProxy, s3: Any, kind: Any, ahead: bool) -> None:
    """An answer that broke off or did not come."""
    put(s3, make_bucket(), "static/a.css")
    proxy.rules.add(Rule(kind, method="GET", path=r"list-type=2", nth=(1,)))
    bucket = make_bucket(proxy.url, repeats=0 if ahead else 3)

    if ahead:
        bucket.list_ahead()

    assert bucket.find_existing({"static/a.css", "static/b.css"}) == {"static/a.css"}


@pytest.mark.parametrize(
    ("code", "status", "error", "words"),
    [
        ("AccessDenied", 403, AWSError, "AWS denied s3:ListBucket on arn:aws:s3:::bucket-"),
        ("InvalidAccessKeyId", 403, CredentialsError, "does not accept the credentials"),
        ("SlowDown", 503, UnreachableError, "SlowDown"),
    ],
)
def test_a_refusal(
    make_bucket: MakeBucket, proxy: FaultProxy, code: str, status: int, error: type[Exception], words: str
) -> None:
    """Says what was asked for, and of which bucket."""
    proxy.rules.add(Rule("status", method="GET", path=r"list-type=2", status=status, error=code))

    with pytest.raises(error, match=words):
        make_bucket(proxy.url, repeats=0).find_existing({"static/a.css"})

"""What S3 denies because it is not there, and what it denies for good."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.versions import Versions
from flask_cdn_stack.errors import AWSError, UnreachableError
from tests.aws.conftest import MakeBucket
from tests.aws.test_versions import open_versions, put
from tests.servers.fault_proxy import FaultProxy, Rule

pytestmark = pytest.mark.usefixtures("connection")

#: Reads, and not the names that are asked for.
READS = r"^[^?]*/shop/[^?]*(\?versionId=[^&]*)?$"
NAMES = r"\?(.*&)?(list-type=2|versions)"
DENIED = Rule("status", status=403, error="AccessDenied", path=READS)


@pytest.fixture(params=[False, True], ids=["obstore", "boto3"])
def reader(make_bucket: MakeBucket, proxy: FaultProxy, request: pytest.FixtureRequest) -> tuple[Bucket, Counter[str]]:
    """The bucket behind the proxy, by either way, and the count of what it was asked."""
    make_bucket(prefix="shop").write("there.json", b"there", "text/plain", None)
    requests = Counter({"GetObject": 0})
    return make_bucket(proxy.url, prefix="shop", requests=requests, by_boto3=request.param, repeats=1), requests


@pytest.mark.parametrize("key", ["there", "there.json/x"])
def test_an_absent_object(reader: tuple[Bucket, Counter[str]], proxy: FaultProxy, key: str) -> None:
    """Is told by its name, which is asked for once; other names that begin alike do not count."""
    bucket, requests = reader
    proxy.rules.add(DENIED)

    assert bucket.read(key) is None
    assert +requests == {"GetObject": 1, "ListObjectsV2": 1}


def test_a_denied_object(reader: tuple[Bucket, Counter[str]], proxy: FaultProxy) -> None:
    """Is not absent."""
    bucket, _ = reader
    proxy.rules.add(DENIED)

    with pytest.raises(AWSError, match=rf"AWS denied s3:GetObject on arn:aws:s3:::{bucket.name}/shop/there\.json\."):
        bucket.read("there.json")


def test_written_meanwhile(reader: tuple[Bucket, Counter[str]], proxy: FaultProxy) -> None:
    """Another's first write, between the two questions, is read."""
    bucket, requests = reader
    proxy.rules.add(replace(DENIED, times=1))
    found = bucket.read("there.json")

    assert found is not None
    assert found.data == b"there"
    assert +requests == {"GetObject": 2, "ListObjectsV2": 1}


@pytest.mark.parametrize("key", ["absent.json", "there.json"])
def test_denied_names(reader: tuple[Bucket, Counter[str]], proxy: FaultProxy, key: str) -> None:
    """Tell nothing: the object counts as denied. Neither do names that cannot be had."""
    bucket, _ = reader
    proxy.rules.add(DENIED)
    proxy.rules.add(replace(DENIED, path=NAMES, times=1))
    proxy.rules.add(Rule("reset", path=NAMES))

    with pytest.raises(AWSError, match="AWS denied s3:GetObject on"):
        bucket.read(key)
    with pytest.raises(UnreachableError):
        bucket.read(key)


def test_without_prefix(make_bucket: MakeBucket, proxy: FaultProxy) -> None:
    """Who may list may list all, so S3 would have said that there is none."""
    proxy.rules.add(replace(DENIED, path=""))
    bucket = make_bucket(proxy.url)

    with pytest.raises(AWSError, match="AWS denied s3:GetObject on"):
        bucket.read("absent.json")
    assert len(proxy.log) == 1


@pytest.fixture
def behind_proxy(bucket: Bucket, s3: Any, proxy: FaultProxy) -> tuple[Versions, Counter[str]]:
    """The versions of a bucket behind the proxy, and the count of what was asked."""
    s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    return open_versions(open_connection(endpoint_url=proxy.url), bucket.name, "shop")


def test_absent_versions(
    behind_proxy: tuple[Versions, Counter[str]], bucket: Bucket, s3: Any, proxy: FaultProxy
) -> None:
    """Are told by their names, even where other versions or longer names are there."""
    versions, requests = behind_proxy
    gone = [put(s3, bucket.name, key, b"x", "shop/") for key in ("only", "replaced", "deleted", "begin")]
    for key in ("replaced", "beginning"):
        put(s3, bucket.name, key, b"x", "shop/")
    for version in gone:
        s3.delete_object(Bucket=bucket.name, Key=f"shop/{version.key}", VersionId=version.id)
    s3.delete_object(Bucket=bucket.name, Key="shop/deleted")
    proxy.rules.add(DENIED)

    assert versions.find_missing(gone) == sorted(version.key for version in gone)
    assert +requests == {"HeadObject": 4, "ListObjectVersions": 4}


@pytest.mark.parametrize("names", [[], [replace(DENIED, path=NAMES)]], ids=["listed", "names denied"])
def test_denied_versions(
    behind_proxy: tuple[Versions, Counter[str]], bucket: Bucket, s3: Any, proxy: FaultProxy, names: list[Rule]
) -> None:
    """Are not absent."""
    version = put(s3, bucket.name, "there", b"x", "shop/")
    for rule in [DENIED, *names]:
        proxy.rules.add(rule)

    with pytest.raises(AWSError, match=r"AWS denied s3:GetObjectVersion on arn:aws:s3:::.*/shop/there\."):
        behind_proxy[0].find_missing([version])

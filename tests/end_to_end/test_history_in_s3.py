"""Deploys, a rollback and a prune in a real bucket."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.versions import Versions
from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.release.history import Keep, list_releases
from flask_cdn_stack.release.prune import delete_pruned, delete_unneeded, preview_prune, preview_unneeded
from flask_cdn_stack.release.rollback import preview_rollback, roll_back
from flask_cdn_stack.release.rollback_plan import Rollback
from flask_cdn_stack.release.run import start_run
from tests.release.deployments import Tree
from tests.release.fakes import OWNER, RecordingDistribution, RecordingWatcher, TreeSource
from tests.release.publishing import publish

NAME = "bucket-with-a-history"
OLD = {"css/a b.css": "one", "kept.js": "same", "old.js": "old"}
NEW = {"css/a b.css": "two", "kept.js": "same"}


@pytest.fixture
def s3(local_aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Another client, and no bucket before and after."""
    for name, value in local_aws.environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.Session("key", "secret", region_name="us-east-1").client("s3", endpoint_url=local_aws.endpoint_url)
    client.create_bucket(Bucket=NAME)
    yield client
    listed = client.list_object_versions(Bucket=NAME)
    for item in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        client.delete_object(Bucket=NAME, Key=item["Key"], VersionId=item["VersionId"])
    client.delete_bucket(Bucket=NAME)


def _open() -> tuple[Bucket, Versions]:
    connection = open_connection()
    return Bucket(connection, NAME, "shop", Counter()), Versions(connection, NAME, "shop", Counter())


def _deploy(tree: Tree, deletes: bool = False) -> None:
    bucket, run, keep = _open()[0], start_run(OWNER), Keep(5, 30)
    agreed = preview_unneeded(bucket, tree, False, keep, 10, run) if deletes else ()
    publish(bucket, RecordingDistribution(), TreeSource(tree), run, RecordingWatcher())
    delete_unneeded(bucket, agreed, False, keep, 10, run)


def _go_back() -> Rollback:
    (bucket, versions), run = _open(), start_run(OWNER)
    plan = preview_rollback(bucket, versions, RecordingDistribution(), None, run)
    return roll_back(bucket, versions, RecordingDistribution(), plan.target, run, RecordingWatcher())


def _texts(s3: Any) -> dict[str, str]:
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=NAME)["Contents"]]
    assets = [key for key in keys if ".flask-cdn-stack" not in key]
    return {key: s3.get_object(Bucket=NAME, Key=key)["Body"].read().decode() for key in assets}


def test_there_and_back(s3: Any) -> None:
    """What was overwritten and what was deleted comes back with its headers; foreign objects stay all the while."""
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=NAME, Key="shop/foreign", Body=b"theirs")
    foreign = {"shop/foreign": "theirs"}
    _deploy(OLD)
    headers = s3.head_object(Bucket=NAME, Key="shop/css/a b.css")
    _deploy(NEW, deletes=True)
    assert _texts(s3) == {f"shop/{key}": text for key, text in NEW.items()} | foreign

    outcome = _go_back()

    assert outcome.keys == ("css/a b.css", "old.js")
    assert _texts(s3) == {f"shop/{key}": text for key, text in OLD.items()} | foreign
    restored = s3.head_object(Bucket=NAME, Key="shop/css/a b.css")
    assert (restored["ContentType"], restored["CacheControl"]) == (headers["ContentType"], headers["CacheControl"])
    assert restored["VersionId"] != headers["VersionId"]
    releases = list_releases(_open()[0])
    assert [item.published for item in releases] == [True, False, False]
    assert releases[0].rollback_of == releases[2].id

    _deploy({"kept.js": "same"})
    bucket, keep = _open()[0], Keep(1, 0)
    run = replace(start_run(OWNER), now=lambda: time.time() + 60)  # a release of this very second counts as young
    done = delete_pruned(bucket, preview_prune(bucket, keep, 10, run), keep, 10, run)

    assert done.keys == ("css/a b.css", "old.js")
    assert len(done.releases) == 3
    assert _texts(s3) == {"shop/kept.js": "same"} | foreign


def test_a_bucket_without_versions(s3: Any) -> None:
    """What was overwritten cannot be had any more; nothing is changed then."""
    _deploy(OLD)
    _deploy(NEW)

    with pytest.raises(RefusedError, match=r"has 1 object that the bucket does not hold any more") as caught:
        _go_back()

    assert caught.value.message.endswith("\n  css/a b.css")
    assert _texts(s3)["shop/css/a b.css"] == "two"

"""Flask-S3's upload: to which bucket, where, as whom, and who may read it then."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from flask_cdn_stack.compat.create_all import create_all
from flask_cdn_stack.errors import AWSError, SettingsError
from flask_cdn_stack.local.launcher import LocalAWS
from tests.compat.s3_account import Account

CSS = {"static/css/app.css": "body { color: black }\n"}
SECRET = "very-secret-of-mine"


@pytest.mark.parametrize(
    ("location", "configured", "region"),
    [
        (None, None, "us-east-1"),
        (None, "eu-west-3", "eu-west-3"),
        ("eu-west-1", "eu-west-3", "eu-west-1"),
        (" EU\n", None, "eu-west-1"),
        ("DEFAULT", "eu-west-3", "us-east-1"),
        ("", "eu-west-3", "eu-west-3"),
    ],
)
def test_region(account: Account, tmp_path: Path, location: str | None, configured: str | None, region: str) -> None:
    """By its name now or in Flask-S3's documentation; the bucket is created there."""
    create_all(account.make_app(tmp_path, CSS, FLASKS3_REGION=configured), location=location)

    assert account.s3.head_bucket(Bucket=account.bucket)["BucketRegion"] == region
    assert account.list_keys() == ["static/css/app.css"]


@pytest.mark.parametrize(("location", "region"), [(None, "eu-north-1"), ("", "us-east-1")])
def test_region_of_the_session(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str | None, region: str
) -> None:
    """Is used where nothing else is said; an empty string says the first region, as documented."""
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    create_all(account.make_app(tmp_path, CSS), location=location)

    assert account.s3.head_bucket(Bucket=account.bucket)["BucketRegion"] == region


def test_a_bucket_elsewhere(account: Account, tmp_path: Path) -> None:
    """Is uploaded to where it is."""
    create_all(account.make_app(tmp_path, CSS), location="ap-south-1")
    create_all(account.make_app(tmp_path, {"static/b.js": "1"}), location="EU")

    assert account.list_keys() == ["static/b.js", "static/css/app.css"]


def test_bucket_by_argument(account: Account, tmp_path: Path) -> None:
    """Wins over the config."""
    create_all(account.make_app(tmp_path, CSS, FLASKS3_BUCKET_NAME="other"), bucket_name=account.bucket)

    assert account.list_keys() == ["static/css/app.css"]


def test_endpoint(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting wins over the environment."""
    app = account.make_app(tmp_path, CSS, FLASKS3_ENDPOINT_URL=account.endpoint_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    create_all(app)

    assert account.list_keys() == ["static/css/app.css"]


def test_no_bucket(account: Account, tmp_path: Path) -> None:
    """Names the setting."""
    with pytest.raises(SettingsError, match="No bucket is named") as caught:
        create_all(account.make_app(tmp_path, CSS, FLASKS3_BUCKET_NAME=None))

    assert "FLASKS3_BUCKET_NAME" in caught.value.hint


@pytest.fixture(scope="module")
def closed_aws() -> Iterator[LocalAWS]:
    """A local AWS that checks who asks."""
    with LocalAWS(environment=os.environ, settings={"AUTH": "true"}) as aws:
        yield aws


@pytest.fixture(scope="module")
def key(closed_aws: LocalAWS) -> dict[str, str]:
    """The access key of a user who may do everything in S3."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    iam = session.client("iam", endpoint_url=closed_aws.endpoint_url)
    iam.create_user(UserName="uploader")
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="uploader", PolicyName="s3", PolicyDocument=policy)
    made = iam.create_access_key(UserName="uploader")["AccessKey"]
    return {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}


@pytest.fixture
def closed(closed_aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account whose keys are not in the environment."""
    account = Account(closed_aws, monkeypatch)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    return account


@pytest.mark.parametrize(
    ("arguments", "config", "environment"),
    [
        ({"user": "{key}", "password": "{secret}"}, {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": SECRET}, {}),
        ({}, {"AWS_ACCESS_KEY_ID": "{key}", "AWS_SECRET_ACCESS_KEY": "{secret}"}, {"AWS_ACCESS_KEY_ID": "x"}),
        ({"password": "{secret}"}, {"AWS_ACCESS_KEY_ID": "{key}", "AWS_SECRET_ACCESS_KEY": SECRET}, {}),
        ({}, {}, {"AWS_ACCESS_KEY_ID": "{key}", "AWS_SECRET_ACCESS_KEY": "{secret}"}),
    ],
    ids=["arguments", "config", "one of each", "boto3"],
)
def test_credentials(
    closed: Account,
    key: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, str],
    config: dict[str, str],
    environment: dict[str, str],
) -> None:
    """Arguments, then the config, then boto3's own: with any others S3 refuses."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(**key))
    app = closed.make_app(tmp_path, CSS, **{name: value.format(**key) for name, value in config.items()})
    create_all(app, **{name: value.format(**key) for name, value in arguments.items()})  # type: ignore[arg-type]

    assert closed.list_keys() == ["static/css/app.css"]


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [({"user": "AKIAX"}, "AWS_SECRET_ACCESS_KEY"), ({"password": SECRET}, "AWS_ACCESS_KEY_ID")],
)
def test_half_an_access_key(account: Account, tmp_path: Path, arguments: dict[str, str], missing: str) -> None:
    """Is no access key, whatever the environment has."""
    with pytest.raises(SettingsError, match=f"; {missing} ") as caught:
        create_all(account.make_app(tmp_path, CSS), **arguments)  # type: ignore[arg-type]

    assert SECRET not in str(caught.value)


@pytest.mark.usefixtures("key")
def test_a_wrong_secret(closed: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Is not shown in the refusal, nor logged."""
    caplog.set_level(logging.DEBUG, "flask_cdn_stack")
    with pytest.raises(AWSError, match="AWS denied s3:ListBucket") as caught:
        create_all(closed.make_app(tmp_path, CSS), "AKIAWRONG", SECRET)

    assert SECRET not in str(caught.value) + repr(caught.value) + caplog.text


def test_public_acls(account: Account, tmp_path: Path) -> None:
    """Are given when they are asked for, to a bucket that is created for them and to every object."""
    create_all(account.make_app(tmp_path, CSS | {"static/a.js": "1"}), put_bucket_acl=True)

    assert account.is_public()
    assert [key for key in account.list_keys() if account.is_public(key)] == ["static/a.js", "static/css/app.css"]
    assert account.head("static/a.js")["ContentType"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("arguments", [{}, {"put_bucket_acl": False}])
def test_private_objects(
    account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture, arguments: dict[str, bool]
) -> None:
    """Are made without a word by default; who says False, as to the peer that means public objects, is told."""
    account.s3.create_bucket(Bucket=account.bucket, ObjectOwnership="BucketOwnerPreferred")
    create_all(account.make_app(tmp_path, CSS), **arguments)  # type: ignore[arg-type]

    assert not account.is_public("static/css/app.css")
    told = [account.bucket in line and "Objects get no ACL either" in line for line in caplog.messages]
    assert told == [True] * len(arguments)


def test_public_acls_where_they_are_disabled(account: Account, tmp_path: Path) -> None:
    """Are refused in one sentence; nothing is uploaded."""
    account.s3.create_bucket(Bucket=account.bucket)
    with pytest.raises(AWSError, match=f"ACLs are disabled for the bucket {account.bucket}") as caught:
        create_all(account.make_app(tmp_path, CSS), put_bucket_acl=True)

    assert "Leave put_bucket_acl out" in caught.value.hint
    assert account.list_keys() == []

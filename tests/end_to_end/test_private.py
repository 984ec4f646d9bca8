"""Files are reached through their distribution, and in no other way."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.verify import Answer

from ..conftest import Program, program_environment
from .conftest import Account
from .published import ask

KEY = "shop/live/static/logo.svg"


@pytest.fixture(scope="module")
def published(account: Account) -> Account:
    account.root.ok("deploy")
    return account


def view(account: Account, target: str) -> Answer:
    return ask(account.root, account.outputs["DistributionDomainName"], target)


def test_nobody_without_a_signature(published: Account) -> None:
    """The bucket's own URLs answer 403, of objects and of the bucket."""
    bucket = published.outputs["BucketName"]
    host = urlsplit(published.root.environment["AWS_ENDPOINT_URL"]).netloc

    for target in (f"/{bucket}/{KEY}", f"/{bucket}", f"/{bucket}/?list-type=2", f"/{bucket}/{KEY}?acl"):
        assert ask(published.root, host, target).status == 403, target


def test_own_records_are_never_seen(published: Account) -> None:
    """Nor what lies beside the prefix."""
    for target in ("/.flask-cdn-stack/state.json.gz", "/../secret", "/%2e%2e/secret", "/", "/static/"):
        assert view(published, target).status in (403, 404), target


def test_the_key_is_not_shown(published: Account) -> None:
    """S3 tells it with an encrypted file, and the edge no viewer."""
    s3, bucket, name = published.client("s3"), published.outputs["BucketName"], "encrypted.txt"
    key = published.client("kms").create_key()["KeyMetadata"]["Arn"]
    stored = {"Bucket": bucket, "Key": f"shop/live/{name}"}
    s3.put_object(**stored, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, BucketKeyEnabled=True)
    assert s3.get_object(**stored)["SSEKMSKeyId"] == key

    response = view(published, f"/{name}")

    assert (response.status, response.body) == (200, b"x")
    assert not [header for header in response.headers if header.startswith("x-amz-server-side-encryption")]


def test_another_distribution(published: Account) -> None:
    """Whose ARN is not that of the policy reads nothing, of the same bucket with the same signature."""
    s3, bucket = published.client("s3"), published.outputs["BucketName"]
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    other = policy.replace(published.outputs["DistributionId"], "E0000000000000")
    assert other != policy
    s3.put_bucket_policy(Bucket=bucket, Policy=other)
    try:
        assert view(published, "/static/logo.svg").status == 403
    finally:
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert view(published, "/static/logo.svg").status == 200


def test_plain_http(published: Account, tmp_path: Path) -> None:
    """Is refused by the policy, whatever rights one has; a local AWS as it comes does not take loopback for safe."""
    policy = published.client("s3").get_bucket_policy(Bucket=published.outputs["BucketName"])["Policy"]
    statements = json.loads(policy)["Statement"]
    denials = [statement for statement in statements if statement["Sid"] == "DenyPlainHTTP"]
    text = json.dumps({"Version": "2012-10-17", "Statement": denials})
    with LocalAWS(environment=os.environ, module="ministack", settings={"AUTH": "true"}) as aws:
        account = Account(Program(published.root.folder, program_environment(aws)), {}, ())
        bucket = published.outputs["BucketName"]
        account.client("s3").create_bucket(Bucket=bucket)
        account.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"x")
        everything = {"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        user = account.client("s3", account.user(tmp_path / "project", (everything,)))
        assert user.get_object(Bucket=bucket, Key=KEY)["Body"].read() == b"x"

        account.client("s3").put_bucket_policy(Bucket=bucket, Policy=text)
        with pytest.raises(ClientError, match="AccessDenied"):
            user.get_object(Bucket=bucket, Key=KEY)

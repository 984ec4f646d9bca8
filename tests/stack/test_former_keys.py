"""A key that files are still encrypted with, where the settings name it no more."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.aws.cloudformation import Change, Stack
from flask_cdn_stack.settings.model import Bucket, Settings
from flask_cdn_stack.stack.former_keys import find_former_key
from tests.servers.stubbed import StubbedConnection
from tests.stack.conftest import ARN

OLD, NEW = (f"arn:aws:kms:eu-central-1:123456789012:key/{name}" for name in ("old", "new"))
STACK = Stack("shop-cdn", ARN, "UPDATE_COMPLETE", "", {"BucketName": "shop-cdn-bucket-1"})
MODIFIED = Change("Modify", "Bucket", "AWS::S3::Bucket", "False")
REMOVED = Change("Remove", "BucketKey", "AWS::KMS::Key", "")
ADDED = Change("Add", "BucketKey", "AWS::KMS::Key", "")


def answer(answering: StubbedConnection, **default: str) -> None:
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", **default}}]
    content = {"ServerSideEncryptionConfiguration": {"Rules": rules}}
    answering.stub("s3").add_response("get_bucket_encryption", content, {"Bucket": "shop-cdn-bucket-1"})


@pytest.mark.parametrize(
    ("bucket", "changes"),
    [
        ({}, (MODIFIED, REMOVED)),
        ({"encryption": f"kms:{NEW}"}, (MODIFIED, REMOVED)),
        ({"encryption": f"kms:{NEW}", "former_keys": (NEW,)}, (MODIFIED,)),
        ({"encryption": "kms"}, (MODIFIED, ADDED)),
    ],
)
def test_former(answering: StubbedConnection, bucket: dict[str, Any], changes: tuple[Change, ...]) -> None:
    """Is named, with the line that gives the right back."""
    answer(answering, KMSMasterKeyID=OLD)

    said = find_former_key(answering, Settings(bucket=Bucket(**bucket)), STACK, changes)

    assert said is not None
    assert said.startswith("bucket.encryption: the files in shop-cdn-bucket-1")
    assert said.endswith(f"bucket: {{former_keys: ['{OLD}']}}")


@pytest.mark.parametrize(
    ("bucket", "default"),
    [
        ({"former_keys": (NEW, OLD)}, {"KMSMasterKeyID": OLD}),
        ({"encryption": f"kms:{OLD}"}, {"KMSMasterKeyID": OLD}),
        ({}, {}),
        ({}, {"KMSMasterKeyID": "alias/aws/s3"}),
    ],
)
def test_known(answering: StubbedConnection, bucket: dict[str, Any], default: dict[str, str]) -> None:
    """What the settings name still, and what no policy can name, needs no word."""
    answer(answering, **default)

    assert find_former_key(answering, Settings(bucket=Bucket(**bucket)), STACK, [MODIFIED]) is None


def test_not_to_be_had(answering: StubbedConnection) -> None:
    """Nothing is said of what may not be read."""
    answering.stub("s3").add_client_error("get_bucket_encryption", "AccessDenied")

    assert find_former_key(answering, Settings(), STACK, [MODIFIED]) is None


@pytest.mark.parametrize(
    ("settings", "before", "changes"),
    [
        (Settings(), None, (ADDED,)),
        (Settings(), STACK, (Change("Modify", "Distribution", "AWS::CloudFront::Distribution", "False"),)),
        (Settings(origin="app"), STACK, (REMOVED,)),
        (Settings(bucket=Bucket(existing="shop")), STACK, (REMOVED,)),
        (Settings(bucket=Bucket(encryption="kms")), STACK, (MODIFIED,)),
    ],
)
def test_not_asked(
    answering: StubbedConnection, settings: Settings, before: Stack | None, changes: tuple[Change, ...]
) -> None:
    """Where the stack is new, its bucket is not touched, or it keeps its key, nothing is asked."""
    assert find_former_key(answering, settings, before, changes) is None
    assert answering.asked == []

"""An existing bucket's own policy, where the stack is to make one."""

from __future__ import annotations

import json

import pytest

from flask_cdn_stack.aws.cloudformation import Change
from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.settings.model import Bucket, Settings
from flask_cdn_stack.stack.bucket_policy import refuse_kept_policy
from tests.conftest import Program
from tests.servers.clients import client_at
from tests.servers.stubbed import StubbedConnection

MANAGED = Settings(bucket=Bucket(existing="shop", region="eu-west-1", manage_policy=True))


def make(action: str, logical_id: str = "BucketPolicy", replacement: str = "") -> tuple[Change, ...]:
    """Return what is to be done, beside something else."""
    other = Change("Add", "Distribution", "AWS::CloudFront::Distribution", "")
    return other, Change(action, logical_id, "AWS::S3::BucketPolicy", replacement)


@pytest.mark.parametrize("changes", [make("Add"), make("Modify", replacement="True")])
def test_a_policy_of_its_own(answering: StubbedConnection, changes: tuple[Change, ...]) -> None:
    """Is refused, with both ways out, where the stack is to make one for this bucket."""
    answering.stub("s3").add_response("get_bucket_policy", {"Policy": "{}"}, {"Bucket": "shop"})

    with pytest.raises(RefusedError, match=r"^bucket\.manage_policy: the bucket shop has a policy") as caught:
        refuse_kept_policy(answering, MANAGED, changes)

    assert "Remove bucket.manage_policy" in caught.value.hint
    assert "delete that policy" in caught.value.hint
    assert answering.asked == [("s3", "eu-west-1")]


@pytest.mark.parametrize("code", ["NoSuchBucketPolicy", "AccessDenied", "NoSuchBucket"])
def test_no_policy_to_be_had(answering: StubbedConnection, code: str) -> None:
    """Is no hindrance that can be named."""
    answering.stub("s3").add_client_error("get_bucket_policy", code)

    refuse_kept_policy(answering, MANAGED, make("Add"))


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        (MANAGED, ()),
        (MANAGED, make("Modify")),
        (MANAGED, make("Remove")),
        (MANAGED, make("Add", "LogBucketPolicy")),
        (Settings(), make("Add")),
    ],
)
def test_where_the_stack_makes_none(
    answering: StubbedConnection, settings: Settings, changes: tuple[Change, ...]
) -> None:
    """Nothing is asked."""
    refuse_kept_policy(answering, settings, changes)

    assert answering.asked == []


def test_nothing_is_changed(program: Program) -> None:
    """Neither by a dry run nor by a real one; and once it is the stack's, nothing is refused."""
    s3, bucket = client_at(program.environment["AWS_ENDPOINT_URL"], "s3"), "kept-policy"
    s3.create_bucket(Bucket=bucket)
    with (program.folder / "flask-cdn-stack.yml").open("a") as settings:
        settings.write(f"bucket: {{existing: {bucket}, manage_policy: on}}\n")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))

    refused = [program("provision", option) for option in ("--dry-run", "--yes")]
    s3.delete_bucket_policy(Bucket=bucket)
    program.ok("provision", "--yes")
    after = program.ok("provision", "--dry-run")

    for result in refused:
        assert result.exit_code == 4
        assert f"the bucket {bucket} has a policy that is not the stack's" in " ".join(result.stderr.split())
    assert "bucket.manage_policy" not in after.stderr
    assert "distribution/" in s3.get_bucket_policy(Bucket=bucket)["Policy"]

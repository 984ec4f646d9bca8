"""Buckets that are there, elsewhere, missing, or somebody else's."""

from __future__ import annotations

import itertools
import logging
import os
from dataclasses import replace
from typing import Any

import pytest

from flask_cdn_stack.aws.buckets import prepare_bucket
from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.errors import AWSError
from tests.aws.conftest import MakeStubbed
from tests.servers.fault_proxy import FaultProxy, Rule

pytestmark = pytest.mark.usefixtures("connection")

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"

_numbers = itertools.count()


@pytest.fixture
def name() -> str:
    """A bucket's name that no other test uses."""
    return f"prepared-{os.getpid()}-{next(_numbers)}"


def grants(s3: Any, name: str) -> set[str]:
    return {grant["Grantee"].get("URI", "owner") for grant in s3.get_bucket_acl(Bucket=name)["Grants"]}


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_missing_bucket(
    connection: Connection, s3: Any, name: str, region: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Is created in the region of the connection, and stays private."""
    caplog.set_level(logging.INFO, "flask_cdn_stack")
    prepared = prepare_bucket(replace(connection, region=region), name)

    assert prepared.region == region
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == region
    assert grants(s3, name) == {"owner"}
    assert caplog.messages == [f"Created the bucket {name} in {region}."]


def test_a_bucket_of_another_region(connection: Connection, s3: Any, name: str) -> None:
    """Is used where it is."""
    prepare_bucket(replace(connection, region="ap-south-1"), name)
    prepared = prepare_bucket(connection, name)

    assert prepared.region == "ap-south-1"
    assert prepared.client("s3").get_bucket_location(Bucket=name)["LocationConstraint"] == "ap-south-1"


def test_a_bucket_that_is_there(connection: Connection, s3: Any, name: str) -> None:
    """Is left as it is."""
    s3.create_bucket(Bucket=name)

    assert prepare_bucket(connection, name) is connection
    assert s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]


def test_a_new_public_bucket(connection: Connection, s3: Any, name: str) -> None:
    """Takes ACLs, has one itself, and still no public policy."""
    prepare_bucket(connection, name, public=True)

    assert grants(s3, name) == {"owner", ALL_USERS}
    assert s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerPreferred"}
    ]
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }


def test_an_old_public_bucket(connection: Connection, s3: Any, name: str) -> None:
    """Gets the ACL if it takes ACLs, in its own region too."""
    place = {"LocationConstraint": "eu-west-1"}
    there = replace(connection, region="eu-west-1").client("s3")
    there.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter", CreateBucketConfiguration=place)
    prepare_bucket(connection, name, public=True)

    assert grants(s3, name) == {"owner", ALL_USERS}


def test_a_bucket_without_acls(connection: Connection, s3: Any, name: str) -> None:
    """Says so, and what to do."""
    s3.create_bucket(Bucket=name)

    with pytest.raises(AWSError) as caught:
        prepare_bucket(connection, name, public=True)
    assert caught.value.message == f"ACLs are disabled for the bucket {name}."
    assert caught.value.hint.startswith("Leave put_bucket_acl out. A bucket policy")
    assert "CloudFront" in caught.value.hint


def test_a_denied_acl(proxy: FaultProxy, s3: Any, name: str) -> None:
    """As Block Public Access answers, has the same way out."""
    s3.create_bucket(Bucket=name)
    proxy.rules.add(Rule("status", method="PUT", status=403, error="AccessDenied"))

    with pytest.raises(AWSError) as caught:
        prepare_bucket(open_connection(endpoint_url=proxy.url), name, public=True)
    assert caught.value.message == f"AWS denied s3:PutBucketAcl on arn:aws:s3:::{name}."
    assert "Leave put_bucket_acl out." in caught.value.hint


def test_a_bucket_that_may_not_be_seen(proxy: FaultProxy, name: str) -> None:
    """Is perhaps another account's; nothing is created."""
    proxy.rules.add(Rule("status", status=403, error="AccessDenied"))

    with pytest.raises(AWSError) as caught:
        prepare_bucket(open_connection(endpoint_url=proxy.url), name)
    assert caught.value.message == f"AWS denied s3:ListBucket on arn:aws:s3:::{name}."
    assert caught.value.hint.startswith("Check the access key first")
    assert "choose another name" in caught.value.hint
    assert {request.method for request in proxy.log} == {"HEAD"}


def test_a_bucket_that_may_not_be_created(proxy: FaultProxy, name: str) -> None:
    """Names the action."""
    proxy.rules.add(Rule("status", method="PUT", status=403, error="AccessDenied"))

    with pytest.raises(AWSError, match=f"AWS denied s3:CreateBucket on arn:aws:s3:::{name}"):
        prepare_bucket(open_connection(endpoint_url=proxy.url), name)


def test_a_redirect_that_boto3_does_not_follow(stubbed: MakeStubbed, name: str) -> None:
    """Names the region in a header."""
    connection, stubber = stubbed("s3")
    headers = {"x-amz-bucket-region": "eu-north-1"}
    stubber.add_client_error("head_bucket", "301", http_status_code=301, response_meta={"HTTPHeaders": headers})

    assert prepare_bucket(connection, name).region == "eu-north-1"


@pytest.mark.parametrize(
    ("code", "expected"),
    [("BucketAlreadyExists", "belongs to another AWS account"), ("OperationAborted", "OperationAborted")],
)
def test_a_name_that_is_taken(stubbed: MakeStubbed, name: str, code: str, expected: str) -> None:
    """Says whose it is, as far as S3 does."""
    connection, stubber = stubbed("s3")
    stubber.add_client_error("head_bucket", "404", http_status_code=404, response_meta={"HTTPHeaders": {}})
    stubber.add_client_error("create_bucket", code, http_status_code=409)

    with pytest.raises(AWSError, match=expected):
        prepare_bucket(connection, name)


def test_a_bucket_that_another_run_creates(stubbed: MakeStubbed, name: str) -> None:
    """Is as good as created here."""
    connection, stubber = stubbed("s3")
    stubber.add_client_error("head_bucket", "404", http_status_code=404, response_meta={"HTTPHeaders": {}})
    stubber.add_client_error("create_bucket", "BucketAlreadyOwnedByYou", http_status_code=409)

    assert prepare_bucket(connection, name) is connection

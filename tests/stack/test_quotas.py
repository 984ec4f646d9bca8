"""Quotas of the account: before a change by one call for a kind, and in the words in which AWS refuses."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from flask_cdn_stack.aws.cloudformation import Change
from flask_cdn_stack.checks.failure_remedies import find_remedy
from flask_cdn_stack.checks.quotas import find_quota
from flask_cdn_stack.stack.quotas import warn_of_quotas
from tests.conftest import Program
from tests.servers.stubbed import StubbedConnection

#: How each kind is counted, and the key that its advice names.
COUNTED: dict[str, tuple[str, dict[str, Any], str, int]] = {
    "CachePolicy": ("list_cache_policies", {"Type": "custom"}, "delivery.cache_policy_id", 20),
    "ResponseHeadersPolicy": (
        "list_response_headers_policies", {"Type": "custom"}, "delivery.response_headers_policy_id", 20,
    ),
    "OriginAccessControl": ("list_origin_access_controls", {}, "origin: app", 100),
    "Function": ("list_functions", {"Stage": "DEVELOPMENT"}, "query_strings", 100),
}  # fmt: skip


def add(kind: str) -> Change:
    """Return the addition of a resource."""
    return Change("Add", kind, f"AWS::CloudFront::{kind}", "")


def answer(answering: StubbedConnection, kind: str, count: int) -> None:
    """Prepare a list with no more in it than its length."""
    method, arguments, _, _ = COUNTED[kind]
    content: dict[str, Any] = {"MaxItems": 100, "Quantity": count}
    if kind == "OriginAccessControl":
        content |= {"Marker": "", "IsTruncated": False}
    answering.stub("cloudfront").add_response(method, {f"{kind}List": content}, arguments)


@pytest.mark.parametrize("kind", COUNTED)
@pytest.mark.parametrize(
    ("missing", "adds", "end"),
    [
        (20, 1, ""),
        (2, 1, "few are left"),
        (1, 1, "is the last one"),
        (1, 2, "is too many unless yours was raised"),
        (0, 1, "is too many unless yours was raised"),
        (-1, 1, ""),
    ],
)
def test_counted(answering: StubbedConnection, kind: str, missing: int, adds: int, end: str) -> None:
    """Near their end the key is named that does without another one; with more of them the quota was raised."""
    _, _, key, most = COUNTED[kind]
    answer(answering, kind, most - missing)

    said = list(warn_of_quotas(answering, [add(kind)] * adds + [add("Distribution")]))

    assert [text for text in said if end not in text or key not in text] == []
    assert bool(said) is bool(end)


@pytest.mark.parametrize(
    "change", [Change("Modify", "CachePolicy", "AWS::CloudFront::CachePolicy", "False"), add("Distribution")]
)
def test_nothing_to_count(answering: StubbedConnection, change: Change) -> None:
    """What adds nothing, or what takes many calls to count, asks for no numbers."""
    assert list(warn_of_quotas(answering, [change])) == []
    assert answering.asked == []


def test_numbers_that_may_not_be_asked_for(answering: StubbedConnection) -> None:
    """Are not spoken of."""
    answering.stub("cloudfront").add_client_error("list_cache_policies", "AccessDenied")

    assert list(warn_of_quotas(answering, [add("CachePolicy")])) == []


LIMIT = "Resource handler returned message: \"Limit exceeded for resource of type '{}'. Reason: {}\""


@pytest.mark.parametrize(
    ("kind", "reason", "quota", "key"),
    [
        ("AWS::CloudFront::CachePolicy", LIMIT.format("AWS::CloudFront::CachePolicy", "x"), "20", "cache_policy_id"),
        ("AWS::CloudFront::ResponseHeadersPolicy",
         "Account's Response Headers Policies limit reached. (Service: CloudFront, Status Code: 400)", "20",
         "delivery.response_headers_policy_id"),
        ("AWS::CloudFront::Function", "TooManyFunctions: no", "100", "origin: bucket"),
        ("AWS::CloudFront::OriginAccessControl", "(HandlerErrorCode: ServiceLimitExceeded)", "100", "origin: app"),
        ("AWS::CloudFront::Distribution", LIMIT.format("AWS::CloudFront::Distribution", "x"), "500", "delete a stack"),
        ("AWS::CloudFront::Distribution", "x (TooManyDistributionsAssociatedToCachePolicy)", "one cache policy: 100",
         "delivery.cache_policy_id"),
        ("AWS::S3::Bucket", "You have attempted to create more buckets than allowed (TooManyBuckets)", "10,000",
         "bucket.existing"),
        ("AWS::IAM::ManagedPolicy", "Cannot exceed quota for PoliciesPerAccount: 1500 (LimitExceeded)", "1,500",
         "access.deploy_policy"),
        ("AWS::IAM::Role", "Cannot exceed quota for RolesPerAccount: 1000", "1,000", "access.github"),
    ],
)  # fmt: skip
def test_refused(kind: str, reason: str, quota: str, key: str) -> None:
    """Whatever AWS calls it, the quota is named with its figure, and the settings that avoid it."""
    said = str(find_remedy(kind, reason))

    assert quota in said
    assert key in said


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("AWS::CloudFront::CachePolicy", "The parameter MinTTL is invalid."),
        ("AWS::Logs::Delivery", "Limit exceeded"),
        ("AWS::CloudFront::Distribution", "Rate exceeded (TooManyRequestsException)"),
        ("AWS::S3::Bucket", "You have reached your request rate (RequestLimitExceeded)"),
    ],
)
def test_other_refusals(kind: str, reason: str) -> None:
    """Are not taken for a quota."""
    assert find_quota(kind.rpartition(":")[2], reason) is None


def test_a_full_account(program: Program) -> None:
    """The stack is undone, and the way out named; what the account had is still there."""
    account = {"AWS_ACCESS_KEY_ID": "777788889999"}
    cloudfront = boto3.client(
        "cloudfront",
        region_name="us-east-1",
        endpoint_url=program.environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=account["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="test",
    )
    for number in range(20):
        cloudfront.create_cache_policy(CachePolicyConfig={"Name": f"theirs-{number}", "MinTTL": 0})

    result = program("provision", "--yes", environment=account)

    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert "20" in result.stderr
    assert "delivery.cache_policy_id" in result.stderr
    assert cloudfront.list_cache_policies(Type="custom")["CachePolicyList"]["Quantity"] == 20

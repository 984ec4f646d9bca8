"""The server for tests refuses what AWS refuses, and keeps stacks and change sets as AWS does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.settings.model import Settings
from tests.local.published_site import BODY, CACHING_OPTIMIZED, client, create_stack, template, view

_UNKNOWN_ID = "11111111-2222-3333-4444-555555555555"
_ORIGIN = {"Id": "bucket", "DomainName": "b.s3.us-east-1.amazonaws.com", "S3OriginConfig": {}}
_BEHAVIOR = {"TargetOriginId": "bucket", "ViewerProtocolPolicy": "https-only", "CachePolicyId": CACHING_OPTIMIZED}


def _failure_reasons(aws: LocalAWS, name: str) -> str:
    events = client(aws, "cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(event.get("ResourceStatusReason", "") for event in events)


def _update_stack(aws: LocalAWS, name: str, document: dict[str, Any]) -> None:
    cloudformation = client(aws, "cloudformation")
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(document))
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 50}
    )


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("NoSuchOrigin", {"DefaultCacheBehavior": {**_BEHAVIOR, "TargetOriginId": "other"}}),
        ("NoSuchCachePolicy", {"DefaultCacheBehavior": {**_BEHAVIOR, "CachePolicyId": _UNKNOWN_ID}}),
        (
            "NoSuchResponseHeadersPolicy",
            {"DefaultCacheBehavior": {**_BEHAVIOR, "ResponseHeadersPolicyId": _UNKNOWN_ID}},
        ),
        ("NoSuchOriginAccessControl", {"Origins": [{**_ORIGIN, "OriginAccessControlId": "E1"}]}),
        ("exactly one of", {"Origins": [{**_ORIGIN, "CustomOriginConfig": {}}]}),
        ("InvalidViewerCertificate", {"Aliases": ["cdn.example"]}),
        (
            "InvalidViewerCertificate",
            {"ViewerCertificate": {"AcmCertificateArn": "arn:aws:acm:eu-west-1:1:certificate/a"}},
        ),
    ],
)
def test_a_distribution_s_references_are_checked(
    strict_aws: LocalAWS, request: pytest.FixtureRequest, code: str, change: dict[str, Any]
) -> None:
    """The resource fails with CloudFront's code, and the stack rolls back."""
    name = f"refused-{request.node.callspec.indices['code']}"

    with pytest.raises(WaiterError, match="ROLLBACK"):
        create_stack(strict_aws, name, template(**change))

    assert code in _failure_reasons(strict_aws, name)


def test_cors_headers(strict_aws: LocalAWS) -> None:
    """Are for requests with an origin, and no custom headers; ``Vary`` may be one, and is in every answer."""
    document = template()
    policy = build_template(Settings())["Resources"]["ResponseHeadersPolicy"]
    document["Resources"]["Headers"] = policy
    document["Resources"]["Site"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"] = {
        **_BEHAVIOR, "ResponseHeadersPolicyId": {"Ref": "Headers"}
    }  # fmt: skip
    outputs = create_stack(strict_aws, "cors", document)
    client(strict_aws, "s3").put_object(Bucket=outputs["BucketName"], Key="app.js", Body=BODY)

    plain = view(strict_aws, outputs["Domain"], "/app.js").headers
    cors = view(strict_aws, outputs["Domain"], "/app.js", Origin="https://shop.example").headers
    again = view(strict_aws, outputs["Domain"], "/app.js", Origin="https://shop.example", If_None_Match=plain["etag"])

    assert (plain["vary"], plain.get("access-control-allow-origin")) == ("Accept-Encoding, Origin", None)
    assert (cors["vary"], cors["access-control-allow-origin"]) == ("Accept-Encoding, Origin", "*")
    assert (again.status, again.headers["access-control-allow-origin"]) == (304, "*")

    policy["Properties"]["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"][0]["Header"] = (
        "Access-Control-Allow-Origin"
    )
    with pytest.raises(WaiterError, match="ROLLBACK"):
        _update_stack(strict_aws, "cors", document)
    assert "is a CORS header and cannot be set as custom header" in _failure_reasons(strict_aws, "cors")


_TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


def _ask(stacks: Any, stack: str, name: str, body: str = _TEMPLATE) -> tuple[str, str]:
    answer = stacks.create_change_set(StackName=stack, ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=body)
    return answer["Id"], answer["StackId"]


def _listed(stacks: Any, stack: str) -> set[str]:
    return {item["ChangeSetId"] for item in stacks.list_change_sets(StackName=stack)["Summaries"]}


def test_a_stack_under_review_stays_the_same(strict_aws: LocalAWS) -> None:
    """With each further change set, one that is refused, and the one that is executed, which ends the others."""
    stacks = client(strict_aws, "cloudformation")
    first, stack = _ask(stacks, "reviewed", "first")
    second, same = _ask(stacks, "reviewed", "second")

    assert same == stack
    assert _listed(stacks, stack) == _listed(stacks, "reviewed") == {first, second}
    with pytest.raises(ClientError, match="Template"):
        _ask(stacks, "reviewed", "broken", "{")
    assert _listed(stacks, stack) == {first, second}

    stacks.execute_change_set(ChangeSetName=second)
    stacks.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 50})
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        stacks.execute_change_set(ChangeSetName=first)
    with pytest.raises(ClientError, match=r"InvalidChangeSetStatus.*execution status of \[EXECUTE_COMPLETE\]"):
        stacks.execute_change_set(ChangeSetName=second)

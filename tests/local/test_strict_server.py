"""The server for tests refuses what AWS refuses."""

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


def test_bucket_properties_are_applied_and_removed(strict_aws: LocalAWS) -> None:
    """As the template says, and again as its next version says; its tags come before those of the stack."""
    rule = {"Id": "old", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}
    encryption = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    properties = {
        "LifecycleConfiguration": {"Rules": [rule]},
        "BucketEncryption": encryption,
        "Tags": [{"Key": "project", "Value": "shop"}],
    }
    document = template()
    document["Resources"]["Bucket"]["Properties"] = properties
    bucket = create_stack(strict_aws, "rich", document, {"project": "other", "owner": "us"})["BucketName"]
    s3 = client(strict_aws, "s3")

    (kept,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert kept["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    stored = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert stored["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
    assert (tags["project"], tags["owner"], tags["aws:cloudformation:stack-name"]) == ("shop", "us", "rich")

    del properties["LifecycleConfiguration"]
    _update_stack(strict_aws, "rich", document)
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


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


def test_an_access_control_in_use_stays(strict_aws: LocalAWS) -> None:
    """While a distribution signs with it."""
    create_stack(strict_aws, "in-use", template())
    cloudformation, cloudfront = client(strict_aws, "cloudformation"), client(strict_aws, "cloudfront")
    resource = cloudformation.describe_stack_resource(StackName="in-use", LogicalResourceId="Access")
    identifier = resource["StackResourceDetail"]["PhysicalResourceId"]
    etag = cloudfront.get_origin_access_control(Id=identifier)["ETag"]

    with pytest.raises(ClientError, match="OriginAccessControlInUse"):
        cloudfront.delete_origin_access_control(Id=identifier, IfMatch=etag)


@pytest.mark.parametrize(
    ("properties", "needed"),
    [({}, "CAPABILITY_IAM"), ({"ManagedPolicyName": "deploy"}, "CAPABILITY_NAMED_IAM")],
)
def test_iam_resources_need_their_capability(strict_aws: LocalAWS, properties: dict[str, str], needed: str) -> None:
    """Named by the error, and accepted when given."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document, **properties}}
    body = json.dumps({"Resources": {"Policy": policy}})
    stack = {"StackName": f"iam-{len(properties)}", "TemplateBody": body}
    cloudformation = client(strict_aws, "cloudformation")

    with pytest.raises(ClientError, match=rf"InsufficientCapabilities.*\[{needed}\]"):
        cloudformation.create_stack(**stack)

    cloudformation.create_stack(**stack, Capabilities=[needed])

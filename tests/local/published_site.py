"""A bucket behind a distribution, as small as it can be while every rule that matters is in it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_cdn_stack.local.launcher import LocalAWS
from tests.servers.clients import client_at

BODY = b"console.log('served')\n"

_DENY_PLAIN_HTTP = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_ALLOW_DISTRIBUTION = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject",
    "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
    "Condition": {
        "StringEquals": {"AWS:SourceArn": {"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Site}"}}
    },
}

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
SIMPLE_CORS = "60669652-455b-4ae9-85a4-c4c02393f86c"


@dataclass(frozen=True)
class Answer:
    """What a viewer got."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def client(aws: LocalAWS, service: str) -> Any:
    """Return a boto3 client of the local AWS."""
    return client_at(aws.endpoint_url, service)


def template(**distribution: Any) -> dict[str, Any]:
    """Return a template with a bucket, its policy and a distribution; ``distribution`` changes its configuration."""
    origin = {
        "Id": "bucket",
        "DomainName": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]},
        "OriginAccessControlId": {"Ref": "Access"},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    behavior = {
        "TargetOriginId": "bucket",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": CACHING_OPTIMIZED,
        "ResponseHeadersPolicyId": SIMPLE_CORS,
    }
    config = {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": behavior, **distribution}
    access = {
        "Name": {"Ref": "AWS::StackName"},
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }
    statements = [_DENY_PLAIN_HTTP, _ALLOW_DISTRIBUTION]
    return {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Access": _resource("CloudFront::OriginAccessControl", OriginAccessControlConfig=access),
            "Site": _resource("CloudFront::Distribution", DistributionConfig=config),
            "Policy": _resource(
                "S3::BucketPolicy",
                Bucket={"Ref": "Bucket"},
                PolicyDocument={"Version": "2012-10-17", "Statement": statements},
            ),
        },
        "Outputs": {
            "BucketName": {"Value": {"Ref": "Bucket"}},
            "Domain": {"Value": {"Fn::GetAtt": ["Site", "DomainName"]}},
        },
    }


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def create_stack(aws: LocalAWS, name: str, document: Mapping[str, Any]) -> dict[str, str]:
    """Create a stack, wait for it, and return its outputs."""
    cloudformation = client(aws, "cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(document))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    return outputs(aws, name)


def outputs(aws: LocalAWS, name: str) -> dict[str, str]:
    """Return the outputs of a stack."""
    stack = client(aws, "cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def publish(aws: LocalAWS, name: str) -> str:
    """Create the stack with one object in its bucket, and return the distribution's domain."""
    values = create_stack(aws, name, template())
    client(aws, "s3").put_object(Bucket=values["BucketName"], Key="static/app.js", Body=BODY)
    return values["Domain"]


def view(aws: LocalAWS, host: str, path: str, **headers: str) -> Answer:
    """Ask as a browser does that was told that ``host`` is on loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Host": host, **named})
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()

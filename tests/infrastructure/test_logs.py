"""Where access logs go, and who may write them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from troposphere import cloudfront

from flask_cdn_stack.infrastructure.logs import build_logs, log_config
from flask_cdn_stack.settings.model import Settings

ARN, LEGACY_ARN = ({"Fn::GetAtt": [title, "Arn"]} for title in ("LogBucket", "LegacyLogBucket"))
OBJECTS = {"Fn::Join": ["", [ARN, "/*"]]}
DISTRIBUTION = {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}


def deny_old_tls(arn: Any) -> dict[str, Any]:
    resources = [arn, {"Fn::Join": ["", [arn, "/*"]]}]
    return {
        sid: {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources, "Condition": condition}
        for sid, condition in (
            ("DenyPlainHTTP", {"Bool": {"aws:SecureTransport": "false"}}),
            ("DenyOldTLS", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        )
    }


DELIVERY = {
    "Effect": "Allow",
    "Principal": {"Service": "delivery.logs.amazonaws.com"},
    "Action": "s3:PutObject",
    "Resource": OBJECTS,
    "Condition": {
        "StringEquals": {
            "s3:x-amz-acl": "bucket-owner-full-control",
            "aws:SourceAccount": {"Ref": "AWS::AccountId"},
        },
        "ArnLike": {
            "aws:SourceArn": {
                "Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:delivery-source:*"
            }
        },
    },
}


def make(logs: Any) -> Settings:
    return msgspec.convert({"delivery": {"logs": logs}}, Settings)


def resources(logs: Any) -> dict[str, dict[str, Any]]:
    built = build_logs(make(logs), cloudfront.Distribution("Distribution"))
    return {resource.title: resource.to_dict() for resource in built}


@pytest.mark.parametrize(
    ("logs", "titles"),
    [
        (None, []),
        ("v1", ["LegacyLogBucket", "LogBucketPolicy"]),
        ("v2", ["LogBucket", "LogBucketPolicy", "LogSource", "LogDestination", "LogDelivery"]),
    ],
)
def test_resources(logs: Any, titles: list[str]) -> None:
    """Nothing is made without logs, and a delivery only for the second version."""
    assert list(resources(logs)) == titles


@pytest.mark.parametrize(
    ("logs", "title", "ownership"),
    [("v1", "LegacyLogBucket", "BucketOwnerPreferred"), ("v2", "LogBucket", "BucketOwnerEnforced")],
)
def test_bucket(logs: str, title: str, ownership: str) -> None:
    """The bucket is private and encrypted, always stays, and keeps logs for 90 days; ACLs are for version 1."""
    bucket = resources(logs)[title]

    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert bucket["Properties"] == {
        "OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "abandoned-uploads",
                    "Status": "Enabled",
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                },
                {"Id": "old-logs", "Status": "Enabled", "ExpirationInDays": 90},
            ]
        },
    }


@pytest.mark.parametrize(
    ("logs", "title", "expected"),
    [
        ("v1", "LegacyLogBucket", deny_old_tls(LEGACY_ARN)),
        ("v2", "LogBucket", {"AllowLogDelivery": DELIVERY, **deny_old_tls(ARN)}),
    ],
)
def test_policy(logs: str, title: str, expected: dict[str, Any]) -> None:
    """Nobody comes without TLS, and only this account's deliveries write."""
    policy = resources(logs)["LogBucketPolicy"]["Properties"]
    statements = {statement.pop("Sid"): statement for statement in policy["PolicyDocument"]["Statement"]}

    assert policy["Bucket"] == {"Ref": title}
    assert statements == expected


def test_delivery() -> None:
    """The distribution's access logs go to the bucket as text, once the bucket's policy lets them in."""
    made = resources("v2")

    assert made["LogSource"] == {
        "Type": "AWS::Logs::DeliverySource",
        "Properties": {
            "Name": {"Fn::Sub": "${AWS::StackName}-logs"},
            "LogType": "ACCESS_LOGS",
            "ResourceArn": DISTRIBUTION,
        },
    }
    assert made["LogDestination"] == {
        "Type": "AWS::Logs::DeliveryDestination",
        "Properties": {
            "Name": {"Fn::Sub": "${AWS::StackName}-logs"},
            "DestinationResourceArn": ARN,
            "OutputFormat": "w3c",
        },
    }
    assert made["LogDelivery"] == {
        "Type": "AWS::Logs::Delivery",
        "DependsOn": "LogBucketPolicy",
        "Properties": {
            "DeliverySourceName": {"Ref": "LogSource"},
            "DeliveryDestinationArn": {"Fn::GetAtt": ["LogDestination", "Arn"]},
        },
    }


@pytest.mark.parametrize(
    ("logs", "expected"),
    [
        (None, None),
        ("v1", {"Bucket": {"Fn::GetAtt": ["LegacyLogBucket", "DomainName"]}, "IncludeCookies": False}),
        ("v2", None),
    ],
)
def test_config(logs: Any, expected: Any) -> None:
    """The distribution itself says only where the first version writes."""
    config = log_config(make(logs))

    assert (config.to_dict() if config else None) == expected

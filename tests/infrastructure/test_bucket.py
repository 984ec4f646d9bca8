"""The bucket, where it lies, and its policy."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from troposphere import cloudfront

from flask_cdn_stack.infrastructure.bucket import (
    Place,
    bucket_statements,
    build_bucket,
    build_bucket_policy,
    locate_bucket,
    required_statements,
)
from flask_cdn_stack.infrastructure.encryption import build_key
from flask_cdn_stack.naming import OWN_FOLDER
from flask_cdn_stack.settings.model import Settings

KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd"
CLOUDFRONT = {"Service": "cloudfront.amazonaws.com"}
DISTRIBUTION = "arn:aws:cloudfront::111122223333:distribution/E1"
SHOP = "arn:aws:s3:::shop"
FROM_DISTRIBUTION = {"StringEquals": {"AWS:SourceArn": DISTRIBUTION}}
BELOW_PREFIX = {"StringLikeIfExists": {"s3:prefix": "a/b/*"}}

READ = {
    "Sid": "AllowDistribution",
    "Effect": "Allow",
    "Principal": CLOUDFRONT,
    "Action": "s3:GetObject",
    "Resource": f"{SHOP}/*",
    "Condition": FROM_DISTRIBUTION,
}
LIST = {
    "Sid": "AllowDistributionList",
    "Effect": "Allow",
    "Principal": CLOUDFRONT,
    "Action": "s3:ListBucket",
    "Resource": SHOP,
    "Condition": FROM_DISTRIBUTION,
}
HIDE = {
    "Sid": "DenyOwnRecords",
    "Effect": "Deny",
    "Principal": CLOUDFRONT,
    "Action": "s3:GetObject",
    "Resource": [f"{SHOP}/{OWN_FOLDER}/*", f"{SHOP}/*/{OWN_FOLDER}/*"],
}
TLS = [
    {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [SHOP, f"{SHOP}/*"],
        "Condition": condition,
    }
    for sid, condition in (
        ("DenyPlainHTTP", {"Bool": {"aws:SecureTransport": "false"}}),
        ("DenyOldTLS", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    )
]
READ_BELOW = {**READ, "Resource": f"{SHOP}/a/b/*"}
LIST_BELOW = {**LIST, "Condition": {**FROM_DISTRIBUTION, **BELOW_PREFIX}}


def make(**content: Any) -> Settings:
    return msgspec.convert(content, Settings)


def bucket(**content: Any) -> dict[str, Any]:
    settings = make(bucket=content)
    value: dict[str, Any] = build_bucket(settings, build_key(settings)).to_dict()
    return value


def plain(value: Any) -> Any:
    """Return a value without troposphere's classes."""
    return value.to_dict() if hasattr(value, "to_dict") else value


def rule_ids(**content: Any) -> list[str]:
    return [rule["Id"] for rule in bucket(**content)["Properties"]["LifecycleConfiguration"]["Rules"]]


@pytest.mark.parametrize(
    ("encryption", "expected"),
    [
        ("sse-s3", {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}),
        (
            "kms",
            {
                "BucketKeyEnabled": True,
                "ServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": {"Fn::GetAtt": ["BucketKey", "Arn"]},
                },
            },
        ),
        (
            f"kms:{KEY_ARN}",
            {
                "BucketKeyEnabled": True,
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY_ARN},
            },
        ),
    ],
)
def test_encryption(encryption: str, expected: dict[str, Any]) -> None:
    """Objects are encrypted by S3's own key, the stack's or the one that is named."""
    properties = bucket(encryption=encryption)["Properties"]

    assert properties["BucketEncryption"] == {"ServerSideEncryptionConfiguration": [expected]}


@pytest.mark.parametrize(
    ("versioning", "rules"), [(True, ["abandoned-uploads", "replaced-versions"]), (False, ["abandoned-uploads"])]
)
def test_versioning(versioning: bool, rules: list[str]) -> None:
    """A bucket without versions was never told of them, and has no rule for them."""
    properties = bucket(versioning=versioning)["Properties"]

    assert properties.get("VersioningConfiguration") == ({"Status": "Enabled"} if versioning else None)
    assert rule_ids(versioning=versioning) == rules


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {},
            Place(
                {"Ref": "Bucket"}, {"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}
            ),
        ),
        (
            {"existing": "shop"},
            Place(
                "shop",
                {"Fn::Sub": "arn:${AWS::Partition}:s3:::shop"},
                {"Fn::Sub": "shop.s3.${AWS::Region}.${AWS::URLSuffix}"},
            ),
        ),
        (
            {"existing": "shop", "region": "eu-west-3"},
            Place(
                "shop",
                {"Fn::Sub": "arn:${AWS::Partition}:s3:::shop"},
                {"Fn::Sub": "shop.s3.eu-west-3.${AWS::URLSuffix}"},
            ),
        ),
    ],
)
def test_place(content: dict[str, Any], expected: Place) -> None:
    """The stack's bucket is named by its attributes, another one by its name and its own region."""
    settings = make(bucket=content)
    made = None if settings.bucket.existing else build_bucket(settings)

    place = locate_bucket(settings, made)

    assert Place(plain(place.name), plain(place.arn), plain(place.domain)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, [READ, HIDE, *TLS]),
        ({"delivery": {"missing": 404}}, [READ, LIST, HIDE, *TLS]),
        ({"assets": {"prefix": "a/b"}}, [READ, HIDE, *TLS]),
        ({"assets": {"prefix": "a/b"}, "delivery": {"missing": 404}}, [READ, LIST, HIDE, *TLS]),
        ({"bucket": {"existing": "shop"}, "delivery": {"missing": 404}}, [READ, LIST, HIDE, *TLS]),
        ({"bucket": {"existing": "shop"}, "assets": {"prefix": "a/b"}}, [READ_BELOW, HIDE, *TLS]),
        (
            {"bucket": {"existing": "shop"}, "assets": {"prefix": "a/b"}, "delivery": {"missing": 404}},
            [READ_BELOW, LIST_BELOW, HIDE, *TLS],
        ),
    ],
)
def test_statements(content: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    """These are the grants and denials, none more, none less; a bucket of others is served below the prefix alone."""
    place = Place("shop", SHOP, "shop.s3.eu-west-3.amazonaws.com")

    assert bucket_statements(make(**content), place, DISTRIBUTION) == expected


@pytest.mark.parametrize(
    ("prefix", "missing", "expected"),
    [
        ("", 403, [READ, HIDE]),
        ("", 404, [READ, LIST, HIDE]),
        ("a/b", 403, [READ_BELOW, HIDE]),
        ("a/b", 404, [READ_BELOW, LIST_BELOW, HIDE]),
    ],
)
def test_required_statements(prefix: str, missing: int, expected: list[dict[str, Any]]) -> None:
    """What the owner of a bucket is asked to add is plain JSON, and says nothing of other clients."""
    statements = required_statements("shop", prefix, DISTRIBUTION, missing)

    assert statements == expected
    assert msgspec.json.decode(msgspec.json.encode(statements)) == expected


@pytest.mark.parametrize(
    ("content", "name", "arn"),
    [
        ({}, {"Ref": "Bucket"}, {"Fn::GetAtt": ["Bucket", "Arn"]}),
        ({"existing": "shop", "manage_policy": True}, "shop", {"Fn::Sub": "arn:${AWS::Partition}:s3:::shop"}),
    ],
)
def test_policy(content: dict[str, Any], name: Any, arn: Any) -> None:
    """The policy lies on the bucket, and lets in the stack's distribution."""
    settings = make(bucket=content)
    place = locate_bucket(settings, None if settings.bucket.existing else build_bucket(settings))

    policy = build_bucket_policy(settings, place, cloudfront.Distribution("Distribution")).to_dict()

    assert policy["Type"] == "AWS::S3::BucketPolicy"
    assert policy["Properties"]["Bucket"] == name
    statements = {statement["Sid"]: statement for statement in policy["Properties"]["PolicyDocument"]["Statement"]}
    assert list(statements) == ["AllowDistribution", "DenyOwnRecords", "DenyPlainHTTP", "DenyOldTLS"]
    assert statements["AllowDistribution"]["Resource"] == {"Fn::Join": ["", [arn, "/*"]]}
    assert statements["DenyOldTLS"]["Resource"] == [arn, {"Fn::Join": ["", [arn, "/*"]]}]
    assert statements["AllowDistribution"]["Condition"]["StringEquals"]["AWS:SourceArn"] == {
        "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"
    }

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


@pytest.mark.parametrize(
    ("encryption", "key"), [("kms", {"Fn::GetAtt": ["BucketKey", "Arn"]}), (f"kms:{KEY_ARN}", KEY_ARN)]
)
def test_encryption(encryption: str, key: Any) -> None:
    """Objects are encrypted by the stack's key or the one that is named; S3's own key is in ``templates/``."""
    properties = bucket(encryption=encryption)["Properties"]

    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert properties["BucketEncryption"] == {
        "ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": by_default}]
    }


def test_versioning() -> None:
    """A bucket without versions was never told of them, and has no rule for them."""
    properties = bucket(versioning=False)["Properties"]

    assert "VersioningConfiguration" not in properties
    assert [rule["Id"] for rule in properties["LifecycleConfiguration"]["Rules"]] == ["abandoned-uploads"]


@pytest.mark.parametrize(("region", "named"), [(None, "${AWS::Region}"), ("eu-west-3", "eu-west-3")])
def test_place(region: str | None, named: str) -> None:
    """A bucket that is there is known by its name, in its own region; the stack's is in ``templates/``."""
    place = locate_bucket(make(bucket={"existing": "shop", "region": region}), None)

    assert Place(plain(place.name), plain(place.arn), plain(place.domain)) == Place(
        "shop", {"Fn::Sub": "arn:${AWS::Partition}:s3:::shop"}, {"Fn::Sub": f"shop.s3.{named}.${{AWS::URLSuffix}}"}
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
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
    ("prefix", "missing", "expected"), [("", 403, [READ, HIDE]), ("a/b", 404, [READ_BELOW, LIST_BELOW, HIDE])]
)
def test_required_statements(prefix: str, missing: int, expected: list[dict[str, Any]]) -> None:
    """What the owner of a bucket is asked to add is plain JSON, and says nothing of other clients."""
    statements = required_statements("shop", prefix, DISTRIBUTION, missing)

    assert statements == expected
    assert msgspec.json.decode(msgspec.json.encode(statements)) == expected


def test_policy() -> None:
    """It lies on a bucket that is there, and lets in the distribution; that of the stack's is in ``templates/``."""
    settings = make(bucket={"existing": "shop", "manage_policy": True})
    arn = {"Fn::Sub": "arn:${AWS::Partition}:s3:::shop"}

    policy = build_bucket_policy(settings, locate_bucket(settings, None), cloudfront.Distribution("Distribution"))

    assert policy.to_dict()["Properties"]["Bucket"] == "shop"
    statements = {item["Sid"]: item for item in policy.to_dict()["Properties"]["PolicyDocument"]["Statement"]}
    assert list(statements) == ["AllowDistribution", "DenyOwnRecords", "DenyPlainHTTP", "DenyOldTLS"]
    assert statements["AllowDistribution"]["Resource"] == {"Fn::Join": ["", [arn, "/*"]]}
    assert statements["DenyOldTLS"]["Resource"] == [arn, {"Fn::Join": ["", [arn, "/*"]]}]
    assert statements["AllowDistribution"]["Condition"]["StringEquals"]["AWS:SourceArn"] == {
        "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"
    }

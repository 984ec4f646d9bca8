"""The key of the bucket, and who may use it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from troposphere import AWSHelperFn

from flask_cdn_stack.infrastructure.encryption import build_key, key_arn
from flask_cdn_stack.settings.model import Settings

ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd"
OWN_KEY: dict[str, Any] = {"bucket": {"encryption": "kms"}}


def make(**content: Any) -> Settings:
    return msgspec.convert(content, Settings)


def own_key() -> dict[str, Any]:
    key = build_key(make(**OWN_KEY))
    assert key is not None
    return dict(key.to_dict())


def key_statements() -> dict[str, dict[str, Any]]:
    document = own_key()["Properties"]["KeyPolicy"]
    return {statement.pop("Sid"): statement for statement in document["Statement"]}


@pytest.mark.parametrize(
    ("content", "has_key", "arn"),
    [
        ({}, False, None),
        ({"bucket": {"encryption": f"kms:{ARN}"}}, False, ARN),
        (OWN_KEY, True, {"Fn::GetAtt": ["BucketKey", "Arn"]}),
        ({**OWN_KEY, "origin": "app"}, False, None),
        ({"bucket": {"encryption": "kms", "existing": "shop"}}, False, None),
    ],
)
def test_which_key(content: dict[str, Any], has_key: bool, arn: Any) -> None:
    """A key is made only for a bucket that the stack makes, and its ARN is the one that encrypts."""
    settings = make(**content)

    key = build_key(settings)
    found = key_arn(settings, key)

    assert (key is not None) is has_key
    assert (found.to_dict() if isinstance(found, AWSHelperFn) else found) == arn


@pytest.mark.parametrize(
    ("content", "expected"), [(OWN_KEY, ARN), ({"bucket": {"encryption": f"kms:{ARN}x"}}, f"{ARN}x"), ({}, None)]
)
def test_key_known_as_text(content: dict[str, Any], expected: str | None) -> None:
    """The ARN of the stack's own key may be given as text, and counts for no other."""
    assert key_arn(make(**content), ARN) == expected


def test_key_lasts() -> None:
    """The key is rotated, and outlives a stack whose files it encrypted."""
    key = own_key()

    assert key["Type"] == "AWS::KMS::Key"
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["Properties"]["PendingWindowInDays"] == 30


def test_key_policy() -> None:
    """The account administers the key, its distributions decrypt with it, and that is all."""
    assert key_statements() == {
        "AllowAccount": {
            "Effect": "Allow",
            "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
            "Action": "kms:*",
            "Resource": "*",
        },
        "AllowDistributions": {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {
                "ArnLike": {
                    "aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/*"}
                },
                "StringEqualsIfExists": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            },
        },
    }

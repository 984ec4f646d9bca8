"""Where access logs go, and who may write them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from troposphere import cloudfront

from flask_cdn_stack.infrastructure.logs import build_logs, log_config
from flask_cdn_stack.settings.model import Settings


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


def test_bucket() -> None:
    """Of the first version takes ACLs, and keeps logs for 90 days; the second's is in ``templates/``."""
    bucket = resources("v1")["LegacyLogBucket"]
    _, old = bucket["Properties"]["LifecycleConfiguration"]["Rules"]

    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert bucket["Properties"]["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    assert old == {"Id": "old-logs", "Status": "Enabled", "ExpirationInDays": 90}


def test_policy() -> None:
    """Nobody comes without TLS, and nobody is let in by it."""
    policy = resources("v1")["LogBucketPolicy"]["Properties"]
    statements = policy["PolicyDocument"]["Statement"]

    assert policy["Bucket"] == {"Ref": "LegacyLogBucket"}
    assert [(item["Sid"], item["Effect"]) for item in statements] == [("DenyPlainHTTP", "Deny"), ("DenyOldTLS", "Deny")]


def test_config() -> None:
    """The distribution itself says only where the first version writes."""
    config = log_config(make("v1"))

    assert config is not None
    assert config.to_dict() == {"Bucket": {"Fn::GetAtt": ["LegacyLogBucket", "DomainName"]}, "IncludeCookies": False}
    assert log_config(make(None)) is log_config(make("v2")) is None

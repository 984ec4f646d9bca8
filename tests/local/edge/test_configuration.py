"""Rules as they are read from what CloudFront's API says."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.aws.distribution_parts import DistributionParts
from flask_cdn_stack.errors import CDNStackError
from flask_cdn_stack.local.edge.behaviors import find_behavior
from flask_cdn_stack.local.edge.configuration import read_rules
from flask_cdn_stack.local.edge.rules import CachePolicy, Choice, ErrorResponse, Group, Origin, Rules

_POLICY = {
    "Name": "shop",
    "MinTTL": 1,
    "DefaultTTL": 2,
    "MaxTTL": 3,
    "ParametersInCacheKeyAndForwardedToOrigin": {
        "EnableAcceptEncodingGzip": True,
        "EnableAcceptEncodingBrotli": False,
        "QueryStringsConfig": {
            "QueryStringBehavior": "allExcept",
            "QueryStrings": {"Quantity": 1, "Items": ["utm"]},
        },
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["Origin"]}},
        "CookiesConfig": {"CookieBehavior": "none"},
    },
}


def _behavior(**more: Any) -> dict[str, Any]:
    return {"TargetOriginId": "bucket", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "p", **more}


def _read(*behaviors: dict[str, Any], **config: Any) -> Rules:
    content = {"DefaultCacheBehavior": _behavior(), "CacheBehaviors": {"Items": list(behaviors)}, **config}
    distribution = {"Id": "E1", "ARN": "arn", "DomainName": "d1.cloudfront.net", "DistributionConfig": content}
    return read_rules(DistributionParts(distribution, {"p": _POLICY}, {}, {"arn:f": "code"}))


def test_a_behavior() -> None:
    """With its policy and its function in their places; what is not said is as CloudFront has it."""
    functions = {"Items": [{"EventType": "viewer-response", "FunctionARN": "arn:f"}]}

    first, default = _read(_behavior(PathPattern="/a/*", Compress=True, FunctionAssociations=functions)).behaviors

    assert (first.pattern, first.compress, first.viewer_response, first.viewer_request) == ("/a/*", True, "code", None)
    assert (default.pattern, default.compress, default.allowed_methods) == ("*", False, ("GET", "HEAD"))
    assert first.cache == CachePolicy(
        1, 2, 3, Choice("allExcept", frozenset({"utm"})), Choice("whitelist", frozenset({"origin"})), gzip=True
    )


def test_origins_and_errors() -> None:
    """A bucket, a server and a group of both; an error with a page, and one with a time alone."""
    custom = {"OriginProtocolPolicy": "http-only", "HTTPPort": 8080, "HTTPSPort": 443, "OriginReadTimeout": 9}
    header = {"HeaderName": "X-Key", "HeaderValue": "k"}
    rules = _read(
        Origins={
            "Items": [
                {"Id": "b", "DomainName": "b.s3.eu-west-1.amazonaws.com", "OriginPath": "/x",
                 "OriginAccessControlId": "o", "S3OriginConfig": {}},
                {"Id": "a", "DomainName": "a.example", "CustomOriginConfig": custom,
                 "CustomHeaders": {"Items": [header]}, "ConnectionAttempts": 1, "ConnectionTimeout": 2},
            ]
        },
        OriginGroups={
            "Items": [
                {"Id": "g", "Members": {"Items": [{"OriginId": "b"}, {"OriginId": "a"}]},
                 "FailoverCriteria": {"StatusCodes": {"Items": [403, 500]}}}
            ]
        },
        CustomErrorResponses={
            "Items": [
                {"ErrorCode": 404, "ErrorCachingMinTTL": 5, "ResponsePagePath": "/404.html", "ResponseCode": "200"},
                {"ErrorCode": 500, "ErrorCachingMinTTL": 0, "ResponsePagePath": "", "ResponseCode": ""},
            ]
        },
        DefaultRootObject="index.html",
    )  # fmt: skip

    assert rules.origins == {
        "b": Origin("b", "b.s3.eu-west-1.amazonaws.com", "/x"),
        "a": Origin("a", "a.example", "", False, False, "http", 8080, attempts=1, connection_timeout=2, read_timeout=9,
                    headers={"X-Key": "k"}),
    }  # fmt: skip
    assert rules.groups == {"g": Group(("b", "a"), frozenset({403, 500}))}
    assert rules.errors == {404: ErrorResponse(5, "/404.html", 200), 500: ErrorResponse(0)}
    assert rules.root_object == "index.html"


@pytest.mark.parametrize("more", [{"OriginRequestPolicyId": "o"}, {"CachePolicyId": None, "ForwardedValues": {}}])
def test_what_is_not_known(more: dict[str, Any]) -> None:
    """Is an error that names the behavior."""
    with pytest.raises(CDNStackError, match=r"cannot serve the cache behavior /old/\*"):
        _read(_behavior(PathPattern="/old/*", **more))


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/static/a.css", "/static/*"),
        ("/static/x/a.css", "/static/*"),
        ("/Static/a.css", "*"),
        ("/static", "*"),
        ("/static/../a.css", "*"),
        ("/%73tatic/a.css", "/static/*"),
        ("//static/a.css", "/static/*"),
        ("/a.jpg", "?.jpg"),
        ("/ab.jpg", "*"),
        ("/x/a.png", "*.png"),
    ],
)
def test_which_behavior(path: str, pattern: str) -> None:
    """The first pattern that fits: case counts, a leading slash is optional, and the path is normalised."""
    rules = _read(*(_behavior(PathPattern=pattern) for pattern in ("/static/*", "?.jpg", "*.png")))

    assert find_behavior(rules, path).pattern == pattern

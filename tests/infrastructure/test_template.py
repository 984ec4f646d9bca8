"""The template as a value and as text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

import flask_cdn_stack
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.template import build_template, render_template
from flask_cdn_stack.naming import OWN_FOLDER, ROOT_OBJECT
from flask_cdn_stack.settings.model import Settings

from .cases import APP
from .short_forms import load_template

BUCKET_ARN = {"Fn::GetAtt": ["Bucket", "Arn"]}
OBJECT_ARN = {"Fn::Join": ["", [BUCKET_ARN, "/*"]]}
CLOUDFRONT = {"Service": "cloudfront.amazonaws.com"}
CUSTOM_HEADERS = [
    {"Header": "Cross-Origin-Resource-Policy", "Value": "cross-origin", "Override": True},
    {"Header": "Timing-Allow-Origin", "Value": "*", "Override": True},
]


def make(**content: Any) -> Settings:
    return msgspec.convert(content, Settings)


def resource(name: str, **content: Any) -> dict[str, Any]:
    value: dict[str, Any] = build_template(make(**content))["Resources"][name]
    return value


def properties(name: str, **content: Any) -> dict[str, Any]:
    value: dict[str, Any] = resource(name, **content)["Properties"]
    return value


def statements() -> dict[str, dict[str, Any]]:
    document = properties("BucketPolicy")["PolicyDocument"]
    return {statement.pop("Sid"): statement for statement in document["Statement"]}


def distribution(**content: Any) -> dict[str, Any]:
    value: dict[str, Any] = properties("Distribution", **content)["DistributionConfig"]
    return value


def headers(**content: Any) -> dict[str, Any]:
    value: dict[str, Any] = properties("ResponseHeadersPolicy", **content)["ResponseHeadersPolicyConfig"]
    return value


def cache(**content: Any) -> dict[str, Any]:
    value: dict[str, Any] = properties("CachePolicy", **content)["CachePolicyConfig"]
    return value


def test_bucket_is_private() -> None:
    """Nothing about the bucket is public, and ACLs are off."""
    bucket = properties("Bucket")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "BucketName" not in bucket
    assert "AccessControl" not in bucket
    assert "WebsiteConfiguration" not in bucket


def test_bucket_keeps_versions() -> None:
    """Objects are encrypted and versioned; only replaced versions and abandoned uploads expire."""
    bucket = properties("Bucket", bucket={"noncurrent_days": 9})

    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    uploads, versions = bucket["LifecycleConfiguration"]["Rules"]
    assert uploads["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert versions["NoncurrentVersionExpiration"] == {"NoncurrentDays": 9}
    assert versions["ExpiredObjectDeleteMarker"] is True
    assert "ExpirationInDays" not in uploads | versions


@pytest.mark.parametrize(
    ("retain", "policies"), [(True, ("RetainExceptOnCreate", "Retain")), (False, ("Delete", "Delete"))]
)
def test_bucket_retention(retain: bool, policies: tuple[str, str]) -> None:
    """A retained bucket outlives deletion and replacement, another neither."""
    bucket = resource("Bucket", bucket={"retain": retain})

    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == policies


def test_policy_allows_this_distribution_only() -> None:
    """The one grant is reading objects, to CloudFront, for this distribution."""
    policy = statements()

    assert [sid for sid, statement in policy.items() if statement["Effect"] == "Allow"] == ["AllowDistribution"]
    assert policy["AllowDistribution"] == {
        "Effect": "Allow",
        "Principal": CLOUDFRONT,
        "Action": "s3:GetObject",
        "Resource": OBJECT_ARN,
        "Condition": {
            "StringEquals": {
                "AWS:SourceArn": {
                    "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"
                }
            }
        },
    }


def test_policy_hides_own_records() -> None:
    """CloudFront never reads the tool's own records, below any prefix, and may read the files beside them."""
    denial = statements()["DenyOwnRecords"]

    assert denial == {
        "Effect": "Deny",
        "Principal": CLOUDFRONT,
        "Action": "s3:GetObject",
        "Resource": [
            {"Fn::Join": ["", [BUCKET_ARN, f"/{OWN_FOLDER}/*"]]},
            {"Fn::Join": ["", [BUCKET_ARN, f"/*/{OWN_FOLDER}/*"]]},
        ],
    }


@pytest.mark.parametrize(
    ("sid", "condition"),
    [
        ("DenyPlainHTTP", {"Bool": {"aws:SecureTransport": "false"}}),
        ("DenyOldTLS", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ],
)
def test_policy_wants_tls(sid: str, condition: dict[str, Any]) -> None:
    """Nobody reaches the bucket or its objects without TLS 1.2."""
    expected = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [BUCKET_ARN, OBJECT_ARN],
        "Condition": condition,
    }

    assert statements()[sid] == expected


def test_origin_access_control_signs_always() -> None:
    """CloudFront signs each request with SigV4."""
    config = properties("OriginAccessControl")["OriginAccessControlConfig"]

    assert config["OriginAccessControlOriginType"] == "s3"
    assert config["SigningBehavior"] == "always"
    assert config["SigningProtocol"] == "sigv4"


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("OriginAccessControl", "OriginAccessControlConfig"),
        ("CachePolicy", "CachePolicyConfig"),
        ("ResponseHeadersPolicy", "ResponseHeadersPolicyConfig"),
    ],
)
def test_account_wide_names_are_unique(name: str, config: str) -> None:
    """A name is the stack's and the first block of its UUID, so two regions or two lives of a stack do not collide."""
    uuid = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
    expected = {"Fn::Sub": ["${AWS::StackName}-${Unique}", {"Unique": {"Fn::Select": [0, {"Fn::Split": ["-", uuid]}]}}]}

    assert properties(name)[config]["Name"] == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["t", "c", "v"], {"QueryStringBehavior": "whitelist", "QueryStrings": ["t", "c", "v"]}),
        (["c"], {"QueryStringBehavior": "whitelist", "QueryStrings": ["c"]}),
        ("none", {"QueryStringBehavior": "none"}),
    ],
)
def test_cache_key(names: Any, expected: dict[str, Any]) -> None:
    """The key holds the named query strings, and no header and no cookie."""
    parameters = cache(query_strings=names)["ParametersInCacheKeyAndForwardedToOrigin"]

    assert parameters["QueryStringsConfig"] == expected
    assert parameters["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert parameters["CookiesConfig"] == {"CookieBehavior": "none"}


@pytest.mark.parametrize("compress", [True, False])
def test_compression(compress: bool) -> None:
    """Encodings are in the key exactly when the edge compresses."""
    parameters = cache(delivery={"compress": compress})["ParametersInCacheKeyAndForwardedToOrigin"]

    assert parameters["EnableAcceptEncodingGzip"] is compress
    assert parameters["EnableAcceptEncodingBrotli"] is compress
    assert distribution(delivery={"compress": compress})["DefaultCacheBehavior"]["Compress"] is compress


def test_cache_times() -> None:
    """The three times are the settings'."""
    policy = cache(delivery={"ttl": {"min": 1, "default": 2, "max": 3}})

    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (1, 2, 3)


@pytest.mark.parametrize(
    ("cors", "origins"),
    [
        ("*", ["*"]),
        (["https://shop.example", "https://*.shop.example"], ["https://shop.example", "https://*.shop.example"]),
    ],
)
def test_cors(cors: Any, origins: list[str]) -> None:
    """Pages of the named origins may read, without credentials, whatever the origin says."""
    expected = {
        "AccessControlAllowOrigins": {"Items": origins},
        "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
        "AccessControlAllowHeaders": {"Items": ["*"]},
        "AccessControlAllowCredentials": False,
        "OriginOverride": True,
    }

    assert headers(delivery={"cors": cors})["CorsConfig"] == expected


def test_cors_off() -> None:
    """No CORS header is sent when it is off, and answers to all are the same."""
    policy = headers(delivery={"cors": None})

    assert "CorsConfig" not in policy
    assert policy["CustomHeadersConfig"]["Items"] == CUSTOM_HEADERS


@pytest.mark.parametrize("seconds", [31536000, 0])
def test_hsts(seconds: int) -> None:
    """Browsers are told for how long, for this host alone."""
    security = headers(delivery={"hsts": seconds})["SecurityHeadersConfig"]

    assert security["StrictTransportSecurity"] == {
        "AccessControlMaxAgeSec": seconds,
        "IncludeSubdomains": False,
        "Preload": False,
        "Override": True,
    }


def test_hsts_off() -> None:
    """Without HSTS the type of a file is still not guessed."""
    assert headers(delivery={"hsts": None})["SecurityHeadersConfig"] == {"ContentTypeOptions": {"Override": True}}


@pytest.mark.parametrize("origin", ["bucket", "app", "failover"])
def test_custom_headers(origin: str) -> None:
    """Other origins may embed and time the files, and caches are told that answers differ by origin and encoding."""
    vary = {"Header": "Vary", "Value": "Accept-Encoding, Origin", "Override": True}
    settings = {"origin": origin, **({} if origin == "bucket" else {"app_origin": APP})}

    assert headers(**settings)["CustomHeadersConfig"]["Items"] == [*CUSTOM_HEADERS, vary]


def test_origin() -> None:
    """The origin is the bucket's regional host, signed by the access control and by no identity."""
    assert distribution()["Origins"] == [
        {
            "Id": "bucket",
            "DomainName": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]},
            "S3OriginConfig": {"OriginAccessIdentity": ""},
            "OriginAccessControlId": {"Ref": "OriginAccessControl"},
        }
    ]


def test_origin_path() -> None:
    """A prefix is the origin path, with a leading slash only."""
    (origin,) = distribution(assets={"prefix": "shop/live"})["Origins"]

    assert origin["OriginPath"] == "/shop/live"


def test_behaviour() -> None:
    """Every path is read-only, over https, with the stack's own policies."""
    behavior = distribution()["DefaultCacheBehavior"]

    assert behavior == {
        "TargetOriginId": "bucket",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": ["GET", "HEAD", "OPTIONS"],
        "CachedMethods": ["GET", "HEAD"],
        "Compress": True,
        "CachePolicyId": {"Ref": "CachePolicy"},
        "ResponseHeadersPolicyId": {"Ref": "ResponseHeadersPolicy"},
    }


def test_errors_are_forgotten_soon() -> None:
    """Each error has its time written out, seconds at most."""
    errors = {item["ErrorCode"]: item["ErrorCachingMinTTL"] for item in distribution()["CustomErrorResponses"]}

    assert errors == {403: 10, 404: 10, 500: 1, 502: 1, 503: 1, 504: 1}


def test_distribution_defaults() -> None:
    """The distribution is on, modern, and shows nothing at its root."""
    config = distribution()

    assert config["Enabled"] is True
    assert config["DefaultRootObject"] == ROOT_OBJECT
    assert config["HttpVersion"] == "http2and3"
    assert config["IPV6Enabled"] is True
    assert config["PriceClass"] == "PriceClass_100"
    assert len(config["Comment"]["Fn::Sub"].replace("${AWS::StackName}", "x" * 40)) <= 128


@pytest.mark.parametrize(
    ("key", "property", "value"),
    [
        ("price_class", "PriceClass", "PriceClass_All"),
        ("http_version", "HttpVersion", "http1.1"),
        ("ipv6", "IPV6Enabled", False),
    ],
)
def test_distribution_settings(key: str, property: str, value: Any) -> None:
    """A delivery setting reaches its property."""
    assert distribution(delivery={key: value})[property] == value


def test_outputs() -> None:
    """The outputs are those that the other commands read, and none is exported."""
    outputs = build_template(Settings())["Outputs"]

    assert {name: output["Value"] for name, output in outputs.items()} == {
        "CdnDomain": {"Fn::GetAtt": ["Distribution", "DomainName"]},
        "DistributionId": {"Ref": "Distribution"},
        "DistributionDomainName": {"Fn::GetAtt": ["Distribution", "DomainName"]},
        "BucketName": {"Ref": "Bucket"},
        "CachePolicyId": {"Ref": "CachePolicy"},
        "ResponseHeadersPolicyId": {"Ref": "ResponseHeadersPolicy"},
        "OriginMode": "bucket",
    }
    assert not [name for name, output in outputs.items() if "Export" in output]


def test_values_are_baked_in() -> None:
    """No parameter, condition or Fn::If makes one text mean two stacks."""
    template = build_template(Settings())

    assert list(template) == ["AWSTemplateFormatVersion", "Description", "Resources", "Outputs"]
    assert "Fn::If" not in json.dumps(template)


def test_template_is_small() -> None:
    """The text fits into a request to CloudFormation without a bucket to put it in."""
    assert len(render_template(Settings())) < 51_200


@pytest.mark.parametrize(
    "content",
    [{}, {"assets": {"prefix": "a/b"}, "query_strings": "none"}, {"delivery": {"cors": None, "hsts": None}}],
)
def test_three_forms_are_equal(content: dict[str, Any]) -> None:
    """YAML, JSON and the value say the same, in the same order."""
    settings = make(**content)
    value = build_template(settings)

    text = render_template(settings)
    from_yaml = load_template(text)
    from_json = json.loads(render_template(settings, format="json"))

    assert json.dumps(value) == json.dumps(from_yaml) == json.dumps(from_json)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_equal_settings_give_equal_bytes(format: str) -> None:
    """Two interpreters with other hash seeds write the same text."""
    program = (
        "import sys; from flask_cdn_stack.infrastructure.template import render_template;"
        "from flask_cdn_stack.settings.model import Settings;"
        f"sys.stdout.write(render_template(Settings(), format={format!r}))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(flask_cdn_stack.__file__).parents[1])},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(texts) == 1
    assert texts == {render_template(Settings(), format="json" if format == "json" else "yaml").encode()}


def test_tags_are_the_stacks() -> None:
    """Tags are set on the stack, which hands them on, so the template does not change with them."""
    assert render_template(make(tags={"team": "web"})) == render_template(Settings())


def test_no_template_of_refused_settings() -> None:
    """Settings that the checks refuse give no template."""
    with pytest.raises(SettingsError, match=r"^query_strings: all"):
        render_template(make(query_strings="all"))

"""Every template that is made keeps every law, and each law of the tests finds what it is for."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from flask_cdn_stack.audit.template import check_template
from flask_cdn_stack.errors import CDNStackError
from flask_cdn_stack.infrastructure.dns import name_record
from flask_cdn_stack.infrastructure.launchable import VARIANTS as LAUNCHABLE
from flask_cdn_stack.infrastructure.launchable import Variant, render_variant
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings

from ..infrastructure.cases import CASES
from ..infrastructure.short_forms import load_template
from .broken import ARN, REMOVED, SETTINGS, break_template, build, put
from .laws import check_laws, fill_in, find_mistakes

CONFIG = "Distribution.DistributionConfig"
ORIGIN = f"{CONFIG}.Origins.0"
CUSTOM = f"{CONFIG}.Origins.1"
GROUP = f"{CONFIG}.OriginGroups.Items.0"
DEFAULT = f"{CONFIG}.DefaultCacheBehavior"
FIRST = f"{CONFIG}.CacheBehaviors.0"
ERROR = f"{CONFIG}.CustomErrorResponses.0"
CERTIFICATE = f"{CONFIG}.ViewerCertificate"
CACHE = "CachePolicy.CachePolicyConfig"
KEY = f"{CACHE}.ParametersInCacheKeyAndForwardedToOrigin"
NAMES = f"{KEY}.QueryStringsConfig.QueryStrings"
HEADERS = "ResponseHeadersPolicy.ResponseHeadersPolicyConfig"
CORS = f"{HEADERS}.CorsConfig"
ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
HOST = {"HeaderBehavior": "whitelist", "Headers": ["Host"]}
ENCODING = {"HeaderBehavior": "whitelist", "Headers": ["Accept-encoding"]}
#: The settings, the place in the resources' properties, what is put there, and a part of the sentence.
BROKEN: list[tuple[str, str, Any, str]] = [
    # The cache key.
    ("bucket", NAMES, [*"abcdefghijk"], "QueryStrings has 11 names"),
    ("bucket", NAMES, REMOVED, "is whitelist, and QueryStrings has no names"),
    ("bucket", f"{KEY}.QueryStringsConfig.QueryStringBehavior", "all", "is all, and QueryStrings has names"),
    ("bucket", f"{KEY}.HeadersConfig", ENCODING, "by a flag"),
    ("bucket", f"{KEY}.HeadersConfig", HOST, "CachePolicy: HeadersConfig.Headers has host"),
    ("app", f"{KEY}.CookiesConfig.CookieBehavior", "all", "CachePolicy: CookiesConfig.CookieBehavior is all"),
    ("bucket", f"{CACHE}.MinTTL", 86401, "not in this order"),
    # Names.
    ("named", CERTIFICATE, REMOVED, "without a certificate"),
    ("named", f"{CERTIFICATE}.AcmCertificateArn", ARN.replace("us-east-1", "eu-west-1"), "in us-east-1"),
    ("named", f"{CERTIFICATE}.MinimumProtocolVersion", "TLSv1.1_2016", "MinimumProtocolVersion is TLSv1.1_2016"),
    ("named", f"{name_record('AAAA', 'cdn.shop.example')}.AliasTarget.HostedZoneId", "Z1D633", "CloudFront's is Z2"),
    ("bucket", f"{CONFIG}.WebACLId", "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/b", "not a global one"),
    ("bucket", f"{CONFIG}.DefaultRootObject", "/index.html", "begins with a slash"),
    # Origins.
    ("bucket", f"{ORIGIN}.OriginPath", "live", "does not begin with a slash"),
    ("bucket", f"{ORIGIN}.OriginPath", "/live/", "or ends with one"),
    ("bucket", f"{ORIGIN}.DomainName", "https://shop.example", "is not a host alone"),
    ("bucket", f"{ORIGIN}.DomainName", "shop.s3-website.eu-west-1.amazonaws.com", "website endpoint"),
    ("bucket", f"{ORIGIN}.DomainName", {"Fn::Sub": "${Bucket}.s3.amazonaws.com"}, "domain in its region"),
    ("bucket", f"{ORIGIN}.DomainName", {"Fn::GetAtt": ["Bucket", "DomainName"]}, "DomainName is not"),
    ("bucket", f"{ORIGIN}.S3OriginConfig.OriginAccessIdentity", "origin-access-identity/cloudfront/E1", "identity and"),
    ("bucket", f"{ORIGIN}.S3OriginConfig", REMOVED, "needs S3OriginConfig"),
    ("bucket", f"{ORIGIN}.ConnectionAttempts", 9, "ConnectionAttempts is 9"),
    ("failover", f"{CUSTOM}.CustomOriginConfig.OriginReadTimeout", 500, "OriginReadTimeout is 500"),
    ("failover", f"{CUSTOM}.CustomOriginConfig.OriginProtocolPolicy", "http-only", "origin app: Custom"),
    ("app", f"{ORIGIN}.CustomOriginConfig.OriginSSLProtocols", REMOVED, "OriginSSLProtocols is None"),
    ("failover", f"{CUSTOM}.OriginAccessControlId", {"Ref": "OriginAccessControl"}, "OriginAccessControlId needs"),
    ("failover", f"{CUSTOM}.Id", "bucket", "two origins have one Id"),
    # Origin groups.
    ("failover", f"{GROUP}.Members.Items.1.OriginId", "apq", "its member apq is no origin"),
    ("failover", f"{GROUP}.Members.Quantity", 3, "Quantity is 3, and there are 2"),
    ("failover", f"{GROUP}.FailoverCriteria.StatusCodes.Items.0", 418, "418 is not a status"),
    # Behaviors.
    ("failover", f"{FIRST}.AllowedMethods", ALL_METHODS, "cannot go to an origin group"),
    ("failover", f"{CONFIG}.CacheBehaviors.1.PathPattern", "/static/*", "two behaviors have the pattern /static/*"),
    ("bucket", f"{DEFAULT}.AllowedMethods", ["GET", "POST"], "not one of the three sets"),
    ("bucket", f"{DEFAULT}.CachedMethods", ["GET"], "not one of the two sets"),
    ("bucket", f"{ERROR}.ResponsePagePath", "/404.html", "needs both"),
    ("bucket", f"{ERROR}.ErrorCachingMinTTL", REMOVED, "300 seconds"),
    # Headers.
    ("bucket", f"{CORS}.AccessControlAllowCredentials", True, "together with credentials"),
    ("bucket", f"{HEADERS}.CustomHeadersConfig.Items.2.Value", "Accept-Encoding", "Vary does not name origin"),
    ("app", f"{HEADERS}.CustomHeadersConfig.Items.2.Value", "Origin", "Vary does not name accept-encoding"),
    ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "Content-Type", "Content-Type cannot be removed"),
    ("app", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "x-edge-location", "x-edge-location cannot be removed"),
    ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items", [{"Header": f"x-{n}"} for n in range(11)], "has 11 headers"),
    ("bucket", f"{HEADERS}.CustomHeadersConfig.Items.0.Header", "Access-Control-Allow-Origin", "belongs to CorsConfig"),
]


@pytest.mark.parametrize("name", SETTINGS)
def test_whole(name: str) -> None:
    """What is broken below passes as it is built."""
    check_laws(build(name))


def test_cases() -> None:
    """So does what any two choices of different parts of the settings make."""
    for content in CASES:
        check_laws(build_template(msgspec.convert(content, Settings)))


@pytest.mark.parametrize("variant", LAUNCHABLE, ids=lambda variant: variant.name)
def test_launchable(variant: Variant) -> None:
    """Parameters in place of values, and short forms read back, pass too."""
    check_laws(load_template(render_variant(variant)))


@pytest.mark.parametrize(("name", "place", "value", "message"), BROKEN, ids=[place for _, place, *_ in BROKEN])
def test_broken(name: str, place: str, value: Any, message: str) -> None:
    """Each mistake is found."""
    assert any(message in mistake for mistake in find_mistakes(break_template(name, {place: value})))


@pytest.mark.parametrize(
    ("name", "parameter", "default", "message"),
    [
        ("failover", "QueryStringNames", "a,b,c,d,e,f,g,h,i,j,k", "QueryStrings has 11 names"),
        ("bucket-with-logs", "DefaultTTL", 31536001, "not in this order"),
    ],
)
def test_defaults(name: str, parameter: str, default: Any, message: str) -> None:
    """Of parameters are looked at in the places that they stand for."""
    assert any(message in mistake for mistake in find_mistakes(with_default(name, parameter, default)))


@pytest.mark.parametrize(
    ("name", "parameter", "default", "message"),
    [
        ("bucket", "QueryStringNames", "t,Response-Content-Type", "QueryStrings has Response-Content-Type"),
        ("app", "StaticPath", "/*", "PathPattern is /*"),
    ],
)
def test_refused_defaults(name: str, parameter: str, default: Any, message: str) -> None:
    """By the laws that are kept wherever a template is built, too."""
    with pytest.raises(CDNStackError) as caught:
        check_template(fill_in(with_default(name, parameter, default)))

    assert message in caught.value.message


def with_default(name: str, parameter: str, default: Any) -> dict[str, Any]:
    (variant,) = (variant for variant in LAUNCHABLE if variant.name == name)
    template = load_template(render_variant(variant))
    template["Parameters"][parameter]["Default"] = default
    return template


def test_parameters() -> None:
    """May stand for names, times and text, and are known where they are declared."""
    template = copy.deepcopy(build("named"))
    template["Parameters"] = {"Name": {"Type": "CommaDelimitedList"}, "Number": {"Type": "Number"}}
    put(template, NAMES, {"Ref": "Name"})
    put(template, f"{CONFIG}.Aliases", {"Ref": "Name"})
    put(template, f"{CACHE}.MinTTL", {"Ref": "Number"})
    put(template, f"{ORIGIN}.DomainName", {"Fn::Select": [0, {"Ref": "Name"}]})

    check_laws(template)


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("named", f"{CERTIFICATE}.MinimumProtocolVersion", "TLSv1.3_2025"),
        # Neither is among those that CloudFront keeps.
        ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "X-Amz-Meta-Name"),
        ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "Vary"),
    ],
)
def test_passes(name: str, place: str, value: Any) -> None:
    """What CloudFront takes, and is safe, breaks no law."""
    check_laws(break_template(name, {place: value}))

"""Distributions that would serve too much, or fetch it unsafely: none passes."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.audit.functions import find_function_mistakes
from flask_cdn_stack.audit.template import check_template
from flask_cdn_stack.checks.edge_code import drop_acting_code, not_found_code
from flask_cdn_stack.errors import CDNStackError

from .broken import REMOVED, break_template

CONFIG = "Distribution.DistributionConfig"
DEFAULT, FIRST = f"{CONFIG}.DefaultCacheBehavior", f"{CONFIG}.CacheBehaviors.0"
ORIGIN = f"{CONFIG}.Origins.0"
ACCESS = "OriginAccessControl.OriginAccessControlConfig"
KEY = "CachePolicy.CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin"
NAMES = f"{KEY}.QueryStringsConfig.QueryStrings"
HEADERS = "ResponseHeadersPolicy.ResponseHeadersPolicyConfig"
CSP = f"{HEADERS}.SecurityHeadersConfig.ContentSecurityPolicy"
CODE = "RequestFilterFunction.FunctionCode"
FUNCTIONS = "FunctionAssociations"
CERTIFICATE = f"{CONFIG}.ViewerCertificate"
ALL = {"QueryStringBehavior": "all"}
HOST = {"HeaderBehavior": "whitelist", "Headers": ["Host"]}


def associate(title: str, event: str = "viewer-request") -> list[dict[str, Any]]:
    return [{"EventType": event, "FunctionARN": {"Fn::GetAtt": [title, "FunctionARN"]}}]


#: The settings, the place in the resources' properties, what is put there, and a part of the message.
BROKEN: list[tuple[str, str, Any, str]] = [
    # The signature.
    ("bucket", f"{ORIGIN}.OriginAccessControlId", REMOVED, "origin bucket: OriginAccessControlId is missing"),
    ("failover", f"{ORIGIN}.OriginAccessControlId", "", "origin bucket: OriginAccessControlId is missing"),
    ("bucket", f"{ACCESS}.SigningBehavior", "never", "OriginAccessControl: SigningBehavior is never"),
    ("existing", f"{ACCESS}.SigningBehavior", "no-override", "SigningBehavior is no-override, and must be always"),
    ("bucket", f"{ACCESS}.OriginAccessControlOriginType", "lambda", "OriginAccessControlOriginType is lambda"),
    # Query strings.
    ("bucket", NAMES, ["response-content-type"], "QueryStrings has response-content-type, on which S3 acts"),
    ("existing", NAMES, ["c", "versionId"], "DefaultCacheBehavior.CachePolicyId is CachePolicy"),
    ("failover", NAMES, ["c", "X%2DAmz%2Dfoo"], "CacheBehaviors.0.CachePolicyId is CachePolicy"),
    ("bucket", f"{KEY}.QueryStringsConfig", ALL, "whose QueryStringBehavior is all: without the function"),
    ("failover", f"{KEY}.QueryStringsConfig", ALL, "whose QueryStringBehavior is all"),
    ("bucket", f"{KEY}.QueryStringsConfig.QueryStringBehavior", "allExcept", "whose QueryStringBehavior is allExcept"),
    ("unsafe", f"{DEFAULT}.{FUNCTIONS}", REMOVED, "whose QueryStringBehavior is all"),
    ("unsafe", f"{DEFAULT}.{FUNCTIONS}.0.EventType", "viewer-response", "whose QueryStringBehavior is all"),
    ("failover unsafe", f"{FIRST}.{FUNCTIONS}", REMOVED, "CacheBehaviors.0.CachePolicyId is CachePolicy"),
    ("unsafe", CODE, "function handler(event) {}", "whose QueryStringBehavior is all"),
    ("unsafe", f"{CSP}.ContentSecurityPolicy", "default-src 'none'", "ContentSecurityPolicy has no sandbox"),
    ("failover unsafe", CSP, REMOVED, "CacheBehaviors.0.ResponseHeadersPolicyId is ResponseHeadersPolicy"),
    # The app's pages.
    ("app", f"{DEFAULT}.{FUNCTIONS}", REMOVED, "DefaultCacheBehavior.PathPattern is *, which is the whole app"),
    ("failover", f"{DEFAULT}.{FUNCTIONS}", REMOVED, "which is the whole app"),
    ("failover unsafe", f"{DEFAULT}.{FUNCTIONS}", associate("RequestFilterFunction"), "which is the whole app"),
    ("app", "NotFoundFunction.FunctionCode", "function handler(event) { return event.request; }", "the whole app"),
    ("app", f"{FIRST}.PathPattern", "/*", "CacheBehaviors.0.PathPattern is /*"),
    ("failover", f"{FIRST}.PathPattern", "/?*", "CacheBehaviors.0.PathPattern is /?*"),
    ("app", f"{ORIGIN}.CustomOriginConfig.OriginProtocolPolicy", "match-viewer", "Policy is match-viewer"),
    ("failover", f"{CONFIG}.Origins.1.CustomOriginConfig.OriginProtocolPolicy", "http-only", "origin app: Custom"),
    ("app", f"{ORIGIN}.CustomOriginConfig.OriginSSLProtocols", ["SSLv3"], "OriginSSLProtocols is ['SSLv3']"),
    ("app", f"{ORIGIN}.CustomOriginConfig.OriginSSLProtocols", ["TLSv1.1", "TLSv1.2"], "TLSv1.2 alone is safe"),
    ("app", f"{ORIGIN}.CustomOriginConfig.OriginSSLProtocols", REMOVED, "OriginSSLProtocols is None"),
    # What is one viewer's.
    ("app", f"{KEY}.CookiesConfig.CookieBehavior", "all", "CachePolicy: CookiesConfig.CookieBehavior is all"),
    ("bucket", f"{KEY}.HeadersConfig", HOST, "CachePolicy: HeadersConfig.Headers has host"),
    ("bucket", f"{DEFAULT}.CachePolicyId", REMOVED, "DefaultCacheBehavior.CachePolicyId must be there"),
    ("bucket", f"{DEFAULT}.OriginRequestPolicyId", "216adef6-5c7f-47e4-b989-5492eafa07d3", "nothing beside it"),
    ("bucket", f"{DEFAULT}.ForwardedValues", {"QueryString": True}, "nothing beside it"),
    # Viewers.
    ("named", f"{CERTIFICATE}.MinimumProtocolVersion", "TLSv1", "MinimumProtocolVersion is TLSv1, and TLS 1.2"),
    ("named", f"{CERTIFICATE}.MinimumProtocolVersion", "TLSv1.1_2016", "MinimumProtocolVersion is TLSv1.1_2016"),
    ("named", f"{CERTIFICATE}.MinimumProtocolVersion", REMOVED, "MinimumProtocolVersion is None"),
    # Headers.
    ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "X-Amz-Cf-Id", "X-Amz-Cf-Id cannot be removed"),
    ("app", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "x-edge-location", "x-edge-location cannot be removed"),
    ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.1.Header", "Vary", "lets viewers see x-amz-server"),
    ("failover", f"{HEADERS}.RemoveHeadersConfig", REMOVED, "CacheBehaviors.0.ResponseHeadersPolicyId is Resp"),
    ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items", [{"Header": f"x-{n}"} for n in range(11)], "has 11 headers"),
    ("bucket", f"{HEADERS}.CorsConfig.AccessControlAllowOrigins.Items", [], "AccessControlAllowOrigins.Items is []"),
    ("bucket", f"{HEADERS}.CorsConfig.AccessControlAllowHeaders", REMOVED, "AccessControlAllowHeaders.Items is None"),
    ("bucket", f"{HEADERS}.CorsConfig.AccessControlAllowMethods.Items", [], "AccessControlAllowMethods.Items is []"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "place", "value", "message"), BROKEN, ids=[place for _, place, *_ in BROKEN])
def test_broken(name: str, place: str, value: Any, message: str) -> None:
    """Each is refused with the resource, the place and what is wrong with it."""
    changes = {place: value}
    if value == "allExcept":
        changes[NAMES] = ["response-expires"]
    with pytest.raises(CDNStackError) as caught:
        check_template(break_template(name, changes))

    assert message in caught.value.message


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        # A setting, for those whose pages are plain http: viewers choose, and what they fetch is public.
        ("bucket", f"{DEFAULT}.ViewerProtocolPolicy", "allow-all"),
        ("app", f"{FIRST}.ViewerProtocolPolicy", "allow-all"),
        # An app gives no name such power, and is asked without a signature.
        ("app", f"{KEY}.QueryStringsConfig", {"QueryStringBehavior": "whitelist", "QueryStrings": ["versionId"]}),
        # What an existing policy says is not in the template.
        ("bucket", f"{DEFAULT}.CachePolicyId", "658327ea-f89d-4fab-a63d-7e88639e58f6"),
        # One path of the app's, however short.
        ("app", f"{FIRST}.PathPattern", "/s*"),
        ("named", f"{CERTIFICATE}.MinimumProtocolVersion", "TLSv1.3_2025"),
        # Neither is among those that CloudFront keeps.
        ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "X-Amz-Meta-Name"),
        ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "Vary"),
    ],
)
def test_passes(name: str, place: str, value: Any) -> None:
    """What is safe, or for the settings to choose, is not refused."""
    check_template(break_template(name, {place: value}))


HANDLER = "function handler(event) {"


@pytest.mark.parametrize(
    "code",
    [
        not_found_code(),
        drop_acting_code(),
        f"{HANDLER} return {{a: [1, (2)]}}; }}",
        f"{HANDLER} return '}}' + \"(\" + `[`; }} // )",
        f"{HANDLER} return 'it\\'s {{'; /* ' ( */ }}",
        f"{HANDLER} return 'https://shop.example'; }}",
    ],
)
def test_complete_code(code: str) -> None:
    """Brackets in text and comments do not count."""
    assert not list(find_function_mistakes(describe(code)))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (f"{HANDLER} return {{; ", "{{ is unpaired"),
        (f"{HANDLER} return (1]; }}", "{(]} is unpaired"),
        (f"{HANDLER} return 'open; }}", "{'} is unpaired"),
        (f"{HANDLER} return `open; }}", "{`} is unpaired"),
        (f"{HANDLER} }} /* open", "/* is unpaired"),
        (f"{HANDLER} }} }}", "} is unpaired"),
        ("function handler() { return event; }", "has no function handler(event)"),
        ("const handler = 1;", "has no function handler(event)"),
    ],
)
def test_incomplete_code(code: str, message: str) -> None:
    """CloudFront could not run it, nor find what to run."""
    assert any(message in mistake for mistake in find_function_mistakes(describe(code)))


def describe(code: str) -> dict[str, Any]:
    return {"Resources": {"F": {"Type": "AWS::CloudFront::Function", "Properties": {"FunctionCode": code}}}}

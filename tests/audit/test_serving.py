"""Distributions that would serve too much, or fetch it unsafely: none passes."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.audit.template import check_template
from flask_cdn_stack.checks.function_code import request_code
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
ALL = {"QueryStringBehavior": "all"}


def associate(title: str, event: str = "viewer-request") -> list[dict[str, Any]]:
    return [{"EventType": event, "FunctionARN": {"Fn::GetAtt": [title, "FunctionARN"]}}]


#: The settings, the place in the resources' properties, what is put there, and a part of the message.
BROKEN: list[tuple[str, str, Any, str]] = [
    # The signature.
    ("bucket", f"{ORIGIN}.OriginAccessControlId", REMOVED, "origin bucket: OriginAccessControlId is missing"),
    ("bucket", f"{ACCESS}.SigningBehavior", "never", "OriginAccessControl: SigningBehavior is never"),
    ("existing", f"{ACCESS}.SigningBehavior", "no-override", "SigningBehavior is no-override, and must be always"),
    ("bucket", f"{ACCESS}.OriginAccessControlOriginType", "lambda", "OriginAccessControlOriginType is lambda"),
    # Query strings.
    ("bucket", NAMES, ["response-content-type"], "QueryStrings has response-content-type, on which S3 acts"),
    ("existing", NAMES, ["c", "versionId"], "DefaultCacheBehavior.CachePolicyId is CachePolicy"),
    ("failover", NAMES, ["c", "X%2DAmz%2Dfoo"], "CacheBehaviors.0.CachePolicyId is CachePolicy"),
    ("bucket", f"{KEY}.QueryStringsConfig", ALL, "whose QueryStringBehavior is all: without the function"),
    ("bucket", f"{KEY}.QueryStringsConfig.QueryStringBehavior", "allExcept", "whose QueryStringBehavior is allExcept"),
    ("unsafe", f"{DEFAULT}.{FUNCTIONS}", REMOVED, "whose QueryStringBehavior is all"),
    ("unsafe", f"{DEFAULT}.{FUNCTIONS}.0.EventType", "viewer-response", "whose QueryStringBehavior is all"),
    ("failover unsafe", f"{FIRST}.{FUNCTIONS}", REMOVED, "CacheBehaviors.0.CachePolicyId is CachePolicy"),
    ("unsafe", CODE, "function handler(event) {}", "whose QueryStringBehavior is all"),
    ("unsafe immutable", CODE, request_code(drops_acting=False, maps_query=True), "QueryStringBehavior is all"),
    ("unsafe", f"{CSP}.ContentSecurityPolicy", "default-src 'none'", "ContentSecurityPolicy has no sandbox"),
    ("failover unsafe", CSP, REMOVED, "CacheBehaviors.0.ResponseHeadersPolicyId is ResponseHeadersPolicy"),
    # The app's pages.
    ("app", f"{DEFAULT}.{FUNCTIONS}", REMOVED, "DefaultCacheBehavior.PathPattern is *, which is the whole app"),
    ("failover unsafe", f"{DEFAULT}.{FUNCTIONS}", associate("RequestFilterFunction"), "which is the whole app"),
    ("app", "NotFoundFunction.FunctionCode", "function handler(event) { return event.request; }", "the whole app"),
    ("app", f"{FIRST}.PathPattern", "/*", "CacheBehaviors.0.PathPattern is /*"),
    ("failover", f"{FIRST}.PathPattern", "/?*", "CacheBehaviors.0.PathPattern is /?*"),
    # What goes to the origin beside the key.
    ("bucket", f"{DEFAULT}.CachePolicyId", REMOVED, "DefaultCacheBehavior.CachePolicyId must be there"),
    ("bucket", f"{DEFAULT}.OriginRequestPolicyId", "216adef6-5c7f-47e4-b989-5492eafa07d3", "nothing beside it"),
    ("bucket", f"{DEFAULT}.ForwardedValues", {"QueryString": True}, "nothing beside it"),
    # Headers.
    ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.1.Header", "Vary", "lets viewers see x-amz-server"),
    ("failover", f"{HEADERS}.RemoveHeadersConfig", REMOVED, "CacheBehaviors.0.ResponseHeadersPolicyId is Resp"),
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
        # An app gives no name such power, and is asked without a signature.
        ("app", f"{KEY}.QueryStringsConfig", {"QueryStringBehavior": "whitelist", "QueryStrings": ["versionId"]}),
        # What an existing policy says is not in the template.
        ("bucket", f"{DEFAULT}.CachePolicyId", "658327ea-f89d-4fab-a63d-7e88639e58f6"),
        # One path of the app's, however short.
        ("app", f"{FIRST}.PathPattern", "/s*"),
    ],
)
def test_passes(name: str, place: str, value: Any) -> None:
    """What is safe, or for the settings to choose, is not refused."""
    check_template(break_template(name, {place: value}))

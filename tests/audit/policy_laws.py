"""Mistakes in the cache policies and the response headers policies of a built template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_cdn_stack.audit.reading import find_resources, read_list

#: Names in one part of a cache key (CloudFront developer guide, "Quotas").
MAX_NAMES = 10

#: Headers that a policy takes away. CloudFront has a most (CloudFront API reference,
#: "TooManyRemoveHeadersInResponseHeadersPolicy") and AWS's pages do not say it; that of custom headers is kept to.
MAX_REMOVED = 10

#: Headers that a policy cannot take away (CloudFront developer guide, "Understand response headers policies").
NOT_REMOVABLE = frozenset({
    "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive",
    "proxy-authenticate", "proxy-authorization", "proxy-connection", "trailer", "transfer-encoding", "upgrade", "via",
    "warning", "x-accel-buffering", "x-accel-charset", "x-accel-limit-rate", "x-accel-redirect", "x-amzn-auth",
    "x-amzn-cf-billing", "x-amzn-cf-id", "x-amzn-cf-xff", "x-amzn-errortype", "x-amzn-fle-profile",
    "x-amzn-header-count", "x-amzn-header-order", "x-amzn-lambda-integration-tag", "x-amzn-requestid", "x-cache",
    "x-forwarded-proto", "x-real-ip",
})  # fmt: skip

#: Beginnings of the names of such headers.
NOT_REMOVABLE_PREFIXES = ("x-amz-cf-", "x-edge-")

_KEY_PARTS = (
    ("QueryStringsConfig", "QueryStringBehavior", "QueryStrings"),
    ("HeadersConfig", "HeaderBehavior", "Headers"),
    ("CookiesConfig", "CookieBehavior", "Cookies"),
)
_KEY_PAGE = '(CloudFront developer guide, "Control the cache key with a policy")'
_CACHES_PAGE = '(Fetch standard, "CORS protocol and HTTP caches")'
_CORS_PAGE = '(CloudFront developer guide, "Understand response headers policies")'


def find_policy_mistakes(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each mistake in the template's cache policies and response headers policies."""
    for title, properties in find_resources(template, "AWS::CloudFront::CachePolicy"):
        yield from (f"{title}: {mistake}" for mistake in _find_in_cache_policy(properties["CachePolicyConfig"]))
    for title, properties in find_resources(template, "AWS::CloudFront::ResponseHeadersPolicy"):
        config = properties["ResponseHeadersPolicyConfig"]
        for find in (_find_in_cors, _find_in_removed_headers):
            yield from (f"{title}: {mistake}" for mistake in find(config))


def _find_in_cache_policy(config: Mapping[str, Any]) -> Iterator[str]:
    times = [config[name] for name in ("MinTTL", "DefaultTTL", "MaxTTL")]
    if all(isinstance(time, int) for time in times) and times != sorted(times):
        yield f"MinTTL, DefaultTTL and MaxTTL are {times}, not in this order"
    key = config["ParametersInCacheKeyAndForwardedToOrigin"]
    for part, behavior, names in _KEY_PARTS:
        yield from _find_in_key_part(names, key[part], behavior)
    if (cookies := key["CookiesConfig"]["CookieBehavior"]) != "none":
        yield f"CookiesConfig.CookieBehavior is {cookies}, and static files are the same for everybody {_KEY_PAGE}"


def _find_in_key_part(kind: str, part: Mapping[str, Any], behavior: str) -> Iterator[str]:
    names = part.get(kind)
    if part[behavior] in ("whitelist", "allExcept"):
        if not names:
            yield f"{behavior} is {part[behavior]}, and {kind} has no names"
    elif names:
        yield f"{behavior} is {part[behavior]}, and {kind} has names"
    if len(read_list(names)) > MAX_NAMES:
        yield f"{kind} has {len(read_list(names))} names, and CloudFront takes {MAX_NAMES}"


def _find_in_cors(config: Mapping[str, Any]) -> Iterator[str]:
    if not config.get("CorsConfig"):
        return
    custom = config.get("CustomHeadersConfig", {}).get("Items", ())
    vary = next((item for item in custom if item["Header"].lower() == "vary"), {"Value": ""})
    named = {name.strip().lower() for name in vary["Value"].split(",")}
    if missing := [name for name in ("accept-encoding", "origin") if name not in named]:
        yield f"CorsConfig is there, and the custom header Vary does not name {' and '.join(missing)} {_CACHES_PAGE}"


def _find_in_removed_headers(config: Mapping[str, Any]) -> Iterator[str]:
    items = config.get("RemoveHeadersConfig", {}).get("Items", ())
    if len(items) > MAX_REMOVED:
        yield f"RemoveHeadersConfig.Items has {len(items)} headers, and {MAX_REMOVED} are what CloudFront surely takes"
    for item in items:
        name = item["Header"].lower()
        if name in NOT_REMOVABLE or name.startswith(NOT_REMOVABLE_PREFIXES):
            yield f"RemoveHeadersConfig.Items: {item['Header']} cannot be removed {_CORS_PAGE}"

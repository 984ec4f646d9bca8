"""Finds mistakes in what the distribution of a built template serves, by looking at several resources together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..checks.content_security import find_sandbox
from ..checks.function_code import drops_acting, not_found_code
from ..checks.query_strings import acts_on_s3
from ..checks.removed_headers import KEY_HEADERS
from .reading import find_references, find_resources, read_list, read_text

#: How CloudFront signs its requests to a bucket (CloudFront developer guide, "Restrict access to an Amazon S3 origin").
SIGNING = {"OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"}

_SIGNING_PAGE = '(CloudFront developer guide, "Restrict access to an Amazon S3 origin")'
_QUERY_PAGE = '(S3 API reference, "GetObject", response-* parameters)'
_OBJECT_PAGE = '(S3 API reference, "GetObject", response headers)'
_KEY_PAGE = '(CloudFront developer guide, "Control the cache key with a policy")'
_PATTERN_PAGE = '(CloudFront developer guide, "Cache behavior settings", Path pattern)'


def find_serving_mistakes(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each mistake by which viewers would reach more than static files, or nothing at all."""
    for title, properties in find_resources(template, "AWS::CloudFront::OriginAccessControl"):
        config = properties["OriginAccessControlConfig"]
        for name, value in SIGNING.items():
            if config.get(name) != value:
                yield f"{title}: {name} is {config.get(name)}, and must be {value} {_SIGNING_PAGE}"
    for title, properties in find_resources(template, "AWS::CloudFront::Distribution"):
        config = properties["DistributionConfig"]
        yield from (f"{title}: {mistake}" for mistake in _find_unsigned(config))
        for path, behavior in _behaviors(config):
            for mistake in _find_in_behavior(template, config, behavior):
                yield f"{title}: {path}{mistake}"


def _find_unsigned(config: Mapping[str, Any]) -> Iterator[str]:
    for origin in config.get("Origins", ()):
        if "S3OriginConfig" in origin and not origin.get("OriginAccessControlId"):
            yield f"origin {origin['Id']}: OriginAccessControlId is missing, and so is the signature {_SIGNING_PAGE}"


def _behaviors(config: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "DefaultCacheBehavior.", config["DefaultCacheBehavior"]
    for number, behavior in enumerate(config.get("CacheBehaviors", ())):
        yield f"CacheBehaviors.{number}.", behavior


def _find_in_behavior(
    template: Mapping[str, Any], config: Mapping[str, Any], behavior: Mapping[str, Any]
) -> Iterator[str]:
    if "OriginRequestPolicyId" in behavior or "ForwardedValues" in behavior or "CachePolicyId" not in behavior:
        yield f"CachePolicyId must be there, and nothing beside it may forward what the key lacks {_KEY_PAGE}"
    codes = _find_codes(template, behavior)
    if not_found_code() in codes:
        return
    pattern = behavior.get("PathPattern", "*")
    if _reaches(config, behavior, "CustomOriginConfig") and isinstance(pattern, str) and not pattern.strip("/*?"):
        yield (
            f"PathPattern is {pattern}, which is the whole app without a function that answers 404, and its pages are "
            f"not the CDN's {_PATTERN_PAGE}"
        )
    if _reaches(config, behavior, "S3OriginConfig"):
        yield from _find_shown_keys(template, behavior)
        is_filtered = any(map(drops_acting, codes))
        yield from (_find_without_sandbox if is_filtered else _find_in_query_strings)(template, behavior)


def _find_codes(template: Mapping[str, Any], behavior: Mapping[str, Any]) -> set[str]:
    """Return the code of the CloudFront Functions that run on a behavior's viewer requests."""
    titles = {
        title
        for association in behavior.get("FunctionAssociations", ())
        if association["EventType"] == "viewer-request"
        for title in find_references(association["FunctionARN"])
    }
    functions = find_resources(template, "AWS::CloudFront::Function")
    return {read_text(properties["FunctionCode"]) for title, properties in functions if title in titles}


def _reaches(config: Mapping[str, Any], behavior: Mapping[str, Any], kind: str) -> bool:
    target = behavior["TargetOriginId"]
    groups = read_list(config.get("OriginGroups", {}).get("Items"))
    members = {item["OriginId"] for group in groups if group["Id"] == target for item in group["Members"]["Items"]}
    return any(kind in origin for origin in config.get("Origins", ()) if origin["Id"] in {target, *members})


def _find_shown_keys(template: Mapping[str, Any], behavior: Mapping[str, Any]) -> Iterator[str]:
    titles = set(find_references(behavior.get("ResponseHeadersPolicyId")))
    for title, properties in find_resources(template, "AWS::CloudFront::ResponseHeadersPolicy"):
        items = properties["ResponseHeadersPolicyConfig"].get("RemoveHeadersConfig", {}).get("Items", ())
        if title in titles and (shown := {*KEY_HEADERS} - {item["Header"].lower() for item in items}):
            names = ", ".join(sorted(shown))
            yield f"ResponseHeadersPolicyId is {title}, which lets viewers see {names} {_OBJECT_PAGE}"


def _find_without_sandbox(template: Mapping[str, Any], behavior: Mapping[str, Any]) -> Iterator[str]:
    titles = set(find_references(behavior.get("ResponseHeadersPolicyId")))
    for title, properties in find_resources(template, "AWS::CloudFront::ResponseHeadersPolicy"):
        security = properties["ResponseHeadersPolicyConfig"].get("SecurityHeadersConfig", {})
        policy = security.get("ContentSecurityPolicy", {}).get("ContentSecurityPolicy", "")
        if title in titles and find_sandbox(policy) is None:
            yield (
                f"ResponseHeadersPolicyId is {title}, whose ContentSecurityPolicy has no sandbox, though viewers "
                f"choose query strings {_QUERY_PAGE}"
            )


def _find_in_query_strings(template: Mapping[str, Any], behavior: Mapping[str, Any]) -> Iterator[str]:
    titles = set(find_references(behavior.get("CachePolicyId")))
    for title, properties in find_resources(template, "AWS::CloudFront::CachePolicy"):
        if title not in titles:
            continue
        config = properties["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"]
        kind = config["QueryStringBehavior"]
        if kind not in ("none", "whitelist"):
            yield (
                f"CachePolicyId is {title}, whose QueryStringBehavior is {kind}: without the function that drops them, "
                f"S3 acts on names that a viewer chooses {_QUERY_PAGE}"
            )
        for name in read_list(config.get("QueryStrings")):
            if acts_on_s3(read_text(name)):
                yield f"CachePolicyId is {title}, whose QueryStrings has {name}, on which S3 acts {_QUERY_PAGE}"

"""What must hold for every template that is built, whatever the settings: no linter finds most of these mistakes.

The settings are checked before (:mod:`.checks`); what is found here is a mistake of this package's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import CDNStackError
from .alias_checks import CLOUDFRONT_ZONE
from .distribution_rules import find_distribution_mistakes
from .template_reading import find_references, find_resources, read_function, read_list, read_text

#: Bytes of a template that is sent with a request (CloudFormation user guide, "Understand CloudFormation quotas").
MAX_TEMPLATE = 51_200

#: Bytes of a function (CloudFront developer guide, "Quotas", CloudFront Functions).
MAX_FUNCTION = 10_240

#: Names in one part of a cache key, and custom headers in a policy (CloudFront developer guide, "Quotas").
MAX_NAMES = 10

#: Headers that a policy cannot take away (CloudFront developer guide, "Understand response headers policies").
NOT_REMOVABLE = frozenset({
    "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive",
    "proxy-authenticate", "proxy-authorization", "proxy-connection", "trailer", "transfer-encoding", "upgrade", "via",
    "warning", "x-accel-buffering", "x-accel-charset", "x-accel-limit-rate", "x-accel-redirect", "x-amzn-auth",
    "x-amzn-cf-billing", "x-amzn-cf-id", "x-amzn-cf-xff", "x-amzn-errortype", "x-amzn-fle-profile",
    "x-amzn-header-count", "x-amzn-header-order", "x-amzn-lambda-integration-tag", "x-amzn-requestid", "x-cache",
    "x-forwarded-proto", "x-real-ip",
})  # fmt: skip

#: Characters of names and comments (CloudFront API reference, at each type).
LENGTHS = {
    ("AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig", "Name"): 64,
    ("AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig", "Description"): 256,
    ("AWS::CloudFront::Function", "FunctionConfig", "Comment"): 128,
    ("AWS::CloudFront::Function", "", "Name"): 64,
    ("AWS::CloudFront::CachePolicy", "CachePolicyConfig", "Name"): 128,
    ("AWS::CloudFront::CachePolicy", "CachePolicyConfig", "Comment"): 128,
    ("AWS::CloudFront::ResponseHeadersPolicy", "ResponseHeadersPolicyConfig", "Name"): 128,
    ("AWS::CloudFront::ResponseHeadersPolicy", "ResponseHeadersPolicyConfig", "Comment"): 128,
    ("AWS::CloudFront::Distribution", "DistributionConfig", "Comment"): 128,
}

_KEY_PARTS = (
    ("QueryStringsConfig", "QueryStringBehavior", "QueryStrings"),
    ("HeadersConfig", "HeaderBehavior", "Headers"),
    ("CookiesConfig", "CookieBehavior", "Cookies"),
)
_NO_ACTION = frozenset({
    "Id", "Status", "Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan",
})  # fmt: skip


def check_template(template: dict[str, Any]) -> None:
    """Refuse a template that AWS would refuse, or would take and then serve wrongly or to anybody.

    :param template: as a value, with the long forms of CloudFormation's functions.
    :raises CDNStackError: for the first mistake.
    """
    for mistake in _find_mistakes(template):
        raise CDNStackError(
            f"The template that was made from the settings is wrong: {mistake}.",
            "This is a mistake of flask-cdn-stack, not yours; please report it together with your settings file.",
        )


def _find_mistakes(template: dict[str, Any]) -> Iterator[str]:
    yield from _find_dangling(template)
    yield from find_distribution_mistakes(template)
    for find in (_find_in_cache_policies, _find_in_header_policies, _find_in_functions, _find_in_buckets,
                 _find_in_bucket_policies, _find_in_records, _find_long):  # fmt: skip
        for title, mistake in find(template):
            yield f"{title}: {mistake}"
    # Indented, which is the longest way in which it is sent.
    if (size := len(json.dumps(template, indent=2).encode())) > MAX_TEMPLATE:
        yield f"it has {size} bytes, and CloudFormation takes {MAX_TEMPLATE}"


def _find_dangling(template: Mapping[str, Any]) -> Iterator[str]:
    known = {*template["Resources"], *template.get("Parameters", {})}
    for name in find_references([template["Resources"], template.get("Outputs", {})]):
        if name not in known and not name.startswith("AWS::"):
            yield f"it refers to {name}, which it does not have"
    for title, resource in template["Resources"].items():
        for name in read_list(resource.get("DependsOn")):
            if name not in template["Resources"]:
                yield f"{title} depends on {name}, which it does not have"


def _find_in_cache_policies(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for title, properties in find_resources(template, "AWS::CloudFront::CachePolicy"):
        config = properties["CachePolicyConfig"]
        times = [config[name] for name in ("MinTTL", "DefaultTTL", "MaxTTL")]
        if all(isinstance(time, int) for time in times) and times != sorted(times):
            yield title, f"MinTTL, DefaultTTL and MaxTTL are {times}, not in this order"
        key = config["ParametersInCacheKeyAndForwardedToOrigin"]
        for part, behavior, names in _KEY_PARTS:
            yield from ((title, mistake) for mistake in _find_in_key_part(names, key[part], behavior))
        headers = {read_text(name).lower() for name in read_list(key["HeadersConfig"].get("Headers"))}
        if "accept-encoding" in headers and (
            key.get("EnableAcceptEncodingGzip") or key.get("EnableAcceptEncodingBrotli")
        ):
            yield title, "Accept-Encoding is listed, and put into the key by a flag too"


def _find_in_key_part(kind: str, part: Mapping[str, Any], behavior: str) -> Iterator[str]:
    names = part.get(kind)
    if part[behavior] in ("whitelist", "allExcept"):
        if not names:
            yield f"{behavior} is {part[behavior]}, and {kind} has no names"
    elif names:
        yield f"{behavior} is {part[behavior]}, and {kind} has names"
    if len(read_list(names)) > MAX_NAMES:
        yield f"{kind} has {len(read_list(names))} names, and CloudFront takes {MAX_NAMES}"


def _find_in_header_policies(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for title, properties in find_resources(template, "AWS::CloudFront::ResponseHeadersPolicy"):
        config = properties["ResponseHeadersPolicyConfig"]
        cors = config.get("CorsConfig", {})
        lists = [cors.get(f"AccessControlAllow{kind}", {}) for kind in ("Origins", "Headers", "Methods")]
        if cors.get("AccessControlAllowCredentials") and any("*" in read_list(part.get("Items")) for part in lists):
            yield title, "* is allowed together with credentials"
        custom = [item["Header"] for item in config.get("CustomHeadersConfig", {}).get("Items", ())]
        removed = [item["Header"] for item in config.get("RemoveHeadersConfig", {}).get("Items", ())]
        if len(custom) > MAX_NAMES:
            yield title, f"it has {len(custom)} custom headers, and CloudFront takes {MAX_NAMES}"
        for name in custom:
            if name.lower().startswith("access-control-"):
                yield title, f"{name} is a custom header, and belongs to CorsConfig"
        for name in removed:
            if name.lower() in NOT_REMOVABLE:
                yield title, f"{name} cannot be removed"


def _find_in_functions(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for title, properties in find_resources(template, "AWS::CloudFront::Function"):
        code = read_text(properties["FunctionCode"])
        if (size := len(code.encode())) > MAX_FUNCTION:
            yield title, f"its code has {size} bytes, and CloudFront takes {MAX_FUNCTION}"
        if not re.search(r"\bfunction\s+handler\s*\(", code):
            yield title, "its code has no function handler"


def _find_in_buckets(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for title, properties in find_resources(template, "AWS::S3::Bucket"):
        for rule in properties.get("LifecycleConfiguration", {}).get("Rules", ()):
            if not set(rule) - _NO_ACTION:
                yield title, f"its lifecycle rule {rule.get('Id', '')} does nothing"
        if "WebsiteConfiguration" in properties:
            yield title, "it is a website, which everybody can read"


def _find_in_bucket_policies(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for title, properties in find_resources(template, "AWS::S3::BucketPolicy"):
        for statement in read_list(properties["PolicyDocument"]["Statement"]):
            name = statement.get("Sid", "a statement")
            if statement["Effect"] == "Allow" and _is_anybody(statement["Principal"]):
                yield title, f"{name} lets anybody in"
            if not all(_lies_in(resource, properties["Bucket"]) for resource in _read_resources(statement)):
                yield title, f"{name} is about another bucket than the policy's"


def _read_resources(statement: Mapping[str, Any]) -> list[Any]:
    resources = statement["Resource"]
    return resources if isinstance(resources, list) else [resources]


def _is_anybody(principal: Any) -> bool:
    return "*" in read_list(principal.get("AWS") if isinstance(principal, dict) else principal)


def _lies_in(resource: Any, bucket: Any) -> bool:
    if isinstance(bucket, str):
        return re.search(rf":::{re.escape(bucket)}(/|$)", read_text(resource)) is not None
    return set(find_references(bucket)) <= set(find_references(resource))


def _find_in_records(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for title, properties in find_resources(template, "AWS::Route53::RecordSet"):
        zone = properties.get("AliasTarget", {}).get("HostedZoneId")
        if zone != CLOUDFRONT_ZONE:
            yield title, f"its alias is to the zone {zone}, and CloudFront's is {CLOUDFRONT_ZONE}"


def _find_long(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for (kind, group, name), most in LENGTHS.items():
        for title, properties in find_resources(template, kind):
            value = (properties.get(group, {}) if group else properties).get(name)
            if (length := _longest(value)) > most:
                yield title, f"{name} has up to {length} characters, and CloudFront takes {most}"


def _longest(value: Any) -> int:
    """Return how long a text can become, with a stack's name of 40 characters and the first part of its UUID."""
    text = read_text(value)
    if read_function(value)[0]:
        text = text.replace("${AWS::StackName}", "x" * 40)
        text = re.sub(r"\$\{[^}]*\}", "x" * 8, text)
    return len(text)

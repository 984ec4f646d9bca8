"""What a built template says about requests: read whole, and refused where no test looks at what is done then.

Each class holds the properties of a CloudFormation type. A property, a kind or a function without a place in them is
an error, so that nothing of a template is passed over in silence. Properties that say nothing about a request are of
the type ``Any``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec
from msgspec import field

from flask_cdn_stack.audit.reading import find_resources, read_function
from flask_cdn_stack.aws.distribution_parts import DistributionParts
from flask_cdn_stack.local.edge import configuration
from flask_cdn_stack.local.edge.rules import Rules


class _Part(msgspec.Struct, frozen=True, rename="pascal", forbid_unknown_fields=True):
    """A part of a template, by the names that CloudFormation has for its properties."""


class CustomOrigin(_Part, frozen=True):
    """How an app is asked."""

    origin_protocol_policy: Literal["https-only"]
    https_port: int = field(name="HTTPSPort")
    origin_ssl_protocols: tuple[Literal["TLSv1.2"], ...] = field(name="OriginSSLProtocols")


class S3Origin(_Part, frozen=True):
    """How a bucket is asked."""

    origin_access_identity: Literal[""]


class Origin(_Part, frozen=True):
    """Where files come from: a bucket, or an app."""

    id: str
    domain_name: str
    origin_path: str = ""
    connection_attempts: int = 3
    connection_timeout: int = 10
    custom_origin_config: CustomOrigin | None = None
    s3_origin_config: S3Origin | None = None
    origin_access_control_id: str = ""
    origin_shield: Any = None


class AccessControl(_Part, frozen=True):
    """The signature on requests to a bucket."""

    name: Any
    description: Any
    origin_access_control_origin_type: Literal["s3"]
    signing_behavior: Literal["always"]
    signing_protocol: Literal["sigv4"]


_Member = dict[Literal["OriginId"], str]


class _Members(_Part, frozen=True):
    items: tuple[_Member, _Member]
    quantity: Literal[2]


class _Statuses(_Part, frozen=True):
    items: tuple[int, ...]
    quantity: int


class Group(_Part, frozen=True):
    """Two origins, of which the second stands in for the first."""

    id: str
    members: _Members
    failover_criteria: dict[Literal["StatusCodes"], _Statuses]


class _Groups(_Part, frozen=True):
    items: tuple[Group, ...]
    quantity: int


class _Association(_Part, frozen=True):
    event_type: Literal["viewer-request"]
    function_arn: str = field(name="FunctionARN")


class Behavior(_Part, frozen=True):
    """What is done with the requests for some paths."""

    target_origin_id: str
    viewer_protocol_policy: Literal["redirect-to-https", "https-only", "allow-all"]
    allowed_methods: tuple[str, ...]
    cached_methods: tuple[str, ...]
    cache_policy_id: str
    response_headers_policy_id: str
    compress: Any
    path_pattern: str = "*"
    function_associations: tuple[_Association, ...] = ()


class _ErrorResponse(_Part, frozen=True):
    error_code: int
    error_caching_min_ttl: int = field(name="ErrorCachingMinTTL")


class Distribution(_Part, frozen=True):
    """The distribution. Restrictions and a firewall are not known here."""

    comment: Any
    enabled: bool
    http_version: Any
    ipv6_enabled: Any = field(name="IPV6Enabled")
    price_class: Any
    origins: tuple[Origin, ...]
    default_cache_behavior: Behavior
    custom_error_responses: tuple[_ErrorResponse, ...]
    cache_behaviors: tuple[Behavior, ...] = ()
    origin_groups: _Groups = _Groups((), 0)
    default_root_object: str = ""
    aliases: Any = None
    viewer_certificate: Any = None
    logging: Any = None


class QueryStrings(_Part, frozen=True):
    """Which names are in the cache key, and so in the request to the origin."""

    query_string_behavior: Literal["none", "whitelist", "all"]
    query_strings: tuple[str, ...] = ()


class _CacheKey(_Part, frozen=True):
    query_strings_config: QueryStrings
    headers_config: dict[Literal["HeaderBehavior"], Literal["none"]]
    cookies_config: dict[Literal["CookieBehavior"], Literal["none"]]
    enable_accept_encoding_gzip: bool
    enable_accept_encoding_brotli: bool


class CachePolicy(_Part, frozen=True):
    """The cache key, all of which is forwarded, and for how long answers are kept."""

    name: Any
    comment: Any
    min_ttl: Any = field(name="MinTTL")
    default_ttl: Any = field(name="DefaultTTL")
    max_ttl: Any = field(name="MaxTTL")
    key: _CacheKey = field(name="ParametersInCacheKeyAndForwardedToOrigin")


_Texts = dict[Literal["Items"], tuple[str, ...]]


class CORS(_Part, frozen=True):
    """Who else may read answers."""

    access_control_allow_origins: _Texts
    access_control_allow_methods: _Texts
    access_control_allow_headers: _Texts
    access_control_allow_credentials: bool
    origin_override: bool


class _ContentPolicy(_Part, frozen=True):
    content_security_policy: str
    override: bool


class _Transport(_Part, frozen=True):
    access_control_max_age_sec: int
    include_subdomains: bool
    preload: bool
    override: bool


class Security(_Part, frozen=True):
    """Headers that have properties of their own."""

    content_type_options: dict[Literal["Override"], bool] | None = None
    content_security_policy: _ContentPolicy | None = None
    strict_transport_security: _Transport | None = None


class _Custom(_Part, frozen=True):
    header: str
    value: str
    override: bool


class HeadersPolicy(_Part, frozen=True):
    """The headers of answers."""

    name: Any
    comment: Any
    cors_config: CORS | None = None
    security_headers_config: Security = Security()
    custom_headers_config: dict[Literal["Items"], tuple[_Custom, ...]] = {}
    remove_headers_config: dict[Literal["Items"], tuple[dict[Literal["Header"], str], ...]] = {}


class _FunctionKind(_Part, frozen=True):
    comment: Any
    runtime: Literal["cloudfront-js-2.0"]


class _Function(_Part, frozen=True):
    name: Any
    function_code: str
    function_config: _FunctionKind
    auto_publish: bool


def read_rules(template: Mapping[str, Any], values: Mapping[str, str]) -> Rules:
    """Read a template.

    :param values: what references are filled in with, such as ``Bucket.RegionalDomainName``; resources that are looked
        up in the template itself need none.
    :raises msgspec.ValidationError: for what the models here do not have, naming its place.
    :raises LookupError: for a reference to what is in neither place.
    """
    titles = {name: name for name in template["Resources"]} | {
        f"{title}.FunctionARN": title for title, _ in find_resources(template, "AWS::CloudFront::Function")
    }
    (found,) = (properties for _, properties in find_resources(template, "AWS::CloudFront::Distribution"))
    config = _fill_in(found["DistributionConfig"], {**titles, "AWS::StackName": "stack", **values})
    functions = dict(find_resources(template, "AWS::CloudFront::Function"))
    for function in functions.values():
        msgspec.convert(function, _Function)
    access = _read_each(template, "OriginAccessControl", AccessControl)
    _check(msgspec.convert(config, Distribution), access)
    rules = configuration.read_rules(
        DistributionParts(
            _write_as_api({"DistributionConfig": config, "Id": values.get("Distribution", "E0"), "ARN": "arn",
                           "DomainName": "d0.cloudfront.net"}),
            _write_as_api(_read_each(template, "CachePolicy", CachePolicy)),
            _read_each(template, "ResponseHeadersPolicy", HeadersPolicy),
            {title: content["FunctionCode"] for title, content in functions.items()},
        )
    )  # fmt: skip
    targets = rules.origins.keys() | rules.groups.keys()
    if missing := {behavior.origin for behavior in rules.behaviors} - targets:
        raise LookupError(missing)
    return replace(rules, arn=f"arn:aws:cloudfront::000000000000:distribution/{rules.id}")


def _read_each(template: Mapping[str, Any], kind: str, form: type[_Part]) -> dict[str, Any]:
    resources = find_resources(template, f"AWS::CloudFront::{kind}")
    configs = {title: content[f"{kind}Config"] for title, content in resources}
    for config in configs.values():
        msgspec.convert(config, form)
    return configs


def _check(distribution: Distribution, access: Mapping[str, Any]) -> None:
    for origin in distribution.origins:
        _ = origin.s3_origin_config is None or access[origin.origin_access_control_id]
    if not distribution.enabled:
        raise LookupError("The distribution is not enabled.")


def _write_as_api(value: Any) -> Any:
    """Return a part of a template as the API has it: lists are ``Items``, and methods are in one place."""
    if not isinstance(value, dict):
        return value
    written: dict[str, Any] = {name: _write_property(name, inner) for name, inner in value.items()}
    if "OriginSSLProtocols" in written:
        written["OriginSslProtocols"] = written.pop("OriginSSLProtocols")
    if "CachedMethods" in written:
        written["AllowedMethods"]["CachedMethods"] = written.pop("CachedMethods")
    return written


def _write_property(name: str, value: Any) -> Any:
    if not isinstance(value, list):
        return _write_as_api(value)
    items = [_write_as_api(item) for item in value]
    return items if name == "Items" else {"Items": items}


def _fill_in(value: Any, values: Mapping[str, str]) -> Any:
    name, content = read_function(value)
    if name == "Ref":
        return values[content]
    if name == "Fn::GetAtt":
        return values[".".join(content)]
    if name == "Fn::Sub":
        return re.sub(r"\$\{([^}]*)\}", lambda found: values[found[1]], content)
    if name:
        raise LookupError(f"{name} is not known.")
    if isinstance(value, list):
        return [_fill_in(item, values) for item in value]
    return {key: _fill_in(item, values) for key, item in value.items()} if isinstance(value, dict) else value

"""Reads a distribution, its policies and its functions from the API's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...aws.distribution_parts import DistributionParts
from ...errors import CDNStackError
from .rules import CORS, Behavior, CachePolicy, Choice, ErrorResponse, Group, Header, HeadersPolicy, Origin, Rules

#: Default of CloudFront's error caching minimum TTL, in seconds (CloudFront developer guide, "Control how long
#: CloudFront caches errors").
ERROR_TTL = 10

_READING = ("GET", "HEAD")
_Part = Mapping[str, Any]


def read_rules(parts: DistributionParts) -> Rules:
    """Read a distribution's configuration.

    :raises CDNStackError: a behavior has no cache policy, or has an origin request policy; the edge supports neither.
    """
    distribution = parts.distribution
    config = distribution["DistributionConfig"]
    behaviors = [*_items(config, "CacheBehaviors"), {**config["DefaultCacheBehavior"], "PathPattern": "*"}]
    return Rules(
        id=distribution["Id"],
        domain=distribution["DomainName"],
        arn=distribution["ARN"],
        behaviors=tuple(_behavior(found, parts) for found in behaviors),
        origins={found["Id"]: _origin(found) for found in _items(config, "Origins")},
        groups={found["Id"]: _group(found) for found in _items(config, "OriginGroups")},
        root_object=config.get("DefaultRootObject") or "",
        errors={found["ErrorCode"]: _error(found) for found in _items(config, "CustomErrorResponses")},
    )


def _items(part: _Part, name: str) -> tuple[Any, ...]:
    return tuple((part.get(name) or {}).get("Items") or ())


def _behavior(found: _Part, parts: DistributionParts) -> Behavior:
    pattern = found["PathPattern"]
    if found.get("OriginRequestPolicyId") or not found.get("CachePolicyId"):
        raise CDNStackError(
            f"The local edge cannot serve the cache behavior {pattern}: it needs a cache policy, and knows no origin "
            "request policy and no ForwardedValues.",
            "Look at it through AWS, or change the distribution.",
        )
    methods = found.get("AllowedMethods") or {}
    functions = {item["EventType"]: item["FunctionARN"] for item in _items(found, "FunctionAssociations")}
    codes = {kind: parts.functions[name] for kind, name in functions.items()}
    headers = parts.headers_policies.get(found.get("ResponseHeadersPolicyId") or "")
    return Behavior(
        pattern=pattern,
        origin=found["TargetOriginId"],
        viewer_protocol=found["ViewerProtocolPolicy"],
        allowed_methods=tuple(methods.get("Items") or _READING),
        cached_methods=tuple((methods.get("CachedMethods") or {}).get("Items") or _READING),
        compress=bool(found.get("Compress")),
        cache=read_cache_policy(parts.cache_policies[found["CachePolicyId"]]),
        headers=read_headers_policy(headers) if headers else HeadersPolicy(),
        viewer_request=codes.get("viewer-request"),
        viewer_response=codes.get("viewer-response"),
    )


def read_cache_policy(config: _Part) -> CachePolicy:
    """Read a ``CachePolicyConfig``."""
    key = config.get("ParametersInCacheKeyAndForwardedToOrigin") or {}
    headers = _choice(key, "Header")
    return CachePolicy(
        min_ttl=config["MinTTL"],
        default_ttl=config.get("DefaultTTL", 86400),
        max_ttl=config.get("MaxTTL", 31536000),
        query_strings=_choice(key, "QueryString"),
        headers=Choice(headers.behavior, frozenset(name.lower() for name in headers.names)),
        cookies=_choice(key, "Cookie"),
        gzip=bool(key.get("EnableAcceptEncodingGzip")),
        brotli=bool(key.get("EnableAcceptEncodingBrotli")),
    )


def _choice(key: _Part, kind: str) -> Choice:
    config = key.get(f"{kind}sConfig") or {}
    return Choice(config.get(f"{kind}Behavior", "none"), frozenset(_items(config, f"{kind}s")))


def read_headers_policy(config: _Part) -> HeadersPolicy:
    """Read a ``ResponseHeadersPolicyConfig``."""
    customs = _items(config, "CustomHeadersConfig")
    added = (
        *(Header(item["Header"].lower(), item["Value"], item["Override"]) for item in customs),
        *_security_headers(config.get("SecurityHeadersConfig") or {}),
    )
    removed = frozenset(item["Header"].lower() for item in _items(config, "RemoveHeadersConfig"))
    cors = config.get("CorsConfig")
    return HeadersPolicy(added, removed, _cors(cors) if cors else None)


def _security_headers(config: _Part) -> Iterator[Header]:
    if found := config.get("ContentTypeOptions"):
        yield Header("x-content-type-options", "nosniff", found["Override"])
    if found := config.get("FrameOptions"):
        yield Header("x-frame-options", found["FrameOption"], found["Override"])
    if found := config.get("ReferrerPolicy"):
        yield Header("referrer-policy", found["ReferrerPolicy"], found["Override"])
    if found := config.get("ContentSecurityPolicy"):
        yield Header("content-security-policy", found["ContentSecurityPolicy"], found["Override"])
    if found := config.get("StrictTransportSecurity"):
        more = "; includeSubDomains" * bool(found.get("IncludeSubdomains")) + "; preload" * bool(found.get("Preload"))
        value = f"max-age={found['AccessControlMaxAgeSec']}{more}"
        yield Header("strict-transport-security", value, found["Override"])
    if found := config.get("XSSProtection"):
        more = "; mode=block" * bool(found.get("ModeBlock"))
        report = f"; report={found['ReportUri']}" if found.get("ReportUri") else ""
        value = f"1{more}{report}" if found["Protection"] else "0"
        yield Header("x-xss-protection", value, found["Override"])


def _cors(config: _Part) -> CORS:
    return CORS(
        origins=_items(config, "AccessControlAllowOrigins"),
        methods=_items(config, "AccessControlAllowMethods"),
        headers=_items(config, "AccessControlAllowHeaders"),
        exposed=_items(config, "AccessControlExposeHeaders"),
        credentials=bool(config.get("AccessControlAllowCredentials")),
        max_age=config.get("AccessControlMaxAgeSec"),
        override=bool(config.get("OriginOverride")),
    )


def _origin(found: _Part) -> Origin:
    custom = found.get("CustomOriginConfig")
    scheme = "http" if custom and custom["OriginProtocolPolicy"] == "http-only" else "https"
    return Origin(
        id=found["Id"],
        domain=found["DomainName"],
        path=found.get("OriginPath") or "",
        is_bucket=custom is None,
        is_signed=bool(found.get("OriginAccessControlId")),
        scheme=scheme,
        port=int((custom or {}).get("HTTPPort" if scheme == "http" else "HTTPSPort") or {"http": 80}.get(scheme, 443)),
        tls_protocols=_items(custom or {}, "OriginSslProtocols") or ("TLSv1.2",),
        attempts=found.get("ConnectionAttempts") or 3,
        connection_timeout=found.get("ConnectionTimeout") or 10,
        read_timeout=(custom or {}).get("OriginReadTimeout") or 30,
        headers={item["HeaderName"]: item["HeaderValue"] for item in _items(found, "CustomHeaders")},
    )


def _group(found: _Part) -> Group:
    statuses = _items(found["FailoverCriteria"], "StatusCodes")
    return Group(tuple(member["OriginId"] for member in _items(found, "Members")), frozenset(statuses))


def _error(found: _Part) -> ErrorResponse:
    status = found.get("ResponseCode")
    return ErrorResponse(
        min_ttl=found.get("ErrorCachingMinTTL", ERROR_TTL),
        page=found.get("ResponsePagePath") or "",
        status=int(status) if status else None,
    )

"""Builds the CloudFront resources beside the distribution: origin access control, cache and headers policies."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Select, Split, Sub
from troposphere import cloudfront as t

from ..checks.content_security import content_security_policy
from ..checks.removed_headers import APP_HEADERS, BUCKET_HEADERS
from ..settings.model import Settings

#: Headers that let pages of other origins embed the CDN's files and measure their loading times.
CUSTOM_HEADERS = {"Cross-Origin-Resource-Policy": "cross-origin", "Timing-Allow-Origin": "*"}

#: The header ``Vary`` of responses if there are CORS headers. CloudFront adds the CORS headers of a policy only to
#: responses to requests with ``Origin`` (CloudFront API reference, "ResponseHeadersPolicyCorsConfig"), and refuses them
#: among the custom headers (which only its errors say). So every response has to say that it varies by ``Origin``
#: (Fetch standard, "CORS protocol and HTTP caches"). A custom header is added to every response and replaces one of the
#: same name (CloudFront developer guide, "Understand response headers policies"), so it has to include
#: ``Accept-Encoding``, by which the edge and apps compress. AWS's sample "image-optimization" sends ``Vary`` in the
#: same way. A ``Vary`` of the origin would not do: CloudFront keeps only those of its values that are in the cache key,
#: ``Accept-Encoding`` and ``Cookie`` (the same guide, "Request and response behavior for custom origins").
CORS_VARY = "Accept-Encoding, Origin"


def build_origin_access_control() -> t.OriginAccessControl:
    """Build the origin access control, with which CloudFront signs its requests to the bucket."""
    return t.OriginAccessControl(
        "OriginAccessControl",
        OriginAccessControlConfig=t.OriginAccessControlConfig(
            Name=global_name(),
            Description=comment(),
            OriginAccessControlOriginType="s3",
            SigningBehavior="always",
            SigningProtocol="sigv4",
        ),
    )


def build_cache_policy(settings: Settings) -> t.CachePolicy:
    """Build the cache policy: times, and a cache key of the path, the settings' query strings and the encoding.

    The encoding is in the key if the edge compresses. Whatever is in the key is also sent to the origin (CloudFront
    developer guide, "Control the cache key with a policy").
    """
    delivery = settings.delivery
    return t.CachePolicy(
        "CachePolicy",
        CachePolicyConfig=t.CachePolicyConfig(
            Name=global_name(),
            Comment=comment(),
            MinTTL=delivery.ttl.min,
            DefaultTTL=delivery.ttl.default,
            MaxTTL=delivery.ttl.max,
            ParametersInCacheKeyAndForwardedToOrigin=t.ParametersInCacheKeyAndForwardedToOrigin(
                QueryStringsConfig=_query_strings(settings),
                HeadersConfig=t.CacheHeadersConfig(HeaderBehavior="none"),
                CookiesConfig=t.CacheCookiesConfig(CookieBehavior="none"),
                EnableAcceptEncodingGzip=delivery.compress,
                EnableAcceptEncodingBrotli=delivery.compress,
            ),
        ),
    )


def build_response_headers_policy(settings: Settings) -> t.ResponseHeadersPolicy:
    """Build the response headers policy: headers that the edge adds, and those of the origin that it removes."""
    config = t.ResponseHeadersPolicyConfig(Name=global_name(), Comment=comment())
    custom = CUSTOM_HEADERS
    if settings.delivery.cors is not None:
        config.CorsConfig = _cors(settings)
        custom = {**custom, "Vary": CORS_VARY}
    config.SecurityHeadersConfig = _security_headers(settings)
    config.CustomHeadersConfig = t.CustomHeadersConfig(
        Items=[t.CustomHeader(Header=name, Value=value, Override=True) for name, value in custom.items()]
    )
    removed = (BUCKET_HEADERS if settings.has_bucket else ()) + (APP_HEADERS if settings.has_app_origin else ())
    config.RemoveHeadersConfig = t.RemoveHeadersConfig(Items=[t.RemoveHeader(Header=name) for name in removed])
    return t.ResponseHeadersPolicy("ResponseHeadersPolicy", ResponseHeadersPolicyConfig=config)


def global_name(part: str = "") -> Sub:
    """Return a name that is unique in the account, from the stack's name and the first part of its UUID.

    Stacks in two regions may have the same name, but CloudFront's names are global.

    :param part: tells apart several resources of one type; short, because a name has at most 64 characters.
    """
    uuid = Select(2, Split("/", Ref("AWS::StackId")))
    suffix = f"-{part}" if part else ""
    return Sub("${AWS::StackName}-${Unique}" + suffix, Unique=Select(0, Split("-", uuid)))


def comment() -> Sub:
    """Return the comment of a resource, for the console."""
    return Sub("Static files of the stack ${AWS::StackName}")


def _query_strings(settings: Settings) -> t.CacheQueryStringsConfig:
    names = settings.forwarded_query_strings
    if isinstance(names, str):
        return t.CacheQueryStringsConfig(QueryStringBehavior=names)
    return t.CacheQueryStringsConfig(QueryStringBehavior="whitelist", QueryStrings=list(names))


def _cors(settings: Settings) -> t.CorsConfig:
    cors = settings.delivery.cors
    origins = list(cors) if isinstance(cors, tuple) else ["*"]
    return t.CorsConfig(
        AccessControlAllowOrigins=t.AccessControlAllowOrigins(Items=origins),
        AccessControlAllowMethods=t.AccessControlAllowMethods(Items=["GET", "HEAD"]),
        AccessControlAllowHeaders=t.AccessControlAllowHeaders(Items=["*"]),
        AccessControlAllowCredentials=False,
        OriginOverride=True,
    )


def _security_headers(settings: Settings) -> t.SecurityHeadersConfig:
    parts: dict[str, Any] = {"ContentTypeOptions": t.ContentTypeOptions(Override=True)}
    if csp := content_security_policy(settings):
        parts["ContentSecurityPolicy"] = t.ContentSecurityPolicy(ContentSecurityPolicy=csp, Override=True)
    if settings.delivery.hsts is not None:
        # Neither subdomains nor the preload list: these would affect other sites below the host name.
        parts["StrictTransportSecurity"] = t.StrictTransportSecurity(
            AccessControlMaxAgeSec=settings.delivery.hsts, IncludeSubdomains=False, Preload=False, Override=True
        )
    return t.SecurityHeadersConfig(**parts)

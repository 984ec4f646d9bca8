"""Builds the CloudFront distribution: its behaviors, origins, host names and error responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import cloudfront as t

from ..naming import ROOT_OBJECT
from ..settings.model import Settings
from .bucket import Place
from .cloudfront_policies import comment
from .functions import associate
from .origins import build_origin_groups, build_origins, target_origin

#: Statuses whose caching time is set explicitly, because CloudFormation's default is 300 seconds: those of a missing
#: file, and those of a failing origin.
MISSING_STATUSES, SERVER_STATUSES = (403, 404), (500, 502, 503, 504)


@dataclass(frozen=True)
class Parts:
    """The resources that the distribution refers to; None for those that it does not need."""

    place: Place | None
    access: t.OriginAccessControl | None
    cache_policy: Any
    headers_policy: Any
    not_found: t.Function | None = None
    request_filter: t.Function | None = None
    logging: t.Logging | None = None


def build_distribution(settings: Settings, parts: Parts) -> t.Distribution:
    """Build the distribution."""
    delivery = settings.delivery
    return t.Distribution(
        "Distribution",
        DistributionConfig=t.DistributionConfig(
            Comment=comment(),
            Enabled=True,
            HttpVersion=delivery.http_version,
            IPV6Enabled=delivery.ipv6,
            PriceClass=delivery.price_class,
            **_names(settings),
            **({"DefaultRootObject": ROOT_OBJECT} if settings.has_bucket else {}),
            Origins=build_origins(settings, parts.place, parts.access),
            **_present(OriginGroups=build_origin_groups(settings)),
            **_behaviors(settings, parts),
            CustomErrorResponses=_error_responses(settings),
            **_restrictions(settings),
            **_present(WebACLId=delivery.waf_arn, Logging=parts.logging),
        ),
    )


def _behaviors(settings: Settings, parts: Parts) -> dict[str, Any]:
    if not settings.has_app_origin:
        return {"DefaultCacheBehavior": t.DefaultCacheBehavior(**_behavior(settings, parts, parts.request_filter))}
    # The CDN must not serve the app's pages, because all viewers share its cache: only static paths reach the app.
    return {
        "DefaultCacheBehavior": t.DefaultCacheBehavior(**_behavior(settings, parts, parts.not_found)),
        "CacheBehaviors": [
            t.CacheBehavior(PathPattern=path, **_behavior(settings, parts, parts.request_filter))
            for path in settings.app_origin.paths or ()
        ],
    }


def _behavior(settings: Settings, parts: Parts, function: t.Function | None) -> dict[str, Any]:
    return {
        "TargetOriginId": target_origin(settings),
        "ViewerProtocolPolicy": settings.delivery.viewer_protocol,
        "AllowedMethods": ["GET", "HEAD", "OPTIONS"],
        "CachedMethods": ["GET", "HEAD"],
        "Compress": settings.delivery.compress,
        "CachePolicyId": parts.cache_policy,
        "ResponseHeadersPolicyId": parts.headers_policy,
        **({"FunctionAssociations": associations} if (associations := associate(function)) else {}),
    }


def _names(settings: Settings) -> dict[str, Any]:
    delivery = settings.delivery
    if not delivery.aliases:
        return {}
    certificate = t.ViewerCertificate(
        AcmCertificateArn=delivery.certificate_arn,
        SslSupportMethod="sni-only",
        MinimumProtocolVersion=delivery.tls_policy,
    )
    return {"Aliases": list(delivery.aliases), "ViewerCertificate": certificate}


def _error_responses(settings: Settings) -> list[t.CustomErrorResponse]:
    times = settings.delivery.error_ttl
    seconds = dict.fromkeys(MISSING_STATUSES, times.missing) | dict.fromkeys(SERVER_STATUSES, times.server)
    return [t.CustomErrorResponse(ErrorCode=status, ErrorCachingMinTTL=ttl) for status, ttl in seconds.items()]


def _restrictions(settings: Settings) -> dict[str, Any]:
    geo = settings.delivery.geo
    if not (geo.allow or geo.deny):
        return {}
    kind = "whitelist" if geo.allow else "blacklist"
    restriction = t.GeoRestriction(RestrictionType=kind, Locations=list(geo.allow or geo.deny))
    return {"Restrictions": t.Restrictions(GeoRestriction=restriction)}


def _present(**properties: Any) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value is not None}

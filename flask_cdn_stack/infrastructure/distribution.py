"""The CloudFront distribution, its way into the bucket, and its cache and response headers policies."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, Ref, Select, Split, Sub
from troposphere import cloudfront as t

from ..naming import ROOT_OBJECT
from ..settings.model import Settings

#: Seconds that the edge remembers an error, by status. Written out because CloudFormation's default is 300.
ERROR_TTLS = {403: 10, 404: 10, 500: 1, 502: 1, 503: 1, 504: 1}

#: Headers of S3 that say nothing to a browser. None is among those that CloudFront refuses to remove
#: (CloudFront developer guide, "Understand response headers policies").
REMOVED_HEADERS = ("x-amz-server-side-encryption", "x-amz-version-id", "x-amz-id-2", "x-amz-request-id")

#: Headers that let pages of other origins embed and time what the CDN serves.
CUSTOM_HEADERS = {"Cross-Origin-Resource-Policy": "cross-origin", "Timing-Allow-Origin": "*"}


def build_origin_access_control() -> t.OriginAccessControl:
    """Build the signature that CloudFront puts on its requests to the bucket."""
    return t.OriginAccessControl(
        "OriginAccessControl",
        OriginAccessControlConfig=t.OriginAccessControlConfig(
            Name=_global_name(),
            Description=_comment(),
            OriginAccessControlOriginType="s3",
            SigningBehavior="always",
            SigningProtocol="sigv4",
        ),
    )


def build_cache_policy(settings: Settings) -> t.CachePolicy:
    """Build the cache key: the path, the settings' query strings and, where the edge compresses, the encoding.

    What is in the key is also sent to the origin (CloudFront developer guide, "Control the cache key with a policy").
    """
    delivery = settings.delivery
    return t.CachePolicy(
        "CachePolicy",
        CachePolicyConfig=t.CachePolicyConfig(
            Name=_global_name(),
            Comment=_comment(),
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
    """Build the headers that the edge adds to every response, and those of S3 that it takes away."""
    config = t.ResponseHeadersPolicyConfig(Name=_global_name(), Comment=_comment())
    if settings.delivery.cors is not False:
        config.CorsConfig = _cors(settings)
    config.SecurityHeadersConfig = _security_headers(settings)
    config.CustomHeadersConfig = t.CustomHeadersConfig(
        Items=[t.CustomHeader(Header=name, Value=value, Override=True) for name, value in CUSTOM_HEADERS.items()]
    )
    config.RemoveHeadersConfig = t.RemoveHeadersConfig(Items=[t.RemoveHeader(Header=name) for name in REMOVED_HEADERS])
    return t.ResponseHeadersPolicy("ResponseHeadersPolicy", ResponseHeadersPolicyConfig=config)


def build_distribution(
    settings: Settings,
    bucket: Any,
    access: t.OriginAccessControl,
    cache: t.CachePolicy,
    headers: t.ResponseHeadersPolicy,
) -> t.Distribution:
    """Build the distribution over the bucket."""
    delivery = settings.delivery
    return t.Distribution(
        "Distribution",
        DistributionConfig=t.DistributionConfig(
            Comment=_comment(),
            Enabled=True,
            HttpVersion=delivery.http_version,
            IPV6Enabled=delivery.ipv6,
            PriceClass=delivery.price_class,
            DefaultRootObject=ROOT_OBJECT,
            Origins=[_bucket_origin(settings, bucket, access)],
            DefaultCacheBehavior=_behavior(settings, cache, headers),
            CustomErrorResponses=[
                t.CustomErrorResponse(ErrorCode=status, ErrorCachingMinTTL=ttl) for status, ttl in ERROR_TTLS.items()
            ],
        ),
    )


def _bucket_origin(settings: Settings, bucket: Any, access: t.OriginAccessControl) -> t.Origin:
    prefix = settings.assets.prefix
    return t.Origin(
        Id="bucket",
        DomainName=GetAtt(bucket, "RegionalDomainName"),
        **({"OriginPath": f"/{prefix}"} if prefix else {}),
        S3OriginConfig=t.S3OriginConfig(OriginAccessIdentity=""),
        OriginAccessControlId=Ref(access),
    )


def _behavior(settings: Settings, cache: t.CachePolicy, headers: t.ResponseHeadersPolicy) -> t.DefaultCacheBehavior:
    return t.DefaultCacheBehavior(
        TargetOriginId="bucket",
        ViewerProtocolPolicy=settings.delivery.viewer_protocol,
        AllowedMethods=["GET", "HEAD", "OPTIONS"],
        CachedMethods=["GET", "HEAD"],
        Compress=settings.delivery.compress,
        CachePolicyId=Ref(cache),
        ResponseHeadersPolicyId=Ref(headers),
    )


def _query_strings(settings: Settings) -> t.CacheQueryStringsConfig:
    names = settings.query_strings
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
    config = t.SecurityHeadersConfig(ContentTypeOptions=t.ContentTypeOptions(Override=True))
    if settings.delivery.hsts is not False:
        # Neither subdomains nor the preload list: what else lies below the host's name is not ours to decide.
        config.StrictTransportSecurity = t.StrictTransportSecurity(
            AccessControlMaxAgeSec=settings.delivery.hsts, IncludeSubdomains=False, Preload=False, Override=True
        )
    return config


def _global_name() -> Sub:
    # These names are one per account, whatever the region; a stack's name is not, its UUID is.
    uuid = Select(2, Split("/", Ref("AWS::StackId")))
    return Sub("${AWS::StackName}-${Unique}", Unique=Select(0, Split("-", uuid)))


def _comment() -> Sub:
    return Sub("Static files of the stack ${AWS::StackName}")

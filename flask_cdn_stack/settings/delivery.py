"""The groups of the settings file for the CloudFront distribution, and for the app as its origin."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .group import MAX_INTEGER, Group, Seconds

#: Regions with Origin Shield (CloudFront developer guide, "Use Amazon CloudFront Origin Shield").
SHIELD_REGIONS = (
    "us-east-1", "us-east-2", "us-west-2",
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "eu-central-1", "eu-west-1", "eu-west-2", "me-central-1", "sa-east-1",
)  # fmt: skip


class AppOrigin(Group, frozen=True):
    """The Flask app as an origin of CloudFront; for ``origin: app`` and ``failover``."""

    domain: Annotated[str | None, Meta(description="Host name of the app. It must not be a name of the CDN's own.")] = (
        None
    )
    path: Annotated[str, Meta(description="Path below which the app is mounted, such as /shop.")] = ""
    port: Annotated[int, Meta(ge=1, le=65535, description="Port of the app, for https.")] = 443
    paths: Annotated[
        tuple[str, ...] | None,
        Meta(description="Paths that CloudFront asks the app for, such as /static/*. Default: its static files'."),
    ] = None
    connection_attempts: Annotated[int, Meta(ge=1, le=3, description="How often CloudFront tries to connect.")] = 2
    connection_timeout: Annotated[int, Meta(ge=1, le=10, description="Seconds that each try may take.")] = 3


class TTL(Group, frozen=True):
    """How long the edge may keep an object, in seconds."""

    min: Annotated[Seconds, Meta(description="Shortest time, whatever the object's Cache-Control says.")] = 0
    default: Annotated[Seconds, Meta(description="Time for an object without Cache-Control.")] = 86400
    max: Annotated[Seconds, Meta(description="Longest time, whatever Cache-Control says.")] = 31536000


class ErrorTTL(Group, frozen=True):
    """How long the edge may keep an error, in seconds."""

    missing: Annotated[Seconds, Meta(description="For 403 and 404, the answers for a missing file.")] = 10
    server: Annotated[Seconds, Meta(description="For 500, 502, 503 and 504.")] = 1


class Geo(Group, frozen=True):
    """Countries by their two letters (ISO 3166-1): either the only ones that are served, or those that are not."""

    allow: Annotated[tuple[str, ...], Meta(description="The only countries that are served.")] = ()
    deny: Annotated[tuple[str, ...], Meta(description="Countries that are not served.")] = ()


class Delivery(Group, frozen=True):
    """The CloudFront distribution."""

    aliases: Annotated[tuple[str, ...], Meta(description="Host names of your own, such as cdn.shop.example.")] = ()
    certificate_arn: Annotated[
        str | None, Meta(description="Certificate for the aliases, in ACM's region us-east-1.")
    ] = None
    hosted_zone_id: Annotated[
        str | None, Meta(description="Route 53 zone in which each alias gets its A and AAAA record.")
    ] = None
    tls_policy: Annotated[
        Literal["TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"],
        Meta(description="Lowest TLS version and ciphers for the aliases; *.cloudfront.net has CloudFront's own."),
    ] = "TLSv1.2_2021"
    price_class: Annotated[
        Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"],
        Meta(description="Which edge locations serve: the cheapest, most, or all."),
    ] = "PriceClass_100"
    http_version: Annotated[
        Literal["http1.1", "http2", "http3", "http2and3"],
        Meta(description="HTTP versions offered to viewers."),
    ] = "http2and3"
    ipv6: Annotated[bool, Meta(description="Answer over IPv6 too.")] = True
    compress: Annotated[bool, Meta(description="Compress text with gzip and brotli at the edge.")] = True
    viewer_protocol: Annotated[
        Literal["redirect-to-https", "https-only", "allow-all"],
        Meta(description="What plain http requests get: a redirect to https, an error, or the file."),
    ] = "redirect-to-https"
    ttl: Annotated[TTL, Meta(description="How long the edge may keep an object, in seconds.")] = TTL()
    error_ttl: Annotated[ErrorTTL, Meta(description="How long the edge may keep an error, in seconds.")] = ErrorTTL()
    missing: Annotated[
        Literal[403, 404],
        Meta(description="Status of the answer for a missing file; 404 lets the distribution list the bucket."),
    ] = 403
    cors: Annotated[
        Literal["*"] | tuple[str, ...] | None,
        Meta(description='Origins that may use fonts and modules: "*", off, or a list such as https://shop.example.'),
    ] = "*"
    hsts: Annotated[
        Annotated[int, Meta(ge=0, le=MAX_INTEGER)] | None,
        Meta(description="Seconds that browsers remember to use https only for the CDN's host, or off."),
    ] = 31536000
    csp: Annotated[
        str | None,
        Meta(description="Content-Security-Policy of every answer, or off. With query_strings: all on a bucket, "
             "sandbox is added at its start unless it has one."),
    ] = None  # fmt: skip
    waf_arn: Annotated[
        str | None, Meta(description="AWS WAF web ACL (WAFv2, scope CLOUDFRONT, us-east-1) to check requests with.")
    ] = None
    geo: Annotated[Geo, Meta(description="Countries to serve, or not to serve.")] = Geo()
    origin_shield: Annotated[
        str | None, Meta(description="Region of Origin Shield, one more cache in front of the origin, or off.")
    ] = None
    logs: Annotated[
        Literal["v1", "v2"] | None,
        Meta(description="Access logs into a bucket of their own: v2 (stacks in us-east-1), v1, or off."),
    ] = None
    cache_policy_id: Annotated[
        str | None,
        Meta(description="Id of an existing cache policy to use; an account has 20. Its query strings must fit."),
    ] = None
    response_headers_policy_id: Annotated[
        str | None,
        Meta(
            description="Id of an existing response headers policy to use; an account has 20. "
            "Not with query_strings: all on a bucket."
        ),
    ] = None

    @property
    def own_name(self) -> str | None:
        """The alias that URLs use: the first that is not a wildcard."""
        return next((alias for alias in self.aliases if not alias.startswith("*")), None)

"""What passes of the origins, names and options of a distribution, and what passes with a word of warning."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from botocore.loaders import Loader

from flask_cdn_stack.checks.delivery import COUNTRIES, DEFAULT_REGIONS, NEAREST_SHIELDS
from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.delivery import SHIELD_REGIONS
from flask_cdn_stack.settings.model import Settings

from ..audit.laws import check_laws

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
CERTIFICATE = f"arn:aws:acm:us-east-1:111122223333:certificate/{ID}"
KEY = f"arn:aws:kms:eu-central-1:111122223333:key/{ID}"
APP: dict[str, Any] = {"origin": "app", "app_origin": {"domain": "www.shop.example"}}
FAILOVER = APP | {"origin": "failover"}


def check(**content: Any) -> tuple[str, ...]:
    return check_settings(msgspec.convert(content, Settings))


def app_origin(**more: Any) -> dict[str, Any]:
    return {"origin": "app", "app_origin": {"domain": "www.shop.example", **more}}


def named(*aliases: str, **more: Any) -> dict[str, Any]:
    return {"delivery": {"aliases": aliases, "certificate_arn": CERTIFICATE, **more}}


ACCEPTED: list[dict[str, Any]] = [
    {},
    APP,
    FAILOVER,
    FAILOVER | {"assets": {"prefix": "shop"}, "delivery": {"missing": 404}},
    app_origin(port=1024, path="/shop/v1.0"),
    app_origin(paths=["/static/*", "/blog/*/static/*", "/favicon.ico", "/a?c/~x-y_z.$'@:+&*"]),
    app_origin(paths=[f"/{number}/*" for number in range(24)]),
    APP | {"delivery": {"viewer_protocol": "allow-all"}},
    FAILOVER | named("cdn.shop.example"),
    APP | named("*.cdn.shop.example", "*.shop.example"),
    APP | named("*.www.shop.example", "*.hop.example", hosted_zone_id="Z1D633PJN98FT9"),
    named("cdn.shop.example", "*.shop.example", "xn--bcher-kva.example", hosted_zone_id="Z1D633PJN98FT9"),
    named("shop.example", tls_policy="TLSv1.3_2025"),
    {"delivery": {"waf_arn": f"arn:aws:wafv2:us-east-1:111122223333:global/webacl/Shop_1-a/{ID}"}},
    {"delivery": {"origin_shield": "eu-west-1", "error_ttl": {"missing": 0, "server": 3600}}},
    {"delivery": {"csp": "x" * 1783}},
    {"delivery": {"logs": "v2"}},
    {"region": "eu-central-1", "delivery": {"logs": "v1"}},
    {"delivery": {"cache_policy_id": ID, "response_headers_policy_id": ID, "compress": False}},
    {"bucket": {"existing": "shop-assets", "region": "eu-central-1", "manage_policy": True}},
    {"bucket": {"existing": "shop.assets", "encryption": f"kms:{KEY}"}},
    {"region": "eu-central-1", "bucket": {"encryption": f"kms:{KEY}"}},
    {"bucket": {"versioning": False}, "assets": {"fingerprint": "path", "plain_copies": False, "keep_names": []}},
    {
        "access": {
            "github": "Shop-1/website:eu/live 2",
            "oidc_provider_arn": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com/shop",
        }
    },
]


@pytest.mark.parametrize("content", ACCEPTED)
def test_accepted(content: dict[str, Any]) -> None:
    """Without a word, and makes a template that breaks no law."""
    assert check(**content) == ()
    check_laws(build_template(msgspec.convert(content, Settings)))


#: The settings, how the warning begins, and a part of it.
WARNED: list[tuple[dict[str, Any], str, str]] = [
    ({"query_strings": "none"}, "query_strings: ", "only an invalidation refreshes what the edge holds"),
    ({"app_origin": {"domain": "www.shop.example"}}, "app_origin: ", "while origin is bucket"),
    (APP | named("cdn.shop.example", "*.shop.example", hosted_zone_id="Z1D633PJN98FT9"),
     "delivery.aliases: the stack's record for '*.shop.example' ", "app_origin.domain, www.shop.example"),
    (FAILOVER | {"app_origin": {"domain": "a.b.shop.example"}} | named("*.shop.example", hosted_zone_id="Z1"),
     "delivery.aliases: ", "CloudFront would ask"),
    (APP | {"assets": {"prefix": "shop"}}, "assets.prefix: ", "while origin is app"),
    (APP | {"delivery": {"missing": 404}}, "delivery.missing: 404 ", "while origin is app"),
    (APP | {"bucket": {"noncurrent_days": 90}}, "bucket: ", "needs no bucket"),
    (APP | {"access": {"deploy_policy": True}}, "access: ", "no files to send"),
    (FAILOVER | {"delivery": {"viewer_protocol": "allow-all"}}, "delivery.viewer_protocol: ", "the bucket refuses"),
    ({"bucket": {"versioning": False}}, "bucket.versioning: ", "rollback nothing to go back to"),
    ({"bucket": {"versioning": False}, "assets": {"immutable": True}}, "bucket.versioning: ", "plain names of files"),
    ({"bucket": {"versioning": False}, "assets": {"fingerprint": "path"}},
     "bucket.versioning: ", "assets.plain_copies and assets.keep_names"),
    ({"delivery": {"ttl": {"min": 301}}, "assets": {"immutable": True}}, "delivery.ttl.min: 301 ", "plain copies"),
    ({"assets": {"keep_days": 31}}, "assets.keep_days: 31 ", "bucket.noncurrent_days, 30"),
    ({"bucket": {"existing": "shop", "retain": False}}, "bucket.retain: ", "bucket.existing, shop"),
    ({"bucket": {"existing": "shop", "versioning": False, "noncurrent_days": 90, "encryption": "kms"}},
     "bucket.versioning, bucket.noncurrent_days, bucket.encryption: ", "of no effect"),
    ({"delivery": {"tls_policy": "TLSv1.3_2025"}}, "delivery.tls_policy: TLSv1.3_2025 ", "CloudFront's own policy"),
    ({"delivery": {"error_ttl": {"missing": 3601}}}, "delivery.error_ttl.missing: ", "up to 3,601 seconds"),
    ({"delivery": {"error_ttl": {"server": 86400}}}, "delivery.error_ttl.server: ", "up to 86,400 seconds"),
    ({"query_strings": ["c"], "delivery": {"cache_policy_id": ID, "ttl": {"min": 1}}},
     "delivery.ttl, query_strings: ", "delivery.cache_policy_id"),
    ({"delivery": {"response_headers_policy_id": ID, "cors": None, "hsts": None, "csp": "default-src *"}},
     "delivery.cors, delivery.hsts, delivery.csp: ", "delivery.response_headers_policy_id"),
    ({"delivery": {"response_headers_policy_id": "60669652-455b-4ae9-85a4-c4c02393f86c"}},
     "delivery.response_headers_policy_id: ", "Vary: Accept-Encoding, Origin"),
    ({"target": {"bucket": "shop", "domain": "cdn.shop.example"}, "access": {"deploy_policy": True},
      "delivery": {"tls_policy": "TLSv1.3_2025"}}, "target: ", "delivery, access."),
]  # fmt: skip


@pytest.mark.parametrize(("content", "beginning", "part"), WARNED, ids=[beginning for _, beginning, _ in WARNED])
def test_warned(content: dict[str, Any], beginning: str, part: str) -> None:
    """With one sentence that begins with the key."""
    (sentence,) = check(**content)

    assert sentence.startswith(beginning)
    assert part in sentence


def test_regions() -> None:
    """Whatever region lacks Origin Shield is sent to one that has it."""
    assert set(NEAREST_SHIELDS.values()) <= set(SHIELD_REGIONS)
    assert not set(NEAREST_SHIELDS) & set(SHIELD_REGIONS)


def test_names() -> None:
    """Regions and countries are called what AWS's own client calls them."""
    loader = Loader()
    regions = {name for item in loader.load_data("endpoints")["partitions"] for name in item["regions"]}
    countries = loader.load_service_model("wafv2", "service-2")["shapes"]["CountryCode"]["enum"]

    assert {*SHIELD_REGIONS, *NEAREST_SHIELDS, *DEFAULT_REGIONS} <= regions
    assert set(countries) <= COUNTRIES
    assert len(COUNTRIES) == 250

"""Settings whose templates linters and scanners look at: each option by itself, and all options in pairs.

``python -m tests.infrastructure.cases FOLDER`` writes the templates.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
from allpairspy import AllPairs  # type: ignore[import-untyped]

from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.launchable import write_variants
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.settings.model import Settings

VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "prefix": {"assets": {"prefix": "shop/live"}},
    "cors list": {"delivery": {"cors": ["https://shop.example", "https://*.shop.example:8443"]}},
    "cors off": {"delivery": {"cors": False}},
    "hsts off": {"delivery": {"hsts": False}},
    "cors and hsts off": {"delivery": {"cors": False, "hsts": False}},
    "no query strings": {"query_strings": "none"},
    "one query string": {"query_strings": ["c"]},
    "ten query strings": {"query_strings": ["c", *"abdefghij"]},
    "not retained": {"bucket": {"retain": False, "noncurrent_days": 1}},
    "price class 200": {"delivery": {"price_class": "PriceClass_200"}},
    "price class all": {"delivery": {"price_class": "PriceClass_All"}},
    "http1.1": {"delivery": {"http_version": "http1.1"}},
    "http2": {"delivery": {"http_version": "http2"}},
    "http3": {"delivery": {"http_version": "http3"}},
    "plain": {"delivery": {"ipv6": False, "compress": False, "viewer_protocol": "allow-all"}},
    "times": {"delivery": {"ttl": {"min": 0, "default": 0, "max": 1}, "viewer_protocol": "https-only", "hsts": 0}},
}

_APP = {"domain": "www.shop.example", "paths": ["/static/*", "/admin/static/*"]}
_ACCOUNT = "111122223333"
_UUID = "0f0e0d0c-1111-2222-3333-444455556666"
_NAMES = {
    "aliases": ["cdn.shop.example", "*.assets.shop.example"],
    "certificate_arn": f"arn:aws:acm:us-east-1:{_ACCOUNT}:certificate/{_UUID}",
}

#: Choices of each part of the settings; a case takes one of each.
CHOICES: list[list[dict[str, Any]]] = [
    [{}, {"origin": "app", "app_origin": _APP}, {"origin": "failover", "app_origin": _APP}],
    [{}, {"query_strings": ["c"]}, {"query_strings": "none"}, {"query_strings": "all", "unsafe_query_strings": True}],
    [
        {},
        {"bucket": {"encryption": "kms"}},
        {"bucket": {"encryption": f"kms:arn:aws:kms:us-east-1:{_ACCOUNT}:key/{_UUID}", "retain": False}},
        {"bucket": {"versioning": False}},
        {"bucket": {"existing": "shop-assets", "manage_policy": True, "region": "eu-central-1"}},
        {"bucket": {"existing": "shop-assets"}},
    ],
    [
        {},
        {"delivery": _NAMES},
        {"delivery": {**_NAMES, "hosted_zone_id": "Z0123456789ABC", "tls_policy": "TLSv1.3_2025"}},
    ],
    [{}, {"delivery": {"logs": "v1"}}, {"delivery": {"logs": "v2"}, "region": "us-east-1"}],
    [{}, {"delivery": {"missing": 404, "error_ttl": {"missing": 60, "server": 0}}}],
    [{}, {"delivery": {"geo": {"allow": ["DE"]}}}, {"delivery": {"geo": {"deny": ["FR", "ES"]}}}],
    [{}, {"delivery": {"waf_arn": f"arn:aws:wafv2:us-east-1:{_ACCOUNT}:global/webacl/shop/{_UUID}"}}],
    [{}, {"delivery": {"origin_shield": "eu-central-1"}}],
    [
        {},
        {"delivery": {"csp": "default-src 'none'", "hsts": False}},
        {"delivery": {"response_headers_policy_id": _UUID}},
    ],
    [{}, {"delivery": {"cors": False}}, {"delivery": {"cors": ["https://shop.example"]}}],
    [{}, {"delivery": {"compress": False, "ipv6": False}}, {"delivery": {"cache_policy_id": _UUID}}],
    [{}, {"assets": {"prefix": "shop/live"}}],
    [{}, {"access": {"deploy_policy": True}}, {"access": {"github": "shop/web:production"}}],
]


def merge(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Lay parts of the settings over each other, groups of keys key by key."""
    merged: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
    return merged


def is_taken(parts: list[dict[str, Any]]) -> bool:
    """Say whether our own checks let a combination pass."""
    try:
        render_template(msgspec.convert(merge(parts), Settings))
    except SettingsError:
        return False
    return True


PAIRS = [merge(parts) for parts in AllPairs(CHOICES, filter_func=is_taken)]


def write_templates(folder: Path) -> None:
    """Write the template of every case, and those to launch."""
    write_variants(folder)
    for number, content in enumerate([*VARIANTS.values(), *PAIRS]):
        text = render_template(msgspec.convert(content, Settings))
        (folder / f"case-{number:02}.yaml").write_text(text, "utf-8")


if __name__ == "__main__":
    write_templates(Path(sys.argv[1]))

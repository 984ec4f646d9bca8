"""Settings whose templates linters and scanners look at: every two choices of different parts stand in one together.

``python -m tests.infrastructure.cases FOLDER`` writes the templates.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
from allpairspy import AllPairs  # type: ignore[import-untyped]

from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.launchable import write_variants
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.settings.off import switch_off

APP = {"domain": "www.shop.example", "paths": ["/static/*", "/admin/static/*"]}
_ACCOUNT = "111122223333"
UUID = "0f0e0d0c-1111-2222-3333-444455556666"
NAMES = {
    "aliases": ["cdn.shop.example", "*.assets.shop.example"],
    "certificate_arn": f"arn:aws:acm:us-east-1:{_ACCOUNT}:certificate/{UUID}",
}

#: Choices of each part of the settings; a case takes one of each.
CHOICES: list[list[dict[str, Any]]] = [
    [{}, {"origin": "app", "app_origin": APP}, {"origin": "failover", "app_origin": APP}],
    [
        {},
        {"query_strings": ["c"]},
        {"query_strings": ["c", *"abdefghij"]},
        {"query_strings": "none"},
        {"query_strings": "all", "unsafe_query_strings": True},
    ],
    [
        {},
        {"bucket": {"encryption": "kms"}},
        {"bucket": {"encryption": f"kms:arn:aws:kms:us-east-1:{_ACCOUNT}:key/{UUID}", "noncurrent_days": 1}},
        {"bucket": {"versioning": False, "retain": False}},
        {"bucket": {"existing": "shop-assets", "manage_policy": True, "region": "eu-central-1"}},
        {"bucket": {"existing": "shop-assets"}},
    ],
    [
        {},
        {"delivery": NAMES},
        {"delivery": {**NAMES, "hosted_zone_id": "Z0123456789ABC", "tls_policy": "TLSv1.3_2025"}},
    ],
    [{}, {"delivery": {"logs": "v1"}}, {"delivery": {"logs": "v2"}, "region": "us-east-1"}],
    [{}, {"delivery": {"missing": 404, "error_ttl": {"missing": 60, "server": 0}}}],
    [{}, {"delivery": {"geo": {"allow": ["DE"]}}}, {"delivery": {"geo": {"deny": ["FR", "ES"]}}}],
    [{}, {"delivery": {"waf_arn": f"arn:aws:wafv2:us-east-1:{_ACCOUNT}:global/webacl/shop/{UUID}"}}],
    [{}, {"delivery": {"origin_shield": "eu-central-1"}}],
    [
        {},
        {"delivery": {"csp": "default-src 'none'", "hsts": False}},
        {"delivery": {"hsts": 0}},
        {"delivery": {"response_headers_policy_id": UUID}},
    ],
    [
        {},
        {"delivery": {"cors": False}},
        {"delivery": {"cors": ["https://shop.example", "https://*.shop.example:8443"]}},
    ],
    [{}, {"delivery": {"compress": False, "ipv6": False}}, {"delivery": {"cache_policy_id": UUID}}],
    [{}, {"delivery": {"ttl": {"min": 0, "default": 0, "max": 1}}}],
    [{}, {"delivery": {"viewer_protocol": "https-only"}}, {"delivery": {"viewer_protocol": "allow-all"}}],
    [{}, *({"delivery": {"http_version": version}} for version in ("http1.1", "http2", "http3"))],
    [{}, {"delivery": {"price_class": "PriceClass_200"}}, {"delivery": {"price_class": "PriceClass_All"}}],
    [{}, {"assets": {"prefix": "shop/live"}}, {"assets": {"immutable": True}}],
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
        check_settings(msgspec.convert(switch_off(merge(parts)), Settings))
    except SettingsError:
        return False
    return True


CASES = [switch_off(merge(parts)) for parts in AllPairs(CHOICES, filter_func=is_taken)]


def write_templates(folder: Path) -> None:
    """Write the template of every case, and those to launch."""
    write_variants(folder)
    for number, content in enumerate(CASES):
        text = render_template(msgspec.convert(content, Settings))
        (folder / f"case-{number:02}.yaml").write_text(text, "utf-8")


if __name__ == "__main__":
    write_templates(Path(sys.argv[1]))

"""The chain of changes through which one live stack goes, and the changes that are refused on the way.

Each step gives all of the settings. What stands in braces is made for them (:mod:`tests.live.belongings`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flask_cdn_stack.checks.delivery import COUNTRIES
from tests.infrastructure.transition_notes import NOTES
from tests.live.sites import Settings

#: Policies of AWS's own, which every account has (CloudFront developer guide, "Use managed cache policies" and "Use
#: managed response headers policies"): the first caches by no query string, the second adds CORS headers. The third
#: caches by the header Host, with which S3 cannot be asked.
_CACHE_POLICY, _HEADERS_POLICY = "658327ea-f89d-4fab-a63d-7e88639e58f6", "60669652-455b-4ae9-85a4-c4c02393f86c"
_HOST_POLICY = "83da9c7e-98b4-4e11-a168-04f0df8e2c65"

#: A host that answers https to everybody, and has nothing of the app's (RFC 2606).
_APP = "example.com"

#: Files that the step ``published`` adds, and whether they are published then.
FURTHER_FILES = {".hidden.css": True, "dump.sql": True, "left-out.js": False}

STEPS: Mapping[str, Settings] = {
    "cache": {
        "query_strings": ["c"],
        "tags": {"step": "cache"},
        "delivery": {
            "ttl": {"min": 1, "default": 60, "max": 3600},
            "compress": False,
            "ipv6": False,
            "price_class": "PriceClass_200",
            "http_version": "http2",
            "viewer_protocol": "https-only",
            "error_ttl": {"missing": 5, "server": 5},
            "waf_arn": "{acl}",
        },
        "access": {"github": "shop/web:live", "oidc_provider_arn": "{provider}"},
    },
    "function": {
        "query_strings": "all",
        "unsafe_query_strings": True,
        "delivery": {
            "cors": ["https://shop.example"],
            "hsts": False,
            "csp": "default-src 'none'",
            "missing": 404,
            "geo": {"deny": ["AQ"]},
            "origin_shield": "us-east-1",
        },
        "bucket": {"versioning": False, "encryption": "kms:{key}"},
        "assets": {"immutable": True},
    },
    "prefix": {
        "assets": {"prefix": "moved"},
        "access": {"deploy_policy": True},
        "delivery": {"logs": "v1"},
        "bucket": {"encryption": "kms", "former_keys": ["{key}"], "noncurrent_days": 7},
    },
    "failover": {
        "origin": "failover",
        "app_origin": {
            "domain": _APP,
            "path": "/shop",
            "port": 8443,
            "connection_attempts": 1,
            "connection_timeout": 5,
        },
        "delivery": {"logs": "v2", "geo": {"allow": sorted(COUNTRIES - {"AQ"})}},
    },
    "shared": {
        "assets": {"fingerprint": "path", "plain_copies": False},
        "delivery": {"cache_policy_id": _CACHE_POLICY, "response_headers_policy_id": _HEADERS_POLICY},
    },
    "existing": {"bucket": {"existing": "{far}", "region": "{elsewhere}"}},
    "managed": {"bucket": {"existing": "{near}", "manage_policy": True}},
    "app": {"origin": "app", "app_origin": {"domain": _APP, "paths": ["/static/*"]}},
    "names": {
        "delivery": {
            "aliases": ["{one}", "{two}"],
            "certificate_arn": "{certificate}",
            "hosted_zone_id": "{zone}",
            "tls_policy": "TLSv1.2_2019",
        },
    },
    "renamed": {
        "delivery": {
            "aliases": ["{three}", "{two}"],
            "certificate_arn": "{certificate}",
            "hosted_zone_id": "{zone}",
        },
    },
    "back": {},
    "published": {
        "assets": {
            "include": ["static/**", "shown/**"],
            "extra": [{"folder": "shop/shown", "url": "/shown"}],
            "exclude": ["left-out.js"],
            "hidden": True,
            "allow": ["*.sql"],
            "media_types": {"*.sql": "text/plain"},
            "headers": [{"match": "*.css", "set": {"Content-Language": "en"}}],
            "cache_control": {"query": "public, max-age=60", "hashed": "public, max-age=61", "kept": "public"},
            "gzip": True,
            # Fewer than the edge would put into names: the steps may come in any order.
            "checksum_length": 12,
            "keep_names": ["long.js"],
            "local": ["long.js"],
            "hashed_names": ["a+b.js"],
            "scan_templates": False,
            "missing_references": "ignore",
            "rewrite_css": {"except": ["*.css"]},
            "publish_manifest": True,
            "max_deletes": 9,
            "keep_releases": 2,
            "keep_days": 0,
            "provenance": False,
        },
    },
}

#: Steps that change what is published, and leave the stack as it is.
WITHOUT_UPDATE = {"published"}


class Refusal(NamedTuple):
    """A change that ``provision`` does not begin: of these keys, and what it says."""

    keys: tuple[str, ...]
    settings: Settings
    words: str


REFUSALS: Mapping[str, Refusal] = {
    "policy": Refusal(
        ("bucket.existing", "bucket.manage_policy"),
        {"bucket": {"existing": "{guarded}", "manage_policy": True}},
        "has a policy that is not the stack's",
    ),
    "certificate": Refusal(
        ("delivery.aliases", "delivery.certificate_arn"),
        {"delivery": {"aliases": ["{one}", "cdn.shop.invalid"], "certificate_arn": "{certificate}"}},
        "and not for cdn.shop.invalid",
    ),
    "logs": Refusal(("delivery.logs",), {"region": "{elsewhere}", "delivery": {"logs": "v2"}}, "delivery.logs"),
    "cache policy": Refusal(
        ("delivery.cache_policy_id",), {"delivery": {"cache_policy_id": _HOST_POLICY}}, "sends the header Host"
    ),
    "target": Refusal(
        ("target.bucket", "target.domain", "target.distribution_id", "target.region"),
        {
            "target": {
                "bucket": "{near}",
                "domain": "cdn.shop.invalid",
                "distribution_id": "E1EXAMPLE",
                "region": "{elsewhere}",
            }
        },
        "there is no stack to provision",
    ),
}

#: Keys that no change of a live stack has, each with why.
UNTOUCHED: Mapping[str, str] = {
    "app": "Which app it is changes no stack: another one has other files.",
    "stack": "Another name is another stack.",
    "region": "A stack in another region is another stack.",
    "config_file": "It names a file on this machine.",
    "manifest_file": "It names a file on this machine.",
    "termination_protection": "A run that is killed would leave a stack behind that nothing deletes.",
}


def find_keys(settings: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the keys that settings have, those of a group with its name."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and f"{prefix}{name}" not in _MAPPINGS:
            yield from find_keys(value, f"{prefix}{name}.")
        else:
            yield prefix + name


#: Keys whose values have keys that are the user's.
_MAPPINGS = {"tags", "assets.media_types", *NOTES}

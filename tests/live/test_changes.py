"""Changes of the settings of one stack that serves, one after the other: each takes CloudFront some minutes.

Every pair of values is judged in ``tests/infrastructure`` without an account. Here is a chain of changes in which every
key changes that a bare account can change, and changes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.infrastructure.transition_notes import NOTES
from tests.live.sites import FILES, Settings, Site, Sites

#: Policies of AWS's own, which every account has (CloudFront developer guide, "Use managed cache policies" and "Use
#: managed response headers policies"): the first caches by no query string, the second adds CORS headers.
_CACHE_POLICY, _HEADERS_POLICY = "658327ea-f89d-4fab-a63d-7e88639e58f6", "60669652-455b-4ae9-85a4-c4c02393f86c"

STEPS: dict[str, Settings] = {
    "cache": {
        "query_strings": ["c"],
        "delivery": {
            "ttl": {"min": 1, "default": 60, "max": 3600},
            "compress": False,
            "ipv6": False,
            "price_class": "PriceClass_200",
            "http_version": "http2",
            "viewer_protocol": "https-only",
            "error_ttl": {"missing": 5, "server": 5},
        },
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
        "bucket": {"versioning": False},
    },
    "prefix": {
        "assets": {"prefix": "moved"},
        "access": {"deploy_policy": True},
        "delivery": {"logs": "v1"},
        "bucket": {"encryption": "kms", "noncurrent_days": 7},
    },
    "failover": {
        "origin": "failover",
        "app_origin": {
            "domain": "example.com",
            "path": "/shop",
            "port": 8443,
            "connection_attempts": 2,
            "connection_timeout": 5,
        },
        "delivery": {"logs": "v2", "geo": {"allow": ["DE", "US"]}},
    },
    "shared": {
        "assets": {"fingerprint": "path", "plain_copies": True},
        "delivery": {"cache_policy_id": _CACHE_POLICY, "response_headers_policy_id": _HEADERS_POLICY},
    },
    "back": {},
}

#: Keys that no step changes, each with what it needs besides an account.
UNTOUCHED = {
    **dict.fromkeys(
        ("delivery.aliases", "delivery.certificate_arn", "delivery.hosted_zone_id", "delivery.tls_policy"),
        "a domain of one's own, with its zone and its certificate",
    ),
    **dict.fromkeys(("access.github", "access.oidc_provider_arn"), "an OIDC provider, of which an account has one"),
    **dict.fromkeys(("bucket.existing", "bucket.region", "bucket.manage_policy"), "another bucket: test_first_fetch"),
    "bucket.former_keys": "keys that outlive the stack, each for a month's fee",
    "delivery.waf_arn": "a web ACL, for a month's fee",
    "app_origin.paths": "an app that answers: it is for origin: app",
}


def find_keys(settings: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the keys that settings have, those of a group with its name."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and f"{prefix}{name}" not in NOTES:
            yield from find_keys(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_every_key_changes() -> None:
    """Or is named with what it needs that an account has not by itself."""
    changed = {key for step in STEPS.values() for key in find_keys(step)} | {"bucket.retain"}  # that of every site

    assert NOTES.keys() - changed == UNTOUCHED.keys()


@pytest.fixture(scope="module", params=STEPS)
def changed(request: pytest.FixtureRequest, sites: Sites) -> tuple[Site, Any]:
    """The site after a step, with files of its own, and what ``provision`` said of it."""
    site = sites.find("changing")
    site.write({name: f"{text}<!-- {request.param} -->" for name, text in FILES.items()})
    site.configure(STEPS[request.param])
    return site, site.provision()


def test_it_is_carried_out(changed: tuple[Site, Any]) -> None:
    """Without a resource that others refer to being replaced."""
    _, report = changed

    assert report["status"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    kept = ("AWS::S3::Bucket", "AWS::CloudFront::Distribution")
    assert [item for item in report["changes"] if item["type"] in kept and item["replacement"] == "True"] == []


def test_files_arrive(changed: tuple[Site, Any]) -> None:
    """After a deploy each file is served under the changed settings."""
    site, _ = changed
    site.deploy()

    for path, checksum in site.paths.items():
        answer = site.view(f"{path}?c={checksum}")
        assert (answer.status, answer.body) == (200, site.read(path)), (path, answer)

"""Changes of the settings of one stack that serves, one after the other: each takes CloudFront some minutes.

Every pair of values is judged in ``tests/infrastructure`` without an account. Here are chains of changes that touch
each kind of resource: made beside others, changed in place, and taken away again.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.sites import FILES, Settings, Site, Sites

STEPS: dict[str, Settings] = {
    "cache": {
        "query_strings": ["c"],
        "delivery": {
            "ttl": {"min": 1, "default": 60, "max": 3600},
            "compress": False,
            "ipv6": False,
            "price_class": "PriceClass_200",
            "http_version": "http2",
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
        },
    },
    "prefix": {
        "assets": {"prefix": "moved"},
        "access": {"deploy_policy": True},
        "delivery": {"logs": "v1"},
        "bucket": {"encryption": "kms", "noncurrent_days": 7},
    },
    "failover": {"origin": "failover", "app_origin": {"domain": "example.com"}, "delivery": {"logs": "v2"}},
    "back": {},
}


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

"""AWS's own cache policies, by what they send to a bucket and whether the checksum is in their key."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.cache_keys import MANAGED, CacheKey
from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.settings.model import Settings

OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
UNCOMPRESSED = "b2884449-e4de-46a7-ac36-70bc7f1ddd6d"
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
MEDIA = "08627262-05a9-4f76-9ded-b50ca2e3a84f"
QUERY_STRINGS = "4cc15a8a-d715-48a4-82b8-cc0b614638fe"
APP = {"origin": "app", "app_origin": {"domain": "www.shop.example"}}
PATH = {"assets": {"fingerprint": "path"}}
IMMUTABLE = {"assets": {"immutable": True}}
ALL = {"query_strings": "all", "unsafe_query_strings": True}


def check(policy: str, **content: Any) -> tuple[str, ...]:
    return check_settings(msgspec.convert({"delivery": {"cache_policy_id": policy}, **content}, Settings))


SEND_HOST = [policy for policy, key in MANAGED.items() if "Host" in key.headers]


@pytest.mark.parametrize("policy", SEND_HOST)
def test_policies_that_send_the_host(policy: str) -> None:
    """Are refused on a bucket, whatever the query strings."""
    message = f"^delivery.cache_policy_id: '{policy}' is {MANAGED[policy].name}, which"
    for more in ({}, PATH, ALL, APP | {"origin": "failover"}):
        with pytest.raises(SettingsError, match=message):
            check(policy, **more)


def test_which_send_the_host() -> None:
    """Those for Amplify, and those for origins that say how long to keep what they give."""
    assert {MANAGED[policy].name.partition("-")[0] for policy in SEND_HOST} == {
        "Amplify",
        "UseOriginCacheControlHeaders",
    }
    assert "2e54312d-136d-493c-8eb9-b001f22f67d2" in SEND_HOST


@pytest.mark.parametrize(
    ("policy", "more", "warning"),
    [
        (OPTIMIZED, {}, "is CachingOptimized, which leaves the checksum out of the cache key"),
        (OPTIMIZED, APP, "leaves the checksum out"),
        (DISABLED, {}, "is CachingDisabled, which lets the edge keep nothing"),
        (OPTIMIZED, PATH, ""),
        (MEDIA, PATH, ""),
        (QUERY_STRINGS, APP, ""),
    ],
)
def test_policies_that_work(policy: str, more: dict[str, Any], warning: str) -> None:
    """Some at a cost, which a sentence with its key says."""
    warnings = check(policy, **more)

    assert len(warnings) == bool(warning)
    assert all(said.startswith(f"delivery.cache_policy_id: '{policy}' ") and warning in said for said in warnings)


def test_a_policy_with_other_query_strings() -> None:
    """Is refused while URLs change by their query, as a list of names without c is."""
    # The edge keeps a version for a year: without its checksum in the key, not even none will do.
    with pytest.raises(SettingsError, match="is CachingOptimized, whose query strings lack c"):
        check(OPTIMIZED, **IMMUTABLE)
    with pytest.raises(SettingsError, match=r"is Elemental-MediaPackage, whose query strings lack c") as caught:
        check(MEDIA)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("queries", "names", "there"),
    [
        ("none", (), False),
        ("all", (), True),
        ("whitelist", ("c", "t"), True),
        ("whitelist", ("t", "C"), False),
        ("allExcept", ("t",), True),
        ("allExcept", ("c",), False),
    ],
)
def test_names_in_a_key(queries: str, names: tuple[str, ...], there: bool) -> None:
    """By the policy's word for them; CloudFront compares names as they are written."""
    assert CacheKey("Shop", queries, names).has_query("c") is there

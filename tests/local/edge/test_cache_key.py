"""What tells answers apart."""

from __future__ import annotations

import pytest

from flask_cdn_stack.local.edge.cache_key import build_key, choose_query, normalise_encodings
from flask_cdn_stack.local.edge.messages import Request
from flask_cdn_stack.local.edge.rules import CachePolicy, Choice

_NAMES = frozenset({"c", "t"})


@pytest.mark.parametrize(
    ("choice", "query", "counts"),
    [
        (Choice("none"), "c=1&t=2", ""),
        (Choice("all"), "c=1&&x", "c=1&&x"),
        (Choice("whitelist", _NAMES), "t=2&x=3&c=1&C=4&c", "t=2&c=1&c"),
        (Choice("whitelist", _NAMES), "%63=1", ""),
        (Choice("allExcept", _NAMES), "t=2&x=3&c=1&C=4", "x=3&C=4"),
    ],
)
def test_query_strings(choice: Choice, query: str, counts: str) -> None:
    """Order and case count, and names are compared as they were sent."""
    assert choose_query(choice, query) == counts


@pytest.mark.parametrize(
    ("gzip", "brotli", "accepted", "counts"),
    [
        (True, True, "gzip, deflate, br, zstd", "br,gzip"),
        (True, True, "BR;q=0.5,gzip;q=1.0", "br,gzip"),
        (True, True, "br;q=0, gzip", "gzip"),
        (True, True, "deflate, identity", ""),
        (True, True, "gzip;q=much", ""),
        (True, True, "", ""),
        (True, False, "gzip, br", "gzip"),
        (False, False, "gzip, br", ""),
    ],
)
def test_encodings(gzip: bool, brotli: bool, accepted: str, counts: str) -> None:
    """Every browser gives the same few."""
    assert normalise_encodings(CachePolicy(gzip=gzip, brotli=brotli), accepted) == counts


def test_headers_and_cookies() -> None:
    """Only those of the policy count, and HEAD finds what GET has left."""
    policy = CachePolicy(
        headers=Choice("whitelist", frozenset({"origin"})), cookies=Choice("whitelist", frozenset({"plan"}))
    )
    headers = {"origin": "https://a.example", "referer": "x", "cookie": "session=1; plan=gold"}

    key = build_key("E0", policy, Request("HEAD", "/a?b=1", headers))

    assert key.method == "GET"
    assert key.target == "/a"
    assert dict(key.headers) == {"origin": "https://a.example", "cookie": "plan=gold"}

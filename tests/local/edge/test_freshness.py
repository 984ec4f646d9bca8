"""How long answers are kept: the tables of the developer guide's pages, row by row."""

from __future__ import annotations

import pytest

from flask_cdn_stack.local.edge.freshness import Lifetime, find_error_lifetime, find_lifetime
from flask_cdn_stack.local.edge.rules import CachePolicy

_NOW = 1_800_000_000.0
_IN_AN_HOUR = "Fri, 15 Jan 2027 09:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "without_minimum", "with_minimum"),
    [
        ({}, 50, 50),
        ({"cache-control": "max-age=70"}, 70, 70),
        ({"cache-control": "max-age=5"}, 5, 20),
        ({"cache-control": "max-age=0, must-revalidate"}, 0, 20),
        ({"cache-control": "max-age=1000"}, 100, 100),
        ({"cache-control": "public, max-age=70, s-maxage=30"}, 30, 30),
        ({"cache-control": "s-maxage=0, max-age=70"}, 0, 20),
        ({"cache-control": "max-age=60", "expires": _IN_AN_HOUR}, 60, 60),
        ({"expires": _IN_AN_HOUR}, 100, 100),
        ({"expires": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0, 20),
        ({"expires": "0"}, 0, 20),
        ({"cache-control": "no-cache"}, None, 20),
        ({"cache-control": "No-Store, max-age=70"}, None, 20),
        ({"cache-control": 'private="x-secret", max-age=70'}, None, 20),
        ({"cache-control": "max-age=often"}, 50, 50),
        ({"cache-control": "immutable"}, 50, 50),
    ],
)
def test_of_what_is_there(headers: dict[str, str], without_minimum: float | None, with_minimum: float) -> None:
    """Default 50, at most 100, and at least 0 or 20 seconds."""
    found = [find_lifetime(headers, CachePolicy(least, 50, 100), _NOW) for least in (0, 20)]

    assert [lifetime and lifetime.fresh for lifetime in found] == [without_minimum, with_minimum]


def test_of_what_may_be_stale() -> None:
    """The origin says for how long."""
    said = "max-age=10, stale-while-revalidate=20, stale-if-error=30"

    assert find_lifetime({"cache-control": said}, CachePolicy(), _NOW) == Lifetime(10, 20, 30)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (404, {}, 10),
        (503, {}, 10),
        (404, {"cache-control": "max-age=5"}, 10),
        (404, {"cache-control": "max-age=60"}, 60),
        (404, {"cache-control": "max-age=60, s-maxage=90"}, 90),
        (404, {"cache-control": "no-store"}, 10),
        (404, {"expires": _IN_AN_HOUR}, 3600),
        (403, {}, None),
        (403, {"cache-control": "max-age=5"}, 10),
        (405, {"cache-control": "s-maxage=60"}, 60),
        (416, {"cache-control": "max-age=60"}, None),
        (429, {"cache-control": "max-age=60"}, None),
    ],
)
def test_of_errors(status: int, headers: dict[str, str], seconds: float | None) -> None:
    """At least the error caching minimum TTL of ten seconds, and some only where the origin says so."""
    found = find_error_lifetime(status, headers, 10, _NOW)

    assert (found and found.fresh) == seconds

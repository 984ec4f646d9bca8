"""How long responses are cached.

By the CloudFront developer guide, "Manage how long content stays in the cache (expiration)" and "How CloudFront
processes and caches HTTP 4xx and 5xx status codes from your origin".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache

from .rules import CachePolicy

_ALWAYS_KEPT = frozenset({404, 414, 500, 501, 502, 503, 504})
_KEPT_WHERE_SAID = frozenset({400, 403, 405, 412, 415})
_UNKEPT = frozenset({"no-cache", "no-store", "private"})
_DIRECTIVE = re.compile(r"""([\w-]+)(?:\s*=\s*("[^"]*"|[^\s,]+))?""")


@dataclass(frozen=True)
class Lifetime:
    """Seconds for which a response is fresh, and for which it may then still be sent: during revalidation or on errors.

    ``stale_if_error`` is None if the origin does not set it.
    """

    fresh: float
    stale_while_revalidate: float = 0
    stale_if_error: float | None = None


def find_lifetime(headers: Mapping[str, str], policy: CachePolicy, now: float) -> Lifetime | None:
    """Return how long a successful response is cached; None if it is not.

    :param now: when the response arrived, in seconds since 1970.
    """
    said = read_directives(headers.get("cache-control", ""))
    if not _UNKEPT.isdisjoint(said):
        return Lifetime(policy.min_ttl) if policy.min_ttl > 0 else None
    seconds = _said_seconds(said)
    if seconds is None and "expires" in headers:
        seconds = max(0.0, (read_date(headers["expires"]) or 0) - now)
    if seconds is None:
        seconds = policy.default_ttl
    return Lifetime(
        max(policy.min_ttl, min(seconds, policy.max_ttl)),
        _read_seconds(said, "stale-while-revalidate") or 0,
        _read_seconds(said, "stale-if-error"),
    )


def find_error_lifetime(status: int, headers: Mapping[str, str], min_ttl: float, now: float) -> Lifetime | None:
    """Return how long an error is cached; None if it is not.

    :param min_ttl: the error caching minimum TTL of its status, in seconds.
    """
    seconds = _said_seconds(read_directives(headers.get("cache-control", "")))
    if status in _KEPT_WHERE_SAID and seconds is None:
        return None
    if status not in _ALWAYS_KEPT | _KEPT_WHERE_SAID:
        return None
    if seconds is None and "expires" in headers:
        seconds = (read_date(headers["expires"]) or 0) - now
    return Lifetime(max(min_ttl, seconds or 0))


def _said_seconds(said: Mapping[str, str]) -> float | None:
    shared = _read_seconds(said, "s-maxage")
    return _read_seconds(said, "max-age") if shared is None else shared


def _read_seconds(said: Mapping[str, str], name: str) -> float | None:
    value = said.get(name, "")
    return float(value) if value.isascii() and value.isdigit() else None


@lru_cache(maxsize=256)
def read_directives(value: str) -> Mapping[str, str]:
    """Return the directives of a ``Cache-Control`` by lower-case name; those without a value have an empty string."""
    return {name.lower(): given.strip('"') for name, given in _DIRECTIVE.findall(value)}


def read_date(value: str) -> float | None:
    """Return an HTTP date in seconds since 1970; None if it is malformed."""
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None

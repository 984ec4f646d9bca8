"""The cache key: the parts of a request that tell cached copies apart and that are sent to the origin.

By the CloudFront developer guide, "Understand cache policies".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .messages import Request, build_target
from .rules import CachePolicy, Choice


class CacheKey(NamedTuple):
    """A cache key. ``target`` is the path as sent, with the query strings that the cache policy includes."""

    distribution: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    @property
    def encodings(self) -> str:
        """The content encodings that the viewer accepts, normalised."""
        return dict(self.headers).get("accept-encoding", "")


def build_key(distribution: str, policy: CachePolicy, request: Request) -> CacheKey:
    """Return the cache key of a request. HEAD and GET share one."""
    method = "GET" if request.method == "HEAD" else request.method
    target = build_target(request.path, choose_query(policy.query_strings, request.query))
    return CacheKey(distribution, method, target, tuple(_headers(policy, request)))


def choose_query(choice: Choice, query: str) -> str:
    """Return the parts of a query string that the policy includes, in their order; names are compared as sent."""
    if not query or choice.behavior == "all":
        return query
    return "&".join(part for part in query.split("&") if choice.takes(part.partition("=")[0]))


def normalise_encodings(policy: CachePolicy, accepted: str) -> str:
    """Return the key's ``Accept-Encoding``: which of ``br`` and ``gzip`` the policy has and the viewer accepts.

    ("Understand cache policies", Compressed objects support.)
    """
    if not accepted:
        return ""
    taken = {name for name, weight in map(_read_encoding, accepted.lower().split(",")) if weight > 0}
    known = [name for name, enabled in (("br", policy.brotli), ("gzip", policy.gzip)) if enabled and name in taken]
    return ",".join(known)


def _read_encoding(text: str) -> tuple[str, float]:
    name, _, parameter = text.partition(";")
    try:
        return name.strip(), float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return name.strip(), 0


def _headers(policy: CachePolicy, request: Request) -> Iterator[tuple[str, str]]:
    if encodings := normalise_encodings(policy, request.headers.get("accept-encoding", "")):
        yield "accept-encoding", encodings
    for name in sorted(policy.headers.names if policy.headers.behavior == "whitelist" else ()):
        if name in request.headers and name != "accept-encoding":
            yield name, request.headers[name]
    if policy.cookies.behavior != "none":
        pairs = (pair.strip() for pair in request.headers.get("cookie", "").split(";"))
        chosen = "; ".join(pair for pair in pairs if pair and policy.cookies.takes(pair.partition("=")[0]))
        if chosen:
            yield "cookie", chosen

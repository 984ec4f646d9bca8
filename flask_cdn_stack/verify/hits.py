"""Checks that the CDN caches: a repeated request is a hit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..quantities import count
from .content import judge_failure
from .faults import find_fault
from .model import Looked, Note, Outcome, PublishedFile, Subject
from .viewer import NoAnswerError, Viewer

# Headers in which CDNs report hits and misses: CloudFront, Fastly and others, Cloudflare, nginx, RFC 9211.
_HEADERS = ("x-cache", "cf-cache-status", "x-cache-status", "cache-status")

#: How often a file is requested: an edge location has several caches, and each may miss once.
_TRIES = 5

_NOT_KEPT = ("no-store", "no-cache", "private", "max-age=0")


def check_hit(viewer: Viewer, file: PublishedFile, subject: Subject) -> Iterator[Outcome]:
    """Fetch a file until it comes from a cache."""
    if any(word in (file.cache_control or "") for word in _NOT_KEPT):
        return
    seen = ""
    for _ in range(_TRIES):
        try:
            answer = viewer.ask(file.url, size=file.size)
        except NoAnswerError as error:
            yield judge_failure(file.url, error, viewer.limits)
            return
        if answer.status != 200:
            return
        seen = find_word(answer.headers)
        if not seen or is_hit(answer.headers):
            break
    if seen and not is_hit(answer.headers) and subject.is_local:
        yield Note("hit", "not seen: a local AWS without an edge")
    elif not seen:
        yield Note("hit", "not seen: no header X-Cache, by which CDNs say so")
    else:
        yield Looked("hit")
        if not is_hit(answer.headers):
            yield find_fault("miss", file.url, times=count(_TRIES, "time"), seen=seen)


def find_word(headers: Mapping[str, str]) -> str:
    """Return the header in which the CDN reports a hit or miss; empty if there is none."""
    return next((f"{name}: {headers[name]}" for name in _HEADERS if name in headers), "")


def is_hit(headers: Mapping[str, str]) -> bool:
    """Return whether a response came from a cache, including one that was revalidated."""
    return "hit" in find_word(headers).lower() or headers.get("age", "0") not in ("0", "")

"""Whether the CDN keeps copies: who asks again is answered from one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..quantities import count
from .content import judge_failure
from .faults import find_fault
from .model import Looked, Note, Outcome, PublishedFile, Subject
from .viewer import NoAnswerError, Viewer

# Headers by which CDNs say whether they had a copy: CloudFront, Fastly and others, Cloudflare, nginx, RFC 9211.
_HEADERS = ("x-cache", "cf-cache-status", "x-cache-status", "cache-status")

#: How often it is asked for: an edge location has several caches, and each may have to fetch a copy of its own.
_TRIES = 5

_NOT_KEPT = ("no-store", "no-cache", "private", "max-age=0")


def check_hit(viewer: Viewer, file: PublishedFile, subject: Subject) -> Iterator[Outcome]:
    """Ask for a file until it comes from a cache."""
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
    """Return what a CDN says of its copy; empty where it says nothing."""
    return next((f"{name}: {headers[name]}" for name in _HEADERS if name in headers), "")


def is_hit(headers: Mapping[str, str]) -> bool:
    """Say whether an answer came from a copy, one that was revalidated too."""
    return "hit" in find_word(headers).lower() or headers.get("age", "0") not in ("0", "")

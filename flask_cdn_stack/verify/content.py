"""Compares status, bytes and headers of a response with what was published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ..quantities import count, size_text
from .faults import find_fault
from .model import Finding, Looked, Outcome, PublishedFile
from .packing import unpack
from .viewer import TOO_SLOW, Answer, Limits, NoAnswerError

_MISSING = (403, 404, 410)


def check_answer(file: PublishedFile, answer: Answer) -> Iterator[Outcome]:
    """Compare a response with the published file; of a status other than 200, only the status."""
    yield Looked("status")
    if answer.status != 200:
        yield judge_status(file.url, answer)
        return
    yield Looked("bytes")
    yield from _check_bytes(file, answer)
    yield from _check_type(file, answer)
    yield from _check_cache(file, answer)


def judge_failure(url: str, error: NoAnswerError, limits: Limits) -> Finding:
    """Return the finding for a request without a response."""
    if error.code == TOO_SLOW:
        return find_fault("too-slow", url, seconds=f"{limits.whole:g} s")
    return find_fault("no-answer", url, reason=error.reason)


def judge_status(url: str, answer: Answer) -> Finding:
    """Return the finding for a status other than 200."""
    status = answer.status
    if 300 <= status < 400:
        return find_fault("moved", url, status=status, location=answer.headers.get("location", "nowhere"))
    if status in _MISSING:
        return find_fault("missing", url, status=status)
    if status >= 500:
        return find_fault("server-error", url, status=status, times=count(answer.asked, "time"))
    return find_fault("status", url, status=status)


def _check_bytes(file: PublishedFile, answer: Answer) -> Iterator[Finding]:
    if answer.is_cut:
        size = answer.size - 1 if file.size is None else file.size
        yield find_fault("too-long", file.url, size=size_text(size))
        return
    checksum, size = answer.checksum, answer.size
    if file.may_be_packed and answer.headers.get("content-encoding") == "gzip":
        body = unpack("gzip", answer.body, file.size)
        checksum, size = (hashlib.sha256(body).hexdigest(), len(body)) if body is not None else ("-", size)
    if checksum != file.checksum:
        yield find_fault("other-bytes", file.url, size=size_text(size), checksum=f"{checksum[:16]}...")


def _check_type(file: PublishedFile, answer: Answer) -> Iterator[Outcome]:
    if file.content_type is None:
        return
    yield Looked("type")
    found = answer.headers.get("content-type", "missing")
    if found != file.content_type:
        yield find_fault("type", file.url, found=found, wanted=file.content_type)
    encoding = answer.headers.get("content-encoding", "")
    if encoding != file.encoding and not (file.may_be_packed and encoding == "gzip"):
        yield find_fault("encoding", file.url, found=encoding or "missing", wanted=file.encoding or "none")
    for name, wanted in file.others:
        found = answer.headers.get(name.lower(), "missing")
        if found != wanted:
            yield find_fault("header", file.url, name=name, found=found, wanted=wanted)


def _check_cache(file: PublishedFile, answer: Answer) -> Iterator[Outcome]:
    if file.cache_control is None:
        return
    yield Looked("cache")
    found = answer.headers.get("cache-control", "missing")
    if _directives(found) != _directives(file.cache_control):
        yield find_fault("cache", file.url, found=found, wanted=file.cache_control)


def _directives(cache_control: str) -> frozenset[str]:
    # Directives may be in any order, and their names in any case (RFC 9111, section 5.2).
    return frozenset(part.strip().lower() for part in cache_control.split(",") if part.strip())

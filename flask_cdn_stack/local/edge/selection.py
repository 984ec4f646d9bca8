"""Conditional and range requests (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .freshness import read_date
from .messages import Answer, Request

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")

#: Headers of the body, which a 304 leaves out.
_OF_THE_BODY = frozenset({"content-encoding", "content-length", "content-type", "content-range", "accept-ranges"})


def select(answer: Answer, request: Request) -> Answer:
    """Return the whole object, the part that the viewer asked for, or a 304 if the viewer's copy is current."""
    if answer.status != 200 or request.method not in ("GET", "HEAD"):
        return answer
    if _is_known(answer.headers, request.headers):
        headers = {name: value for name, value in answer.headers.items() if name not in _OF_THE_BODY}
        return Answer(304, headers, b"", answer.result)
    wanted = request.headers.get("range") if request.method == "GET" else None
    if wanted is None or not _holds(answer.headers, request.headers.get("if-range")):
        return answer
    return _take_range(answer, wanted)


def _is_known(headers: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    known = asked.get("if-none-match")
    if known is not None:
        etag = _opaque(headers.get("etag", ""))
        return known.strip() == "*" or (bool(etag) and etag in map(_opaque, known.split(",")))
    since, modified = read_date(asked.get("if-modified-since", "")), read_date(headers.get("last-modified", ""))
    return since is not None and modified is not None and modified <= since


def _opaque(etag: str) -> str:
    return etag.strip().removeprefix("W/")


def _holds(headers: Mapping[str, str], condition: str | None) -> bool:
    if condition is None:
        return True
    if '"' in condition:
        return not condition.startswith("W/") and condition == headers.get("etag")
    return condition == headers.get("last-modified")


def _take_range(answer: Answer, wanted: str) -> Answer:
    # A request for several ranges gets the whole object, as RFC 9110, section 14.2 allows.
    found, size = _RANGE.fullmatch(wanted.replace(" ", "")), len(answer.body)
    if not found or not (found[1] or found[2]):
        return answer
    first = int(found[1]) if found[1] else max(0, size - int(found[2]))
    last = min(int(found[2]), size - 1) if found[1] and found[2] else size - 1
    if found[1] and found[2] and int(found[2]) < first:
        return answer
    if first >= size:
        return Answer(416, {"content-range": f"bytes */{size}"}, b"", "Error")
    part = answer.body[first : last + 1]
    span = {"content-range": f"bytes {first}-{last}/{size}", "content-length": str(len(part))}
    return Answer(206, {**answer.headers, **span}, part, answer.result)

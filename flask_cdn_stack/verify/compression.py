"""Checks that the edge compresses files as CloudFront does, and that they unpack to what was published.

CloudFront compresses text of 1,000 to 10,000,000 bytes that has no Content-Encoding yet. When it is busy it may send a
file uncompressed (CloudFront developer guide, "Serve compressed files").
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from ..assets.media_types import media_type
from .content import judge_failure
from .faults import find_fault
from .model import Looked, Note, Outcome, PublishedFile, Subject
from .packing import can_unpack, unpack
from .viewer import Answer, NoAnswerError, Viewer

# Of the content types in that guide, those that pages load.
_TYPES = {
    *("text/css", "text/html", "text/javascript", "text/plain", "text/xml", "text/csv"),
    *("application/javascript", "application/json", "application/xml", "application/rss+xml", "image/svg+xml"),
    *("font/otf", "font/ttf", "application/vnd.ms-fontobject"),
}
_SIZES = range(1_000, 10_000_001)

_ENCODINGS = ("gzip", "br")

#: How often a file is fetched before it counts as not compressed.
_TRIES = 3

# Bytes by which compression may lengthen a file, besides a share of its size: some files are compressed already.
_LONGER, _SHARE = 1_000, 8


def find_compressed(files: Iterable[PublishedFile]) -> Iterator[PublishedFile]:
    """Yield the files that the edge should compress, by their type and size."""
    for file in files:
        kind = (file.content_type or media_type(file.key)).partition(";")[0].strip().lower()
        is_plain = not file.encoding and not file.may_be_packed
        if is_plain and kind in _TYPES and (file.size is None or file.size in _SIZES):
            yield file


def check_compression(viewer: Viewer, file: PublishedFile, subject: Subject) -> Iterator[Outcome]:
    """Fetch a file with gzip, then with brotli, as the accepted encoding."""
    for encoding in _ENCODINGS:
        try:
            answer = _ask(viewer, file, encoding)
        except NoAnswerError as error:
            yield judge_failure(file.url, error, viewer.limits)
            continue
        if answer.status != 200:
            continue  # another check has reported this status
        found = answer.headers.get("content-encoding", "")
        if found == encoding:
            yield Looked("compression")
            yield from _compare(file, answer, encoding)
        elif answer.size in _SIZES:
            yield from _judge_plain(file, encoding, subject)


def _ask(viewer: Viewer, file: PublishedFile, encoding: str) -> Answer:
    most = None if file.size is None else file.size + file.size // _SHARE + _LONGER
    for _ in range(_TRIES):
        answer = viewer.ask(file.url, {"Accept-Encoding": encoding}, size=most, keep=True)
        if answer.headers.get("content-encoding"):
            break
    return answer


def _judge_plain(file: PublishedFile, encoding: str, subject: Subject) -> Iterator[Outcome]:
    if subject.rules.is_own and not subject.is_local:
        yield Looked("compression")
        yield find_fault("uncompressed", file.url, encoding=encoding)
    else:
        whose = "a local AWS without an edge" if subject.is_local else "a CDN that is not a stack's"
        yield Note("compression", f"not seen: {whose}")


def _compare(file: PublishedFile, answer: Answer, encoding: str) -> Iterator[Outcome]:
    if not can_unpack(encoding):
        yield Note("compression", "brotli was not unpacked: `pip install brotli` for that")
        return
    body = unpack(encoding, answer.body, file.size)
    if body is None:
        yield find_fault("compressed-bytes", file.url, encoding=encoding, reason="it cannot be unpacked")
    elif hashlib.sha256(body).hexdigest() != file.checksum:
        yield find_fault("compressed-bytes", file.url, encoding=encoding, reason="other bytes come out of it")

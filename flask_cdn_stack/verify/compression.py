"""Whether the edge compresses what CloudFront should, and whether that is still what was published.

CloudFront compresses text of 1,000 to 10,000,000 bytes that has no encoding yet, as well as it can: while it is busy,
it sends some of it as it is (CloudFront developer guide, "Serve compressed files").
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

# The types of what pages load, of those that the page lists.
_TYPES = {
    *("text/css", "text/html", "text/javascript", "text/plain", "text/xml", "text/csv"),
    *("application/javascript", "application/json", "application/xml", "application/rss+xml", "image/svg+xml"),
    *("font/otf", "font/ttf", "application/vnd.ms-fontobject"),
}
_SIZES = range(1_000, 10_000_001)

_ENCODINGS = ("gzip", "br")

#: How often the edge may send something as it is.
_TRIES = 3

# Bytes that a file may become longer by, beside a share of its own: what is packed already is not made smaller.
_LONGER, _SHARE = 1_000, 8


def find_compressed(files: Iterable[PublishedFile]) -> Iterator[PublishedFile]:
    """Yield the files that the edge should compress, as far as is known before they are asked for."""
    for file in files:
        kind = (file.content_type or media_type(file.key)).partition(";")[0].strip().lower()
        is_plain = not file.encoding and not file.may_be_packed
        if is_plain and kind in _TYPES and (file.size is None or file.size in _SIZES):
            yield file


def check_compression(viewer: Viewer, file: PublishedFile, subject: Subject) -> Iterator[Outcome]:
    """Ask for a file as browsers do that take gzip, and that take brotli."""
    for encoding in _ENCODINGS:
        try:
            answer = _ask(viewer, file, encoding)
        except NoAnswerError as error:
            yield judge_failure(file.url, error, viewer.limits)
            continue
        if answer.status != 200:
            continue  # that has been said of the file
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

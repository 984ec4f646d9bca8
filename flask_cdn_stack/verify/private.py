"""Checks of what must not be public: the records, a listing of the files, and the bucket itself."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from ..naming import OWN_FOLDER, quote_key
from .faults import find_fault
from .model import Looked, Note, Outcome, PublishedFile, Subject
from .viewer import NoAnswerError, Viewer

# Most bytes that are read of a body; only the status matters.
_MOST = 1 << 16

# The path of the record, plain and percent-encoded.
_RECORDS = (f"{OWN_FOLDER}/state.json.gz", quote(OWN_FOLDER).replace(".", "%2E") + "/state.json.gz")


def check_private(viewer: Viewer, file: PublishedFile | None, subject: Subject) -> Iterator[Outcome]:
    """Check that viewers cannot get the records, a listing, or a file straight from the bucket.

    :param file: a published file.
    """
    for path in _RECORDS:
        yield from _expect_nothing(viewer, f"{subject.address}/{path}", "own-folder", "")
    if subject.rules.is_own:
        yield from _expect_nothing(viewer, f"{subject.address}/", "listing", "")
    if subject.bucket:
        keys = [f"{OWN_FOLDER}/state.json.gz", *([file.key] if file else [])]
        paths = [f"/{quote_key(subject.prefix + key)}" for key in keys]
        for path in (*paths, "/?list-type=2"):
            yield from _expect_nothing(viewer, subject.bucket + path, "bucket-open", _excuse(subject))


def _excuse(subject: Subject) -> str:
    if subject.is_local:
        return "not the bucket: a local AWS lets everybody read it"
    return "" if subject.rules.is_own else "the bucket can be read around the CDN"


def _expect_nothing(viewer: Viewer, url: str, code: str, excuse: str) -> Iterator[Outcome]:
    yield Looked("private")
    try:
        answer = viewer.ask(url, size=_MOST)
    except NoAnswerError:
        return  # without a response nobody gets it
    if not 200 <= answer.status < 300:
        return
    yield Note("private", excuse) if excuse else find_fault(code, url, status=answer.status)

"""Checks that viewers cannot change responses by query strings that S3 acts on (S3 API reference, "GetObject")."""

from __future__ import annotations

from collections.abc import Iterator

from .content import judge_failure
from .faults import find_fault
from .model import Looked, Outcome, PublishedFile, Subject
from .viewer import Answer, NoAnswerError, Viewer

#: Plain and percent-encoded: S3 decodes the names, but a cache policy compares them as sent.
_PROBES = (
    "response-content-type=text/html",
    "Response-Content-Type=text/html",
    "response%2Dcontent%2Dtype=text/html",
    "response-content-disposition=attachment",
    "response-cache-control=no-store",
    "partNumber=1",
    "versionId=null",
)

_HEADERS = ("content-type", "content-disposition", "cache-control", "content-encoding", "content-language")


def check_queries(viewer: Viewer, file: PublishedFile, subject: Subject) -> Iterator[Outcome]:
    """Fetch a file with each of the query strings, and compare with the response without."""
    plain: Answer | None = None
    for probe in ("", *_PROBES):
        url = file.url + ("&" if "?" in file.url else "?") + probe if probe else file.url
        try:
            answer = viewer.ask(url, size=file.size)
        except NoAnswerError as error:
            yield judge_failure(url, error, viewer.limits)
            return
        plain = plain or answer
        if plain.status != 200:
            return  # another check has reported this status
        if probe:
            yield Looked("query")
        if what := _find_change(plain, answer):
            yield find_fault("query", file.url, query=probe, what=what)


def _find_change(plain: Answer, answer: Answer) -> str:
    if answer.status != plain.status:
        return f"status {answer.status}"
    for name in _HEADERS:
        if answer.headers.get(name) != plain.headers.get(name):
            return f"{name} {answer.headers.get(name, 'missing')}"
    return "other bytes" if answer.checksum != plain.checksum else ""

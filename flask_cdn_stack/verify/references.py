"""Checks that the CDN's URLs in pages and style sheets exist and belong to the published release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from ..naming import asset_key
from .faults import find_fault
from .markup import find_style_links
from .model import Looked, Note, Outcome, Page, PublishedFile, Subject
from .viewer import Answer, NoAnswerError, Viewer

#: Most URLs that are followed, those in style sheets included.
MAX_REFERENCES = 20_000


class Reference(NamedTuple):
    """A URL of the CDN, and the first page or style sheet that names it."""

    url: str
    page: str


class Followed(NamedTuple):
    """What was found at a reference, and the further references in it, if it is a style sheet."""

    outcomes: tuple[Outcome, ...]
    more: tuple[Reference, ...] = ()


def check_pages(pages: Iterable[Page]) -> Iterator[Outcome]:
    """Report pages that could not be read, and URLs on their own host that cannot be fetched."""
    for page in pages:
        yield Looked("pages")
        if page.problem:
            yield find_fault("page", page.url, reason=page.problem)
        for url, reason in page.broken:
            yield find_fault("named-missing", url, reason=reason, page=page.url)


def list_references(subject: Subject) -> tuple[Reference, ...]:
    """Return the CDN's URLs that pages name."""
    found: dict[str, str] = {}
    for page in subject.pages:
        for url in _choose(page.references, subject):
            found.setdefault(url, page.url)
    return tuple(Reference(url, page) for url, page in found.items())


def is_other_version(url: str, file: PublishedFile) -> bool:
    """Return whether the checksum in a URL is not that of the published file."""
    return _version(url) not in ("", _version(file.url))


class References:
    """Follows references, each once, through style sheets too."""

    def __init__(self, viewer: Viewer, subject: Subject) -> None:
        self._viewer, self._subject = viewer, subject
        self._known = {file.key: file for file in subject.files}

    def follow_all(
        self, run: Callable[[Callable[[Reference], Followed], list[Reference]], Iterable[Followed]]
    ) -> Iterator[Outcome]:
        """Follow all references, and yield what is found.

        :param run: calls a function for each item of a list, several at once.
        """
        wave = list(list_references(self._subject))
        seen = {reference.url for reference in wave}
        if self._subject.pages and not wave:
            yield Note("pages", f"no page names a URL of {self._subject.host}")
        while wave:
            following, wave = wave, []
            for followed in run(self.follow, following):
                yield from followed.outcomes
                for reference in followed.more:
                    if reference.url not in seen and len(seen) < MAX_REFERENCES:
                        seen.add(reference.url)
                        wave.append(reference)

    def follow(self, reference: Reference) -> Followed:
        """Fetch one reference, and check it."""
        url, page = reference
        file = self._known.get(asset_key(urlsplit(url).path))
        is_sheet = urlsplit(url).path.lower().endswith(".css")
        try:
            answer = self._viewer.ask(url, size=file.size if file else None, keep=is_sheet)
        except NoAnswerError as error:
            fault = find_fault("named-missing", url, reason=f"cannot be had: {error.reason}", page=page)
            return Followed((Looked("pages"), fault))
        outcomes = (Looked("pages"), *self._judge(reference, file, answer))
        if not is_sheet or answer.status != 200:
            return Followed(outcomes)
        named = _choose(find_style_links(answer.body.decode("utf-8", "replace"), url), self._subject)
        return Followed(outcomes, tuple(Reference(other, url) for other in named))

    def _judge(self, reference: Reference, file: PublishedFile | None, answer: Answer) -> Iterator[Outcome]:
        url, page = reference
        if answer.status != 200:
            yield find_fault("named-missing", url, reason=f"answers {answer.status}", page=page)
        elif file is None:
            if self._subject.has_bucket:
                yield find_fault("named-earlier", url, page=page)
        elif is_other_version(url, file):
            yield find_fault("named-earlier", url, page=page)
        elif not file.may_be_packed and answer.checksum != file.checksum:
            yield find_fault("named-other", url, page=page)


def _choose(urls: Iterable[str], subject: Subject) -> list[str]:
    """Return the URLs that are the CDN's, with the scheme that viewers use."""
    found = []
    for url in urls:
        parts = urlsplit(url)
        if parts.netloc.lower() == subject.host.lower():
            found.append(parts._replace(scheme="https" if subject.https else "http").geturl())
    return found


def _version(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("c", [""])[0]

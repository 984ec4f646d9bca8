"""Reads pages, through an app's test client or from a server, and collects the URLs that they name."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from .markup import Links, find_links
from .model import Page
from .viewer import NoAnswerError, Viewer

#: Most pages that are read, and most redirects that are followed in a row.
MAX_PAGES, MAX_REDIRECTS = 100, 5

_REDIRECTS = (301, 302, 303, 307, 308)


class Fetched(NamedTuple):
    """A response: its status, redirect location and content type, and its text if that is HTML."""

    status: int
    location: str = ""
    content_type: str = ""
    text: str = ""


class FetchError(Exception):
    """A URL could not be fetched; the message says why."""


#: Fetches one URL, without following redirects; raises :class:`FetchError`.
Fetch = Callable[[str], Fetched]


class Crawler:
    """Reads pages, and those that they link to.

    :param follows: read linked pages on the same host, too. URLs with a query string are left out: a list that is
    searched or sorted in another way names the same files.
    """

    def __init__(self, fetch: Fetch, *, follows: bool, most: int = MAX_PAGES) -> None:
        self._fetch, self._follows, self._most = fetch, follows, most
        self._asked: dict[str, str] = {}

    def read(self, starts: Iterable[str]) -> tuple[Page, ...]:
        """Return the given pages, then those that were followed."""
        named = tuple(dict.fromkeys(starts))
        queue, queued = deque(named), set(named)
        pages: list[Page] = []
        read: set[str] = set()
        for _ in range(max(self._most, len(named))):
            if not queue:
                break
            url = queue.popleft()
            try:
                address, found = self._arrive(url)
                problem = "" if found.status == 200 else f"it answers {found.status}"
            except FetchError as error:
                problem = str(error)
            if problem:
                # A broken link between the app's pages is not the CDN's fault.
                pages += [Page(url, problem=problem)] if url in named else []
            elif found.content_type.startswith("text/html") and address not in read:
                read.add(address)
                links = find_links(found.text, address)
                pages.append(self._describe(address, links))
                more = [page for page in links.pages if self._is_next(address, page) and page not in queued]
                queue += more
                queued.update(more)
        return tuple(pages)

    def _is_next(self, address: str, page: str) -> bool:
        ours, theirs = urlsplit(address), urlsplit(page)
        return self._follows and not theirs.query and (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)

    def _describe(self, address: str, links: Links) -> Page:
        host = urlsplit(address).netloc
        own = [url for url in links.resources if urlsplit(url).netloc == host]
        broken = tuple((url, reason) for url in own if (reason := self._ask(url)))
        return Page(address, (*links.resources, *links.others), broken)

    def _ask(self, url: str) -> str:
        """Return why a URL on the page's own host cannot be fetched, or an empty text."""
        if url not in self._asked:
            try:
                status = self._arrive(url)[1].status
                self._asked[url] = "" if status < 400 else f"answers {status}"
            except FetchError as error:
                self._asked[url] = f"cannot be had: {error}"
        return self._asked[url]

    def _arrive(self, url: str) -> tuple[str, Fetched]:
        for _ in range(MAX_REDIRECTS + 1):
            found = self._fetch(url)
            if found.status not in _REDIRECTS or not found.location:
                return url, found
            url = urljoin(url, found.location)
        raise FetchError("it redirects without an end")


def fetch_with(viewer: Viewer) -> Fetch:
    """Return a function that fetches pages from a server."""

    def fetch(url: str) -> Fetched:
        try:
            answer = viewer.ask(url, {"Accept": "text/html,*/*"}, keep=True)
        except NoAnswerError as error:
            raise FetchError(error.reason) from error
        kind = answer.headers.get("content-type", "")
        text = answer.body.decode("utf-8", "replace") if kind.startswith("text/html") else ""
        return Fetched(answer.status, answer.headers.get("location", ""), kind, text)

    return fetch

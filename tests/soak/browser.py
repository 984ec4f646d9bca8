"""A browser with pages open: what it asks the edge for, and what it shows from its own HTTP cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from flask_cdn_stack.local.edge.freshness import read_directives
from tests.soak.edge_model import Answer


class Given(NamedTuple):
    """What a browser is answered: an object, or word that its own copy is still right; None where there is neither."""

    answer: Answer | None
    cache_control: str = ""
    etag: str = ""
    age: int = 0
    is_known: bool = False


class Asked(Protocol):
    """Answers viewers."""

    def ask(self, urls: Mapping[str, str]) -> Mapping[str, Given]:
        """Answer one who has copies with these ETags, or empty ones."""


class _Copy(NamedTuple):
    """``until`` is when it has to be asked about again, in seconds since 1970."""

    answer: Answer
    etag: str
    until: float
    is_immutable: bool


@dataclass
class Browser:
    """Keeps answers by their whole URL, as RFC 9111 and RFC 8246 ("immutable") have it."""

    edge: Asked

    def __post_init__(self) -> None:
        self._copies: dict[str, _Copy] = {}

    def load(self, urls: Iterable[str], now: float, *, anew: bool = False) -> dict[str, Answer | None]:
        """Return what is shown for URLs.

        :param anew: the user reloads the page: what is fresh is asked about too, but for what never changes.
        """
        urls = list(urls)
        wanted = {url: self._find_etag(url) for url in urls if not self._is_fresh(url, now, anew)}
        given = self.edge.ask(wanted)
        return {url: self._take(url, given[url], now) if url in given else self._copies[url].answer for url in urls}

    def _is_fresh(self, url: str, now: float, anew: bool) -> bool:
        copy = self._copies.get(url)
        return copy is not None and now < copy.until and (copy.is_immutable or not anew)

    def _find_etag(self, url: str) -> str:
        copy = self._copies.get(url)
        return copy.etag if copy else ""

    def _take(self, url: str, given: Given, now: float) -> Answer | None:
        answer = self._copies[url].answer if given.is_known else given.answer
        self._copies.pop(url, None)
        if answer is None:
            return None
        # What says nothing of its time is asked about each time.
        said = read_directives(given.cache_control)
        until = now + int(said.get("max-age", 0)) - given.age
        self._copies[url] = _Copy(answer, given.etag, until, "immutable" in said)
        return answer

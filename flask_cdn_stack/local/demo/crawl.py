"""Which URLs the pages of a site name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

_LOADED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("video", "poster"), ("use", "href")}


@dataclass(frozen=True)
class Site:
    """A crawled site: its pages, and what else they load or link to; absolute URLs in the order of first mention."""

    pages: tuple[str, ...]
    resources: tuple[str, ...]


def crawl_site(start: str, fetch_text: Callable[[str], str]) -> Site:
    """Follow links from ``start`` within its host and collect every other URL that the pages name."""
    pages: list[str] = []
    resources: dict[str, None] = {}
    queue = [start]
    while queue:
        page = queue.pop(0)
        if page in pages:
            continue
        pages.append(page)
        parser = _PageParser(page)
        parser.feed(fetch_text(page))
        inside = [link for link in parser.links if urlsplit(link).netloc == urlsplit(start).netloc]
        queue += inside
        resources.update(dict.fromkeys([*parser.resources, *(link for link in parser.links if link not in inside)]))
    return Site(tuple(pages), tuple(resources))


class _PageParser(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self._page = page
        self.links: list[str] = []
        self.resources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if not value:
                continue
            if (tag, name) == ("a", "href"):
                self._add(self.links, value)
            elif (tag, name) in _LOADED:
                self._add(self.resources, value)
            elif name == "srcset":
                for part in filter(str.strip, value.split(",")):
                    self._add(self.resources, part.split()[0])

    def _add(self, found: list[str], reference: str) -> None:
        url = urldefrag(urljoin(self._page, reference)).url
        if url.startswith(("http:", "https:")):
            found.append(url)

"""Collecting the URLs that a site's pages name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urldefrag, urlsplit

from ...verify.markup import find_links


@dataclass(frozen=True)
class Site:
    """A crawled site: its pages, and the other URLs they load or link to, absolute and in order of first mention."""

    pages: tuple[str, ...]
    resources: tuple[str, ...]


def crawl_site(start: str, fetch_text: Callable[[str], str]) -> Site:
    """Follow links from ``start`` within its host and collect every other URL that the pages name."""
    pages: list[str] = []
    resources: dict[str, None] = {}
    queue = [urldefrag(start).url]
    while queue:
        page = queue.pop(0)
        if page in pages:
            continue
        pages.append(page)
        links = find_links(fetch_text(page), page)
        inside = [link for link in links.pages if urlsplit(link).netloc == urlsplit(start).netloc]
        queue += inside
        resources.update(dict.fromkeys([*links.resources, *(link for link in links.pages if link not in inside)]))
    return Site(tuple(pages), tuple(resources))

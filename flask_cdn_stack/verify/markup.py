"""Finds the URLs in a page or a style sheet."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from ..assets.references import find_references

_LOADED = {
    *(("script", "src"), ("img", "src"), ("source", "src"), ("video", "poster"), ("video", "src")),
    *(("audio", "src"), ("track", "src"), ("embed", "src"), ("object", "data"), ("input", "src"), ("use", "href")),
    *(("use", "xlink:href"), ("image", "href")),
}
_SETS = ("srcset", "imagesrcset")

# Values of rel for which a browser loads the link. Others lead to pages, or announce a host (preconnect).
_RELATIONS = {
    *("stylesheet", "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon", "manifest"),
    *("preload", "modulepreload", "prefetch"),
}

# An absolute URL inside a script or an attribute.
_ABSOLUTE = re.compile(r"(?:https?:)?//[^\s\"'<>\\`|{}^]+")


# Characters that browsers do not percent-encode in paths and queries (URL standard).
_SENT = "%/?:@!$&'()*+,;=~[]|"


class Links(NamedTuple):
    """Absolute URLs in order of first mention: linked pages, and resources that a browser loads.

    ``others`` look like URLs of files, in scripts or in attributes that a script may read.
    """

    pages: tuple[str, ...]
    resources: tuple[str, ...]
    others: tuple[str, ...]


def find_links(html: str, address: str) -> Links:
    """Return the URLs in a page, resolved by its ``<base>``.

    :param address: the page's URL.
    """
    parser = _PageParser(address)
    parser.feed(html)
    parser.close()
    return Links(*(tuple(dict.fromkeys(found)) for found in (parser.pages, parser.resources, parser.others)))


def find_style_links(css: str, address: str) -> tuple[str, ...]:
    """Return the URLs in a style sheet; none if it cannot be parsed."""
    try:
        references = find_references(css)
    except ValueError:
        return ()
    found = (_join(address, reference.url) for reference in references if reference.kind != "source-map")
    return tuple(dict.fromkeys(filter(None, found)))


def _join(base: str, reference: str) -> str:
    """Return an absolute URL without fragment, as browsers send it; empty if it is not http or https."""
    try:
        parts = urlsplit(urldefrag(urljoin(base, reference.strip())).url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return ""
    return parts._replace(path=quote(parts.path, safe=_SENT), query=quote(parts.query, safe=_SENT)).geturl()


class _PageParser(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self._base, self._inside = address, ""
        self.pages: list[str] = []
        self.resources: list[str] = []
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in ("style", "script") else ""
        values = {name: value for name, value in attrs if value}
        if tag == "base" and "href" in values:
            self._base = _join(self._base, values["href"]) or self._base
        is_loaded = bool(_RELATIONS & set(values.get("rel", "").lower().split()))
        for name, value in values.items():
            if (tag, name) in (("a", "href"), ("area", "href")):
                if "nofollow" not in values.get("rel", ""):
                    self._add(self.pages, value)
            elif (tag, name) in _LOADED or ((tag, name) == ("link", "href") and is_loaded):
                self._add(self.resources, value)
            elif name in _SETS:
                for part in filter(str.strip, value.split(",")):
                    self._add(self.resources, part.split()[0])
            elif name == "style":
                self.resources += find_style_links(value, self._base)
            elif (tag, name) != ("link", "href"):
                self._search(value)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.resources += find_style_links(data, self._base)
        elif self._inside == "script":
            self._search(data.replace("\\/", "/"))

    def _search(self, text: str) -> None:
        for url in _ABSOLUTE.findall(text) if "//" in text else ():
            url = url.rstrip(".,;:)]")
            if "." in url.partition("?")[0].rpartition("/")[2] and url.count("/") > 2:
                self._add(self.others, url)

    def _add(self, found: list[str], reference: str) -> None:
        if url := _join(self._base, reference):
            found.append(url)

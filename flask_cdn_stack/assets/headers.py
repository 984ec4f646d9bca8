"""The HTTP headers that are stored with an object: by content type, by kind of name, and by the settings' globs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import compress
from typing import Literal, NamedTuple

from ..naming import compile_globs
from ..settings.model import Assets
from .compression import is_compressed_type
from .media_types import media_finder

#: How an object's name goes with its bytes: the URL's query has their checksum; the name itself has it; the name stays;
#: it is the plain twin of a hashed name; or it is the published manifest.
Kind = Literal["query", "hashed", "kept", "copy", "manifest"]


_SHARED_AGE = re.compile(r"\bs-maxage=(\d+)", re.IGNORECASE)
_AGE = re.compile(r"\bmax-age=(\d+)", re.IGNORECASE)
_STALE_AGE = re.compile(r"\bstale-while-revalidate=(\d+)", re.IGNORECASE)


class Headers(NamedTuple):
    """An object's headers. ``others`` are further ones by name; ``gzip`` says that it is compressed if that pays."""

    content_type: str
    cache_control: str
    others: tuple[tuple[str, str], ...] = ()
    gzip: bool = False

    @property
    def is_packed(self) -> bool:
        """Whether the file itself is packed, and its type that of what is in it."""
        return any(name == "Content-Encoding" for name, _ in self.others)

    @property
    def id(self) -> str:
        """Short name of this set of headers; another set has another."""
        return _identify(self)

    @property
    def edge_seconds(self) -> int:
        """How long the edge may give a copy, as far as these headers tell; a day where they do not."""
        found = _SHARED_AGE.search(self.cache_control) or _AGE.search(self.cache_control)
        stale = _STALE_AGE.search(self.cache_control)
        return (int(found[1]) if found else 86_400) + (int(stale[1]) if stale else 0)


@lru_cache(maxsize=1024)
def _identify(headers: Headers) -> str:
    lines = [headers.content_type, headers.cache_control, *(f"{name}: {value}" for name, value in headers.others)]
    lines += ["gzip"] if headers.gzip else []
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def headers_finder(settings: Assets) -> Callable[[str, Kind], Headers]:
    """Return a function that gives the headers for an asset's plain key and a kind of name.

    ``assets.headers`` wins over everything, and of two rules for one header the later one.
    """
    find_media = media_finder(settings.media_types)
    rules = [
        (compile_globs([rule.match]), {name.title(): value for name, value in rule.set.items()})
        for rule in settings.headers
    ]
    control = settings.cache_control
    by_kind = {"query": control.query, "hashed": control.hashed}

    @cache
    def combine(content_type: str, encoding: str, kind: Kind, matched: tuple[bool, ...]) -> Headers:
        chosen = {"Content-Type": content_type, "Cache-Control": by_kind.get(kind, control.kept)}
        # Whoever gives it a type that is packed by itself, such as application/gzip, means the file as it is.
        if encoding and not is_compressed_type(content_type):
            chosen["Content-Encoding"] = encoding
        for _, headers in compress(rules, matched):
            chosen |= headers
        content_type, cache_control = chosen.pop("Content-Type"), chosen.pop("Cache-Control")
        packs = settings.gzip and "Content-Encoding" not in chosen and not is_compressed_type(content_type)
        return Headers(content_type, cache_control, tuple(sorted(chosen.items())), packs)

    def find(key: str, kind: Kind) -> Headers:
        return combine(*find_media(key), kind, tuple(matches(key) for matches, _ in rules))

    return find

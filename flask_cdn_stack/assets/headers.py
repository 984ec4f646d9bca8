"""The HTTP headers to store with an object, by its content type, its kind of name, and the settings' globs."""

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

#: Kinds of names: the checksum is in the URL's query; it is in the name; the name is kept; a copy under the plain name
#: of an object with a hashed one; the published manifest.
Kind = Literal["query", "hashed", "kept", "copy", "manifest"]


_SHARED_AGE = re.compile(r"\bs-maxage=(\d+)", re.IGNORECASE)
_AGE = re.compile(r"\bmax-age=(\d+)", re.IGNORECASE)
_STALE_AGE = re.compile(r"\bstale-while-revalidate=(\d+)", re.IGNORECASE)


class Headers(NamedTuple):
    """An object's headers. ``others`` are further ones by name; ``gzip``: it is compressed if that saves enough."""

    content_type: str
    cache_control: str
    others: tuple[tuple[str, str], ...] = ()
    gzip: bool = False

    @property
    def is_packed(self) -> bool:
        """Whether the file itself is compressed, and its content type is that of the uncompressed file."""
        return any(name == "Content-Encoding" for name, _ in self.others)

    @property
    def id(self) -> str:
        """A short id of this set of headers."""
        return _identify(self)

    @property
    def edge_seconds(self) -> int:
        """How long the edge may cache the object by these headers, in seconds; a day if they do not say."""
        found = _SHARED_AGE.search(self.cache_control) or _AGE.search(self.cache_control)
        stale = _STALE_AGE.search(self.cache_control)
        return (int(found[1]) if found else 86_400) + (int(stale[1]) if stale else 0)


@lru_cache(maxsize=1024)
def _identify(headers: Headers) -> str:
    lines = [headers.content_type, headers.cache_control, *(f"{name}: {value}" for name, value in headers.others)]
    lines += ["gzip"] if headers.gzip else []
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def headers_finder(settings: Assets) -> Callable[[str, Kind], Headers]:
    """Return a function that returns the headers for an asset's plain key and a kind of name.

    ``assets.headers`` overrides everything else; of two rules for one header the later one wins.
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
        # A content type such as application/gzip in the settings means the compressed file itself.
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

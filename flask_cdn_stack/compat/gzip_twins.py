"""Decides which files have a compressed twin, named ``.gz``, for uploads and for URLs alike."""

from __future__ import annotations

import functools
from collections.abc import Collection

from ..assets.media_types import file_type

#: Added to a file's key, and to the path in its URL, to name its twin.
TWIN_SUFFIX = ".gz"

# Content types of JavaScript, present and past (RFC 9239). Machines differ in which of them they give to .js.
_JAVASCRIPT = "text/javascript"
_SYNONYMS = {
    "application/javascript": _JAVASCRIPT,
    "application/x-javascript": _JAVASCRIPT,
    "application/ecmascript": _JAVASCRIPT,
    "text/ecmascript": _JAVASCRIPT,
}


def has_gzip_twin(path: str, types: Collection[str]) -> bool:
    """Return whether the file at a path has a twin, by its extension alone; ``.less`` counts as CSS.

    :param types: content types whose files have a twin; any content type of JavaScript stands for all of them.
    """
    kind = "text/css" if path.lower().endswith(".less") else file_type(path).partition(";")[0]
    return kind in _plain_types(tuple(types))


@functools.lru_cache(maxsize=64)
def _plain_types(types: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_plain_type(kind) for kind in types)


def _plain_type(kind: str) -> str:
    name = kind.partition(";")[0].strip().lower()
    return _SYNONYMS.get(name, name)

"""Which files have a compressed twin named ``.gz`` beside them: the one rule behind its upload and its URL."""

from __future__ import annotations

import functools
from collections.abc import Collection

from ..assets.media_types import file_type

#: What is put after a file's key, and after the path in its URL, to name its twin.
TWIN_SUFFIX = ".gz"

# Names that JavaScript has had (RFC 9239): which of them a machine gives to .js does not matter here.
_JAVASCRIPT = "text/javascript"
_SYNONYMS = {
    "application/javascript": _JAVASCRIPT,
    "application/x-javascript": _JAVASCRIPT,
    "application/ecmascript": _JAVASCRIPT,
    "text/ecmascript": _JAVASCRIPT,
}


def has_gzip_twin(path: str, types: Collection[str]) -> bool:
    """Say whether the file at a path has a twin, by its extension alone.

    :param types: content types whose files have one; any name of JavaScript stands for all. ``.less`` is CSS.
    """
    kind = "text/css" if path.lower().endswith(".less") else file_type(path).partition(";")[0]
    return kind in _plain_types(tuple(types))


@functools.lru_cache(maxsize=64)
def _plain_types(types: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_plain_type(kind) for kind in types)


def _plain_type(kind: str) -> str:
    name = kind.partition(";")[0].strip().lower()
    return _SYNONYMS.get(name, name)

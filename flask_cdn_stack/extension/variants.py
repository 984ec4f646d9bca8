"""Makes URLs from one that was built before: the same file, with further query values or a fragment.

Flask's own builder takes ten times as long, and its result is known: a static rule's only variable is the file name,
so every other value goes into the query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

# The characters that Flask does not encode in a fragment, and in a query.
_ANCHOR_SAFE = "%!#$&'()*+,/:;=?@"
_QUERY_SAFE = "!$'()*,/:;?@"

_STAMPS = frozenset(("t", "c", "v"))
_SIMPLE = frozenset((str, int))


def render_query(values: Mapping[str, Any]) -> str:
    """Return a query string, encoded as Flask does."""
    return urlencode(values, safe=_QUERY_SAFE)


def render_anchor(anchor: str | None) -> str:
    """Return a fragment with its ``#``, encoded as Flask does; empty for None."""
    return "" if anchor is None else f"#{quote(anchor, safe=_ANCHOR_SAFE)}"


def vary_url(url: str, values: Mapping[str, Any]) -> str | None:
    """Return a file's URL with the other values of a call in its query; None if Flask's builder is needed.

    :param values: all values of the call, the file name among them.
    """
    if len(values) == 1:
        return url
    others = {name: value for name, value in values.items() if name != "filename"}
    if not _SIMPLE.issuperset(map(type, others.values())) or not _STAMPS.isdisjoint(others):
        return None
    path, question, stamps = url.partition("?")
    return f"{path}?{render_query(others)}{'&' if question else ''}{stamps}"

"""Which headers an object gets, and the name of a set of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_cdn_stack.assets.headers import Headers, Kind, headers_finder
from flask_cdn_stack.settings.model import Assets

QUERY = "public, max-age=3600, s-maxage=31536000"
HASHED = "public, max-age=31536000, immutable"
KEPT = "public, max-age=300"


def find(key: str, kind: Kind = "query", **settings: Any) -> Headers:
    return headers_finder(msgspec.convert(settings, Assets))(key, kind)


def rules(*pairs: tuple[str, dict[str, str]]) -> list[dict[str, Any]]:
    return [{"match": match, "set": headers} for match, headers in pairs]


@pytest.mark.parametrize(
    ("kind", "expected"), [("query", QUERY), ("hashed", HASHED), ("kept", KEPT), ("copy", KEPT), ("manifest", KEPT)]
)
def test_cache_control(kind: Kind, expected: str) -> None:
    """By how the name goes with the bytes; the settings can say otherwise for each."""
    assert find("static/a.js", kind).cache_control == expected
    own = {"query": "max-age=1", "hashed": "max-age=2", "kept": "max-age=3"}
    number = {"query": 1, "hashed": 2}.get(kind, 3)
    assert find("static/a.js", kind, cache_control=own).cache_control == f"max-age={number}"


@pytest.mark.parametrize(
    ("key", "settings", "expected"),
    [
        ("static/a.css", {}, "text/css; charset=utf-8"),
        ("static/a", {}, "application/octet-stream"),
        ("static/a.css", {"media_types": {"*.css": "text/x", "static/**": "text/y"}}, "text/y"),
        (
            "static/a.css",
            {"headers": rules(("*", {"Content-Type": "text/z"})), "media_types": {"*": "text/y"}},
            "text/z",
        ),
    ],
)
def test_content_type(key: str, settings: dict[str, Any], expected: str) -> None:
    """From the table; media types by glob win over it, and headers by glob over both."""
    assert find(key, **settings).content_type == expected


RULES = rules(
    ("**", {"Cache-Control": "max-age=1", "Content-Language": "en"}),
    ("static/*.pdf", {"content-disposition": "attachment", "X-AMZ-meta-Owner": "x"}),
    ("b.pdf", {"cache-control": "max-age=2", "CONTENT-DISPOSITION": "inline"}),
    ("static/deep/**", {"Content-Language": "de"}),
)


@pytest.mark.parametrize(
    ("key", "control", "others"),
    [
        ("static/a.js", "max-age=1", {"Content-Language": "en"}),
        (
            "static/b.pdf",
            "max-age=2",
            {"Content-Disposition": "inline", "Content-Language": "en", "X-Amz-Meta-Owner": "x"},
        ),
        ("static/deep/er/b.pdf", "max-age=2", {"Content-Disposition": "inline", "Content-Language": "de"}),
    ],
)
def test_globs(key: str, control: str, others: dict[str, str]) -> None:
    """All that match count, each header by itself; the later wins, and the case of a name is nothing."""
    headers = find(key, "hashed", headers=RULES)

    assert headers.cache_control == control
    assert dict(headers.others) == others
    assert list(headers.others) == sorted(headers.others)


@pytest.mark.parametrize(
    ("key", "settings", "packs"),
    [
        ("static/a.js", {"gzip": True}, True),
        ("static/a.png", {"gzip": True}, False),
        ("static/a.png", {"gzip": True, "media_types": {"*.png": "text/plain"}}, True),
        ("static/a.js", {"gzip": True, "headers": rules(("*", {"content-encoding": "br"}))}, False),
        ("static/b.js", {"gzip": True, "headers": rules(("a.js", {"content-encoding": "br"}))}, True),
    ],
)
def test_what_is_compressed(key: str, settings: dict[str, Any], packs: bool) -> None:
    """By its content type; never what has an encoding of its own."""
    assert find(key, **settings).gzip is packs


def test_the_id_lasts() -> None:
    """It is kept in the bucket's record: another id for the same headers would send everything again."""
    assert Headers("text/css; charset=utf-8", QUERY).id == "ba62e790aac5"
    full = Headers("a/b", "max-age=1", (("Content-Language", "de"), ("Expires", "x")), True)
    assert full.id == Headers(*full).id == "3bd5347c307e"


_TEXT = st.text('ab: =;/"', max_size=6)
_HEADERS = st.builds(
    Headers,
    _TEXT,
    _TEXT,
    st.dictionaries(st.text("ab-", min_size=1, max_size=3), _TEXT, max_size=2).map(
        lambda others: tuple(sorted(others.items()))
    ),
    st.booleans(),
)


@given(one=_HEADERS, other=_HEADERS)
def test_the_id_changes_with_the_headers(one: Headers, other: Headers) -> None:
    """And with nothing else."""
    assert (one.id == other.id) == (one == other)


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [("max-age=9, s-maxage=7", 7), ("max-age=9, stale-while-revalidate=20", 29), ("must-revalidate", 86_400)],
)
def test_what_the_edge_may_give(cache_control: str, seconds: int) -> None:
    """An old copy may be given while it is renewed, too."""
    assert Headers("text/css", cache_control).edge_seconds == seconds

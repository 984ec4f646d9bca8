"""What the edge keeps and forgets."""

from __future__ import annotations

import pytest

from flask_cdn_stack.local.edge.cache_key import CacheKey
from flask_cdn_stack.local.edge.freshness import Lifetime
from flask_cdn_stack.local.edge.messages import Answer
from flask_cdn_stack.local.edge.store import Copy, Store

_MIB = 1024 * 1024


def _key(target: str, distribution: str = "E0", encoding: str = "") -> CacheKey:
    return CacheKey(distribution, "GET", target, (("accept-encoding", encoding),) if encoding else ())


def _copy(size: int = 0, viewed: str = "") -> Copy:
    return Copy(Answer(200, {}, bytes(size)), 0, Lifetime(60), viewed=viewed)


def test_room() -> None:
    """The one asked for longest ago goes first, and one that is too large stays out."""
    store = Store(3 * _MIB)
    for name in ("/a", "/b", "/a"):
        store.keep(_key(name), _copy(_MIB))
    store.find(_key("/a"))
    store.keep(_key("/c"), _copy(_MIB))

    assert [store.find(_key(name)) is not None for name in ("/a", "/b", "/c")] == [True, False, True]
    store.keep(_key("/huge"), _copy(4 * _MIB))
    assert store.find(_key("/huge")) is None
    assert 2 * _MIB < store.size < 3 * _MIB
    store.clear()
    assert (store.size, store.find(_key("/a"))) == (0, None)


_KEPT = ["/static/a.css", "/static/a.css?c=1", "/static/A.css", "/static/b%20c.css", "/static/s/d.css", "/x~y"]


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("/static/a.css", ["/static/a.css"]),
        ("static/a.css", ["/static/a.css"]),
        ("/static/a.css?c=1", ["/static/a.css?c=1"]),
        ("/static/a.css*", ["/static/a.css", "/static/a.css?c=1"]),
        ("/static/s/*", ["/static/s/d.css"]),
        ("/static/*", [target for target in _KEPT if target.startswith("/static")]),
        ("/*", _KEPT),
        ("/static/b%20c.css", ["/static/b%20c.css"]),
        ("/static/b c.css", []),
        ("/x%7Ey", ["/x~y"]),
        ("/stat*/a.css", []),
    ],
)
def test_invalidation(path: str, gone: list[str]) -> None:
    """All variants of exactly what is named go, of that distribution alone."""
    store = Store()
    keys = [_key(target, encoding=encoding) for target in _KEPT for encoding in ("", "br")]
    for key in (*keys, _key("/static/a.css", "E1")):
        store.keep(key, _copy())

    store.forget("E0", [path])

    assert [key.target for key in keys if store.find(key) is None] == [target for target in gone for _ in range(2)]
    assert store.find(_key("/static/a.css", "E1"))


def test_invalidation_of_what_a_function_renamed() -> None:
    """Goes by the viewer's URL and by the one that the origin was asked for."""
    store = Store()
    for path in ("/static/a.css", "/static/a.1f.css"):
        store.keep(_key("/static/a.1f.css"), _copy(viewed="/static/a.css"))
        store.forget("E0", [path])
        assert store.find(_key("/static/a.1f.css")) is None

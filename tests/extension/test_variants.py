"""URLs made of one that was built before are those that are built at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.routing import BuildError

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.errors import MissingAssetError

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from .conftest import MakeApp

_NAMES = st.sampled_from(["x", "q", "t", "c", "v", "lang", "ü &", "_anchor", "_scheme", "_external", "_cdn"])
_VALUES = st.one_of(
    st.text(max_size=4), st.integers(-5, 5), st.none(), st.booleans(), st.floats(allow_nan=False),
    st.lists(st.text(max_size=2), max_size=2), st.sampled_from(["a b", "https", "http", "#", "+"]),
)  # fmt: skip
_CALLS = st.tuples(
    st.sampled_from(["static", ".static", "shop.static", "index", ".index", "shop.index"]),
    st.sampled_from([None, "bah.js", "a+b.js", "no.js"]),
    st.dictionaries(_NAMES, _VALUES, max_size=3),
)
_MODES: list[dict[str, Any]] = [
    {"CDN_FINGERPRINT": "path"},
    {"CDN_FINGERPRINT": "query", "CDN_VERSION": 7},
    {"CDN_HTTPS": True, "CDN_STRICT": True},
    {"CDN_MANIFEST": False, "CDN_TIMESTAMP": True},
    {"CDN_DOMAIN": None},
]


def open_app(make_app: MakeApp, root: Path, **config: Any) -> Flask:
    (root / "m.txt").write_text("abcdef  static/bah.js\n123456  static/a%2Bb.js\n99  shop/st/bah.js\n")
    app = make_app(**{"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"} | config)
    folder = str(root / "static")
    shop = flask.Blueprint("shop", __name__, url_prefix="/shop", static_folder=folder, static_url_path="st")
    shop.add_url_rule("/", "index", lambda: "")
    app.register_blueprint(shop)
    return app


def ask(app: Flask, call: tuple[str, str | None, dict[str, Any]], page: str) -> str:
    """Return the URL, or that there is none."""
    endpoint, filename, values = call
    with app.test_request_context(page):
        try:
            return url_for(endpoint, **({} if filename is None else {"filename": filename}), **values)
        except (ValueError, TypeError, MissingAssetError, BuildError):
            return "error"


@pytest.mark.parametrize("mode", _MODES)
def test_any_call(make_app: MakeApp, root: Path, mode: dict[str, Any]) -> None:
    """Whatever was asked before, from whichever page."""
    warm = open_app(make_app, root, **mode)

    @settings(max_examples=120)
    @given(_CALLS, st.sampled_from(["/", "/shop/"]))
    def compare(call: tuple[str, str | None, dict[str, Any]], page: str) -> None:
        for endpoint, filename, _ in (call, ("static", "bah.js", {}), ("shop.static", "bah.js", {})):
            ask(warm, (endpoint, filename, {}), page)
        warmed = [ask(warm, call, page) for _ in range(2)]
        CDN.reload(warm)
        assert warmed == [ask(warm, call, page)] * 2

    compare()


def test_the_slow_way_is_not_taken(make_app: MakeApp, root: Path) -> None:
    """For more in the query, for a fragment and from a blueprint's page: nothing is built that was built before."""
    app = open_app(make_app, root)
    with app.test_request_context("/shop/"):
        first = url_for("shop.static", filename="bah.js")
        app.extensions["cdn"].find = None  # would be called
        assert url_for("shop.static", filename="bah.js", x="1", _anchor="t") == first.replace("?", "?x=1&") + "#t"
        assert url_for(".static", filename="bah.js") == first

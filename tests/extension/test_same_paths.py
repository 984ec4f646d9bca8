"""The path of an asset's URL, its key in the bucket and the path that the app serves are one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import flask
from flask import Blueprint, Flask
from hypothesis import example, given
from hypothesis import strategies as st

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.naming import asset_key

PREFIXES = st.sampled_from([None, "/p", "/Deep/er", "/caf\u00e9", "/with space", "/a+b", "/%41"])
STATIC_PATHS = st.sampled_from([None, "/assets", "/Über", "/a b", "/x/y"])
SEGMENT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=8)
NAMES = st.lists(SEGMENT, min_size=1, max_size=3).map("/".join)


@dataclass(frozen=True)
class Shape:
    static_url_path: str | None
    constructed: str | None
    registered: str | None
    nested: str | None
    blueprint_path: str | None


SHAPES = st.builds(Shape, st.one_of(STATIC_PATHS, st.just("")), PREFIXES, PREFIXES, PREFIXES, STATIC_PATHS)


def build_app(shape: Shape) -> Flask:
    app = Flask("shop", static_url_path=shape.static_url_path, root_path="/nowhere")
    app.config.update(CDN_DOMAIN="cdn.example.net", CDN_TIMESTAMP=False)
    own = {"static_folder": "files", "static_url_path": shape.blueprint_path, "root_path": "/nowhere"}
    outer = Blueprint("outer", "shop", url_prefix=shape.constructed or "/outer", **own)  # type: ignore[arg-type]
    inner = Blueprint("inner", "shop", url_prefix=shape.nested, **own)  # type: ignore[arg-type]
    outer.register_blueprint(inner)
    app.register_blueprint(outer, **({"url_prefix": shape.registered} if shape.registered else {}))
    CDN(app)
    return app


@given(SHAPES, NAMES)
@example(Shape(None, None, None, None, None), "a+b c%20d?e#f&g=h;i,j@k:l!$'()*~")
@example(Shape("", "/p", "/q", "/r", "/s"), "..hidden/.well-known/ü/日本語/🙂.js")
def test_same_path(shape: Shape, name: str) -> None:
    """Our path is Flask's with + as %2B, and the key decodes to what a web server hands to the app."""
    app = build_app(shape)
    with app.test_request_context():
        for endpoint in ("static", "outer.static", "outer.inner.static"):
            local = flask.url_for(endpoint, filename=name)
            for _ in range(2):
                parts = urlsplit(url_for(endpoint, filename=name))
                assert (parts.netloc, parts.path, parts.query, parts.fragment) == (
                    "cdn.example.net",
                    local.replace("+", "%2B"),
                    "",
                    "",
                )
            assert asset_key(parts.path) == unquote(local)[1:]
            assert asset_key(parts.path).endswith(name)

"""The path of an asset's URL, its key in the bucket and the path that the app serves are one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import flask
from flask import Blueprint, Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.assets.collect import Asset, Selection, collect_assets
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.naming import asset_key, hashed_path

PREFIXES = st.sampled_from([None, "/p", "/Deep/er", "/caf\u00e9", "/with space", "/a+b", "/%41", "/日本"])
STATIC_PATHS = st.sampled_from([None, "/assets", "/Über", "/a b", "/x/y", "/c++", "/v1.2"])
LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/")
SEGMENT = st.text(st.one_of(LETTERS, st.sampled_from("+%.&; #?\\~:éß\u0301")), min_size=1, max_size=8)
NAMES = st.lists(SEGMENT.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3).map("/".join)
CHECKSUM = hashlib.sha256(b"content").hexdigest()


@dataclass(frozen=True)
class Shape:
    static_url_path: str | None
    constructed: str | None = None
    registered: str | None = None
    nested: str | None = None
    blueprint_path: str | None = None
    hosts: str = "one"
    defaults: bool = False


SHAPES = st.builds(
    Shape,
    st.one_of(STATIC_PATHS, st.just("")),
    PREFIXES,
    PREFIXES,
    PREFIXES,
    STATIC_PATHS,
    st.sampled_from(["one", "matching", "subdomains"]),
    st.booleans(),
)


def build_app(shape: Shape, root: str) -> Flask:
    app = Flask(
        "shop",
        root_path=root,
        static_url_path=shape.static_url_path,
        static_host="static.example.net" if shape.hosts == "matching" else None,
        host_matching=shape.hosts == "matching",
        subdomain_matching=shape.hosts == "subdomains",
    )
    app.config.update(CDN_DOMAIN="cdn.example.net", CDN_TIMESTAMP=False, CDN_STRICT=True)
    if shape.hosts != "matching":
        # Before version 3.1 Flask served no other host than this one, not even those of its own rules.
        app.config["SERVER_NAME"] = "shop.example"
    own = {"static_folder": "files", "static_url_path": shape.blueprint_path, "root_path": root}
    subdomain = "outer" if shape.hosts == "subdomains" else None
    outer = Blueprint("outer", "shop", url_prefix=shape.constructed or "/outer", subdomain=subdomain, **own)  # type: ignore[arg-type]
    inner = Blueprint("inner", "shop", url_prefix=shape.nested, **own)  # type: ignore[arg-type]
    outer.register_blueprint(inner)
    app.register_blueprint(outer, **({"url_prefix": shape.registered} if shape.registered else {}))
    if shape.defaults:
        app.url_defaults(lambda endpoint, values: values.setdefault("lang", "č +"))
    CDN(app)
    return app


@contextmanager
def published(shape: Shape, name: str) -> Iterator[tuple[Flask, dict[tuple[str, str], Asset]]]:
    """Yield an app over a real file of that name in each folder, with its manifest, and its assets."""
    with TemporaryDirectory() as root:
        for folder in ("static", "files"):
            file = Path(root, folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"content")
        app = build_app(shape, root)
        found = collect_assets(app, Selection(hidden=True))
        lines = {asset.url_path: CHECKSUM for asset in found.assets}
        Path(root, "m.txt").write_text(render_manifest(lines), "utf-8", newline="\n")
        app.config.update(CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt", CDN_CHECKSUM_LENGTH=16)
        assert all(Path(asset.file).read_bytes() == b"content" for asset in found.assets)
        yield app, {(asset.endpoint, asset.key): asset for asset in found.assets}


@given(SHAPES, NAMES)
@example(Shape(None), "a+b c%20d?e#f&g=h;i,j@k:l!$'()*~")
@example(Shape("/c++", "/a+b", None, "/%41", "/v1.2", "matching", True), ".hidden.d/...a+.b")
@example(Shape("", "/p", "/q", "/r", "/s", "subdomains", True), "..hidden/.well-known/e\u0301/日本語/🙂.js")
@settings(deadline=None, max_examples=40)
def test_same_key(shape: Shape, name: str) -> None:
    """What is uploaded under a key, Flask serves at that path, and its URL says so, with a checksum in the name too."""
    with published(shape, name) as (app, assets):
        assert shape.hosts != "one" or any(endpoint == "static" for endpoint, _ in assets)
        for (endpoint, key), asset in assets.items():
            with app.test_request_context():
                app.config["CDN_FINGERPRINT"] = "query"
                CDN.reload(app)
                url = urlsplit(url_for(endpoint, filename=name))
                app.config["CDN_FINGERPRINT"] = "path"
                CDN.reload(app)
                hashed = urlsplit(url_for(endpoint, filename=name)).path
                local = urlsplit(flask.url_for(endpoint, filename=name, _external=True))
            assert (url.netloc, url.path) == ("cdn.example.net", local.path.replace("+", "%2B"))
            assert url.query == "&".join(filter(None, [local.query, f"c={CHECKSUM[:16]}"]))
            assert url.path == f"/{asset.url_path}"
            assert asset_key(url.path) == unquote(local.path)[1:] == key
            assert hashed == hashed_path(url.path, CHECKSUM[:16])
            assert asset_key(hashed) == hashed_path(key, CHECKSUM[:16])
            served = app.test_client().get(local.path, base_url=f"http://{local.netloc}")
            assert (served.status_code, served.data) == (200, b"content")
            served.close()

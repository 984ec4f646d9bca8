"""``CDN_EXTRA_URLS``: files that views of the app serve."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import flask
import pytest
from flask import Blueprint, Flask, render_template_string

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.errors import MissingAssetError, SettingsError
from flask_cdn_stack.extension.state import MAX_REMEMBERED

MANIFEST = """# flask-cdn-stack manifest
aaaaaaaaaa  themes/core/static/a%2Bb%20c.css
bbbbbbbbbb  images/logo.png
cccccccccc  media/pic.jpg
dddddddddd  files/x.png
eeeeeeeeee  both/x.png
"""
MODES = {"query": ("a%2Bb%20c.css?c=aaaaaaaaaa", "c=bbbbbbbbbb"), "path": ("a%2Bb%20c.aaaaaaaaaa.css", "")}


def nothing(**values: Any) -> str:
    return ""


def make_app(root: Path, **config: Any) -> Flask:
    """An app with the rules of CTFd's themes and of Indico's images, and views beside them."""
    root.joinpath("m.txt").write_text(MANIFEST, "utf-8")
    app = Flask("shop", root_path=str(root))
    app.config.update(CDN_DOMAIN="cdn.example.net", CDN_HTTPS=True, CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt")
    app.config.update({"CDN_ENDPOINTS": ["static", "views.themes"], "CDN_STRICT": True} | config)
    views = Blueprint("views", "views", url_prefix="/themes")
    views.add_url_rule("/<theme>/static/<path:path>", "themes", nothing)
    views.add_url_rule("/<theme>/edit", "edit", nothing)
    app.register_blueprint(views)
    assets = Blueprint("assets", "assets")
    assets.add_url_rule("/images/<path:filename>", "image", build_only=True)
    assets.add_url_rule("/media/<path:name>", "media", nothing)
    assets.add_url_rule("/users/<name>", "user", nothing)
    assets.add_url_rule("/both/<path:one>", "one", nothing)
    assets.add_url_rule("/both/<path:two>", "two", nothing)
    assets.add_url_rule("/files/<path:filename>", "file", nothing, defaults={"kind": "file"})
    assets.add_url_rule("/<kind>/other/<path:filename>", "file", nothing)
    assets.add_url_rule("/<kind>/<path:filename>", "pages", nothing)
    app.register_blueprint(assets)
    urls = ["/themes", "/images/", "/media", "/users", "/both", "/files"]
    app.config.setdefault("CDN_EXTRA_URLS", urls)
    CDN(app)
    return app


@pytest.mark.parametrize("mode", MODES)
def test_urls(tmp_path: Path, mode: str) -> None:
    """Of an endpoint that is named and of one that is found, again and again, with what else a call may have."""
    app, (themes, query) = make_app(tmp_path, CDN_FINGERPRINT=mode), MODES[mode]
    mark, start = "?" if query else "", "https://cdn.example.net/themes/core/static/"
    image = f"https://cdn.example.net/images/logo{'' if query else '.bbbbbbbbbb'}.png"
    with app.test_request_context():
        for _ in range(2):
            assert url_for("views.themes", theme="core", path="a+b c.css") == start + themes
            assert url_for("assets.image", filename="logo.png") == f"{image}{mark}{query}"
        joined = url_for("views.themes", theme="core", path="a+b c.css", x=1, _anchor="t", _external=True)
        assert joined.replace("x=1&", "").replace("?x=1", "") == f"{start}{themes}#t"
        assert url_for("assets.image", filename="logo.png", _anchor="t", _scheme="") == f"{image[6:]}{mark}{query}#t"
        assert url_for("views.themes", theme="core", path="a+b c.css", _cdn=False).startswith("/themes/")


def test_relative_endpoint(tmp_path: Path) -> None:
    """Means another one on the pages of another blueprint."""
    app = make_app(tmp_path)
    app.add_url_rule("/pages/<filename>", "views.image", nothing)
    with app.test_request_context("/themes/x/edit"):
        assert url_for(".image", filename="logo.png") == "/pages/logo.png"
    with app.test_request_context("/media/x"):
        assert url_for(".image", filename="logo.png").startswith("https://cdn.example.net/images/")


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("views.edit", {"theme": "core"}),
        ("assets.user", {"name": "logo.png"}),
        ("assets.one", {"one": "x.png"}),
        ("assets.file", {"kind": "file", "filename": "x.png"}),
        ("assets.pages", {"kind": "other", "filename": "x.png"}),
    ],
)
def test_what_stays_the_apps(tmp_path: Path, endpoint: str, values: dict[str, Any]) -> None:
    """A view beside the files, a rule that takes no path, one of two, one that has more, and a path elsewhere."""
    app = make_app(tmp_path)
    with app.test_request_context():
        assert [url_for(endpoint, **values) for _ in range(2)] == [flask.url_for(endpoint, **values)] * 2


def test_one_endpoint_of_several_rules(tmp_path: Path) -> None:
    """Is the CDN's where it is named, for each of its paths by itself."""
    app = make_app(tmp_path, CDN_ENDPOINTS=["assets.file"], CDN_STRICT=False)
    with app.test_request_context():
        for _ in range(2):
            assert url_for("assets.file", kind="file", filename="x.png").startswith("https://cdn.example.net/files/x")
            assert url_for("assets.file", kind="other", filename="x.png") == "/other/other/x.png"
            assert url_for("assets.file", filename="x.png", kind="x", _anchor="t") == "/x/other/x.png#t"


def test_what_the_manifest_has_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Is the app's own and logged once, or an error; without a manifest nobody knows what is a file."""
    values = {"theme": "core", "path": "gone.css"}
    app = make_app(tmp_path, CDN_STRICT=False)
    with app.test_request_context(), caplog.at_level(logging.WARNING):
        assert [url_for("views.themes", **values) for _ in range(3)] == ["/themes/core/static/gone.css"] * 3
        assert url_for("views.themes", **values, _anchor="t") == "/themes/core/static/gone.css#t"
    assert len(caplog.records) == 1
    with make_app(tmp_path).test_request_context(), pytest.raises(MissingAssetError, match="gone"):
        url_for("views.themes", **values)
    with make_app(tmp_path, CDN_MANIFEST=False, CDN_VERSION="1").test_request_context():
        assert url_for("assets.image", filename="logo.png") == "/images/logo.png"
        assert url_for("views.themes", **values) == "/themes/core/static/gone.css"


def test_what_is_remembered(tmp_path: Path) -> None:
    """Is what would be built: with debugging, other defaults and values that only look equal; and not for ever."""
    app, language = make_app(tmp_path, CDN_ENDPOINTS=["assets.file"], CDN_STRICT=False), ["de"]
    app.url_defaults(lambda endpoint, values: values.setdefault("lang", language[0]))

    def ask(**more: Any) -> str:
        return url_for("assets.file", kind="file", filename="x.png", **more)

    with app.test_request_context():
        expected = "https://cdn.example.net/files/x.png?{}lang=de&c=eeeeeeeeee".replace("e" * 10, "d" * 10)
        for more, query in (({}, ""), ({"a": 1}, "a=1&"), ({"a": True}, "a=True&"), ({"a": "1"}, "a=1&"), ({}, "")):
            assert ask(**more) == expected.format(query)
            assert ask(**more) == expected.format(query)
        app.debug = True
        assert ask() == "/files/x.png?lang=de"
        app.debug, language[0] = False, "fr"
        assert ask() == expected.format("").replace("de&", "fr&")
        built = app.extensions["cdn"].states.current.built
        for number in range(MAX_REMEMBERED + 9):
            ask(a=number)
        assert 0 < len(built) <= MAX_REMEMBERED


def test_template_globals(tmp_path: Path) -> None:
    """Names that stay with the app, integrity values and url_defaults mean the same as for static files."""
    app = make_app(tmp_path, CDN_FINGERPRINT="path", CDN_LOCAL_NAMES=["logo.png"])
    checksum = "0" * 64
    tmp_path.joinpath("m.txt").write_text(f"{checksum}  themes/core/static/a.css\n", "utf-8")
    app.url_defaults(lambda endpoint, values: values.setdefault("theme", "core") if "path" in values else None)
    with app.test_request_context():
        assert render_template_string("{{ url_for('assets.image', filename='logo.png') }}") == "/images/logo.png"
        found = render_template_string("{{ cdn_integrity('views.themes', path='a.css') }}")
        assert found == "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def test_what_is_no_path(tmp_path: Path) -> None:
    """Is refused with the key."""
    app = make_app(tmp_path, CDN_EXTRA_URLS=["themes"])
    with app.test_request_context(), pytest.raises(SettingsError, match="CDN_EXTRA_URLS"):
        url_for("static", filename="a.css")

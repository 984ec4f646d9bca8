"""Flask-Assets' own settings for a CDN, which import ``url_for`` from modules named as the peers' are."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, render_template_string

from flask_cdn_stack import CDN
from flask_cdn_stack.compat import flask_cdn, flask_s3
from flask_cdn_stack.extension.peer_modules import PEER_MODULES
from tests.conftest import forget_modules, require, write_files

from .conftest import HOST, collect_urls, read_page, read_static

if TYPE_CHECKING:
    from pathlib import Path

_PAGE = """
    {% assets "all.js" %}<script src="{{ ASSET_URL }}"></script>{% endassets %}
    <a href="{{ url_for('shop') }}">Shop</a>
"""


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    """Flask-Assets is there, and the peers' names are given back after the test."""
    require(importlib.util.find_spec("flask_assets"), "flask-assets")
    yield
    forget_modules("flask_cdn", "flask_s3")


@pytest.fixture
def app(root: Path) -> Flask:
    """A shop with a built bundle and without a CDN."""
    from flask_assets import Bundle, Environment

    app = Flask("shop", root_path=str(root))
    app.config.update(ASSETS_URL_EXPIRE=False)
    assets = Environment(app)
    assets.register("all.js", Bundle("app.js", output="gen/all.js"))
    with app.app_context():
        assets["all.js"].build()
    app.add_url_rule("/", "shop", lambda: render_template_string(_PAGE))
    return app


def test_use_cdn(app: Flask) -> None:
    """``FLASK_ASSETS_USE_CDN`` finds ``flask_cdn`` and with it this package's URLs."""
    app.config.update(FLASK_ASSETS_USE_CDN=True, CDN_DOMAIN=HOST)
    flask_cdn.CDN(app)
    expect_bundle_at(app, HOST)


def test_use_s3(app: Flask) -> None:
    """``FLASK_ASSETS_USE_S3`` finds ``flask_s3`` and with it the bucket's URLs."""
    app.config.update(FLASK_ASSETS_USE_S3=True, S3_BUCKET_NAME="shop-files")
    flask_s3.FlaskS3(app)
    expect_bundle_at(app, "shop-files.s3.amazonaws.com")


@pytest.mark.parametrize("key", PEER_MODULES)
@pytest.mark.parametrize("installed", [False, True])
def test_the_extension_itself(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, installed: bool
) -> None:
    """Serves both settings without the compatible modules, and comes before a peer that is installed yet."""
    if installed:
        write_files(tmp_path / "site", {f"{PEER_MODULES[key]}.py": "def url_for(*a, **k): return '//old.example/x'\n"})
        monkeypatch.syspath_prepend(tmp_path / "site")
    app.config.update(CDN_DOMAIN=HOST, CDN_TIMESTAMP=False, **{key: True})
    CDN(app)
    expect_bundle_at(app, HOST)


@pytest.mark.parametrize("extension", [CDN, flask_cdn.CDN, flask_s3.FlaskS3], ids=lambda it: it.__module__)
@pytest.mark.parametrize("key", PEER_MODULES)
def test_the_peer_itself_is_loaded(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, extension: Any, key: str
) -> None:
    """It is left there, for whoever else uses it, and the app's log says whose URLs bundles have."""
    peer = ModuleType(PEER_MODULES[key])
    monkeypatch.setitem(sys.modules, peer.__name__, peer)
    app.config.update(CDN_DOMAIN=HOST, S3_BUCKET_NAME="shop-files", **{key: True})
    extension(app)
    assert sys.modules[peer.__name__] is peer
    assert [(key in message, peer.__name__ in message) for message in caplog.messages] == [(True, True)]


def test_other_apps_keep_the_peers(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """Without Flask-Assets' settings no name is taken, and the fuller of two modules of ours has it."""
    app.config.update(CDN_DOMAIN=HOST, FLASK_ASSETS_USE_S3=False)
    CDN(app)
    assert not {"flask_cdn", "flask_s3"} & sys.modules.keys()
    first, second = Flask("first"), Flask("second")
    first.config.update(FLASK_ASSETS_USE_S3=True)
    CDN(first)
    flask_s3.FlaskS3(second)
    assert sys.modules["flask_s3"] is flask_s3
    assert caplog.messages == []


def expect_bundle_at(app: Flask, host: str) -> None:
    client = app.test_client()
    url, link = collect_urls(read_page(client, "/"))
    assert (urlsplit(url).netloc, urlsplit(url).path) == (host, "/static/gen/all.js")
    assert read_static(client, url) == b"let a = 1\n"
    assert link == "/"

"""Flask-Assets' own settings for a CDN, which import ``url_for`` from modules named as the peers' are."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from flask import Flask, render_template_string

from tests.conftest import forget_modules, require

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
    from flask_cdn_stack.compat.flask_cdn import CDN

    app.config.update(FLASK_ASSETS_USE_CDN=True, CDN_DOMAIN=HOST)
    CDN(app)
    expect_bundle_at(app, HOST)


def test_use_s3(app: Flask) -> None:
    """``FLASK_ASSETS_USE_S3`` finds ``flask_s3`` and with it the bucket's URLs."""
    from flask_cdn_stack.compat.flask_s3 import FlaskS3

    app.config.update(FLASK_ASSETS_USE_S3=True, S3_BUCKET_NAME="shop-files")
    FlaskS3(app)
    expect_bundle_at(app, "shop-files.s3.amazonaws.com")


def expect_bundle_at(app: Flask, host: str) -> None:
    client = app.test_client()
    url, link = collect_urls(read_page(client, "/"))
    assert (urlsplit(url).netloc, urlsplit(url).path) == (host, "/static/gen/all.js")
    assert read_static(client, url) == b"let a = 1\n"
    assert link == "/"

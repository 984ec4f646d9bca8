"""A shop with one real Flask extension beside the CDN, and the same shop without the CDN to compare its pages with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from flask_cdn_stack import CDN
from flask_cdn_stack.assets.collect import collect_assets
from flask_cdn_stack.assets.hashes import hash_file
from flask_cdn_stack.config_file import ConfigValues
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.manifest import render_manifest
from tests.conftest import require, write_files

from .workshop import Workshop, open_workshop

HOST = "cdn.example.net"

#: Puts an extension and its pages into an app.
Install = Callable[[Flask], object]

_URL_ATTRIBUTES = ("action", "data-src", "formaction", "href", "poster", "src", "xlink:href")

_PAGE = """
    <!doctype html>
    <html>
    <head>
    <link rel="stylesheet" href="{{ url_for('static', filename='css/app.css') }}">
    <script src="{{ url_for('static', filename='app.js') }}"></script>
    </head>
    <body>
    <a href="{{ url_for('index') }}">Shop</a>
    <a href="{{ url_for('about') }}">About</a>
    <a href="{{ url_for('index', _external=True, _anchor='top') }}">Top</a>
    <a href="https://example.org/static/app.js">Another site's file</a>
    </body>
    </html>
"""


class _URLCollector(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.urls += [value for name, value in attrs if name in _URL_ATTRIBUTES and value]


def collect_urls(html: str) -> list[str]:
    """Return every URL in a page, in the order of the page."""
    collector = _URLCollector()
    collector.feed(html)
    collector.close()
    return collector.urls


def read_page(client: FlaskClient, path: str) -> str:
    """Return the HTML of a page, which must be there."""
    with closing(client.get(path)) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), path
        return answer.text


def find_static_endpoint(app: Flask, url: str) -> str | None:
    """Return the endpoint of static files that answers at a URL of the shop or its CDN; None where none does."""
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost", HOST):
        return None
    try:
        endpoint, _ = app.url_map.bind("localhost").match(parts.path)
    except HTTPException:
        return None
    return str(endpoint) if str(endpoint).rpartition(".")[2] == "static" else None


def read_static(client: FlaskClient, url: str) -> bytes:
    """Return the bytes that the app itself serves at the path of a URL."""
    with closing(client.get(urlsplit(url).path)) as answer:
        assert answer.status_code == 200, url
        return bytes(answer.data)


def expect_at_cdn(client: FlaskClient, url: str, plain: str) -> None:
    """Expect of a URL: the CDN's host, the path and query of ``plain``, and the checksum of what the app serves."""
    parts, expected = urlsplit(url), urlsplit(plain)
    assert (parts.netloc, parts.path, parts.fragment) == (HOST, expected.path, expected.fragment), url
    checksum = hashlib.sha256(read_static(client, url)).hexdigest()
    assert parse_qsl(parts.query) == [*parse_qsl(expected.query), ("c", checksum)], url


@dataclass(frozen=True)
class Pair:
    """Clients of two apps, equal but for the CDN, which only ``client``'s has."""

    plain: FlaskClient
    client: FlaskClient

    def compare(self, path: str, *, own_only: bool = False) -> set[str]:
        """Expect a page's static URLs at the CDN and its others unchanged; return the endpoints that were at the CDN.

        :param own_only: only the endpoint ``static`` is at the CDN, and the other static URLs are unchanged too.
        """
        return self.compare_html(read_page(self.plain, path), read_page(self.client, path), own_only=own_only)

    def compare_html(self, plain_html: str, html: str, *, own_only: bool = False) -> set[str]:
        """Do the same with the text of a page from each app."""
        seen = set()
        for plain, url in zip(collect_urls(plain_html), collect_urls(html), strict=True):
            endpoint = find_static_endpoint(self.client.application, plain)
            if endpoint is None:
                assert url == plain
            elif own_only and endpoint != "static":
                assert url == plain
                assert read_static(self.client, url)
            else:
                expect_at_cdn(self.client, url, plain)
                seen.add(endpoint)
        return seen


@pytest.fixture(autouse=True)
def installed(request: pytest.FixtureRequest) -> None:
    """The extension is there that a module's ``NEEDS`` names."""
    if name := getattr(request.module, "NEEDS", ""):
        require(find_spec(name), name)


@pytest.fixture
def workshop(tmp_path: Path, local_aws: LocalAWS) -> Iterator[Workshop]:
    """The shop whose processes fork."""
    with open_workshop(tmp_path, local_aws) as opened:
        yield opened


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shop's folder, with static files."""
    folder = tmp_path / "shop"
    write_files(
        folder, {"static/app.js": "let a = 1\n", "static/css/app.css": "body {}\n", "static/logo.svg": "<svg></svg>\n"}
    )
    return folder


@dataclass(frozen=True)
class Variant:
    """When the CDN is initialised, and whether the app has ``url_defaults``."""

    cdn_first: bool
    url_defaults: bool = False


VARIANTS = [
    pytest.param(Variant(cdn_first=True), id="CDN first"),
    pytest.param(Variant(cdn_first=False), id="CDN last"),
    pytest.param(Variant(cdn_first=True, url_defaults=True), id="CDN first, url_defaults"),
    pytest.param(Variant(cdn_first=False, url_defaults=True), id="CDN last, url_defaults"),
]


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> Variant:
    """The order of the two extensions, with and without ``url_defaults``."""
    chosen: Variant = request.param
    return chosen


MakeApp = Callable[..., Flask]
MakePair = Callable[..., Pair]


@pytest.fixture
def make_plain(root: Path, variant: Variant) -> MakeApp:
    """Build the shop with an extension and without a CDN; config as keywords."""

    def make(install: Install, **config: Any) -> Flask:
        app = _make_shop(root, variant, config)
        install(app)
        return app

    return make


@pytest.fixture
def make_app(root: Path, variant: Variant) -> MakeApp:
    """Build the shop with an extension and a CDN, with the config and manifest that a deploy writes."""

    def make(install: Install, **config: Any) -> Flask:
        generated = ConfigValues(domain=HOST, manifest="cdn_manifest.txt").literals()
        app = _make_shop(root, variant, {**generated, **config})
        if variant.cdn_first:
            CDN(app)
        install(app)
        if not variant.cdn_first:
            CDN(app)
        write_manifest(app, root)
        return app

    return make


@pytest.fixture
def make_pair(make_plain: MakeApp, make_app: MakeApp) -> MakePair:
    """Build the shop with an extension twice, without a CDN and with it."""

    def make(install: Install, **config: Any) -> Pair:
        return Pair(make_plain(install, **config).test_client(), make_app(install, **config).test_client())

    return make


def write_manifest(app: Flask, root: Path) -> None:
    """Write the manifest of all that a deploy of the app would publish."""
    checksums = {asset.url_path: hash_file(asset.file)[0] for asset in collect_assets(app).assets}
    (root / "cdn_manifest.txt").write_text(render_manifest(checksums), "utf-8")


def _make_shop(root: Path, variant: Variant, config: dict[str, Any]) -> Flask:
    app = Flask("shop", root_path=str(root))
    app.config.update({"SECRET_KEY": "only for tests", **config})
    app.add_url_rule("/shop/", "index", lambda: render_template_string(_PAGE))
    app.add_url_rule("/about/", "about", _show_language, defaults={"lang": "en"})
    app.add_url_rule("/<lang>/about/", "about", _show_language)
    if variant.url_defaults:
        app.url_defaults(_add_release_and_language)
    return app


def _show_language(lang: str) -> str:
    return lang


def _add_release_and_language(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint in ("static", "admin.static", "appbuilder.static", "bootstrap.static"):
        values.setdefault("release", "7")
    if endpoint == "about":
        values.setdefault("lang", "cs")

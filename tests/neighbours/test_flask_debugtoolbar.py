"""Flask-DebugToolbar, whose static files are served by a view of its own and are published by no deploy."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from flask_cdn_stack import url_for

from .conftest import VARIANTS, collect_urls, find_static_endpoint, read_page, read_static

NEEDS = "flask_debugtoolbar"

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from .conftest import MakeApp, MakePair

TOOLBAR = "_debug_toolbar.static"
PANEL = "flask_cdn_stack.debug_panel.CDNPanel"


def install(app: Flask) -> None:
    from flask_debugtoolbar import DebugToolbarExtension

    # They add routes to its blueprint, which no later app of this process could do.
    from flask_debugtoolbar.panels import sqlalchemy, template  # noqa: F401

    DebugToolbarExtension(app)


def test_while_debugging_every_url_is_local(make_pair: MakePair) -> None:
    """The page is the one without a CDN, and the app serves its static files and the toolbar's."""
    pair = make_pair(install, DEBUG=True)
    urls = collect_urls(read_page(pair.client, "/shop/"))
    assert urls == collect_urls(read_page(pair.plain, "/shop/"))
    static = [url for url in urls if find_static_endpoint(pair.client.application, url)]
    assert all(read_static(pair.client, url) for url in static)
    assert {find_static_endpoint(pair.client.application, url) for url in static} == {"static", TOOLBAR}


@pytest.mark.parametrize(
    "config", [{"DEBUG": True, "CDN_DEBUG": False}, {"DEBUG_TB_ENABLED": True}], ids=["CDN_DEBUG off", "no debugging"]
)
def test_with_the_cdn_on_only_the_toolbars_files_are_local(make_pair: MakePair, config: dict[str, bool]) -> None:
    """The shop's files come from the CDN; the toolbar's are in no manifest, so the app goes on serving them."""
    pair = make_pair(install, **config)
    assert pair.compare("/shop/", own_only=True) == {"static"}
    urls = collect_urls(read_page(pair.client, "/shop/"))
    assert TOOLBAR in {find_static_endpoint(pair.client.application, url) for url in urls}


def read_panel(client: FlaskClient, path: str) -> dict[str, tuple[str, str]]:
    """Return whose each URL of the panel is, and why, by endpoint and values."""
    text = read_page(client, path)
    cells = "<td>(.*?)</td><td>(.*?)</td><td>.*?</td><td>(.*?)</td><td>(.*?)</td>"
    rows = re.findall(f'<tr class="flDebug(?:Odd|Even)">{cells}', text)
    return {f"{endpoint} {unescape(values)}".strip(): (unescape(whose), why) for endpoint, values, whose, why in rows}


_WANTED = "static filename='app.js'"


@pytest.mark.parametrize("variant", VARIANTS[:1], indirect=True)
@pytest.mark.parametrize(
    ("config", "whose", "why"),
    [
        ({}, "the CDN's", "it is in the manifest"),
        ({"CDN_FINGERPRINT": "path"}, "the CDN's", "it is in the manifest, and its name has the checksum"),
        ({"CDN_MANIFEST": False, "CDN_TIMESTAMP": True}, "the CDN's", "its file is there"),
        ({"CDN_DOMAIN": None}, "the app's", "CDN_DOMAIN is not set"),
        ({"CDN_DEBUG": True}, "the app's", "CDN_DEBUG is on"),
        ({"CDN_ENDPOINTS": ["files"]}, "the app's", "its endpoint is not one of CDN_ENDPOINTS"),
        ({"CDN_LOCAL_NAMES": ["*.js"]}, "the app's", "CDN_LOCAL_NAMES leaves it with the app"),
        ({"CDN_MANIFEST_URL": "nowhere.txt"}, "the app's", "there is no manifest: "),
    ],
)
def test_the_panel_says_why(make_app: MakeApp, config: dict[str, Any], whose: str, why: str) -> None:
    """For every way of the extension, also where the URL was built before."""
    app = make_app(install, DEBUG_TB_ENABLED=True, DEBUG_TB_PANELS=[PANEL], **config)
    for _ in range(2):
        found = read_panel(app.test_client(), "/shop/")
        assert found[_WANTED][0] == whose
        assert found[_WANTED][1].startswith(why)
    assert found["index"][0] == "the app's"


@pytest.mark.parametrize("variant", VARIANTS[:1], indirect=True)
def test_the_panel_tells_of_single_calls(make_app: MakeApp) -> None:
    """What a call asks for, a file that is not published, and text that would be markup."""
    calls: list[dict[str, Any]] = [{"filename": "app.js", "_cdn": False}, {"filename": "<b>.js"}]

    def build() -> str:
        return f"<body>{len([url_for('static', **call) for call in calls])}</body>"

    def add_page(app: Flask) -> None:
        install(app)
        app.add_url_rule("/calls/", "calls", build)

    app = make_app(add_page, DEBUG_TB_ENABLED=True, DEBUG_TB_PANELS=[PANEL])
    found = read_panel(app.test_client(), "/calls/")
    assert found["static filename='app.js', _cdn=False"][1] == "the call says _cdn=False"
    assert found["static filename='<b>.js'"][1] == "it is not in the manifest"
    assert "<b>" not in read_page(app.test_client(), "/calls/")


@pytest.mark.parametrize("variant", VARIANTS[:2], indirect=True)
def test_without_a_manifest_the_toolbars_files_are_local_too(make_pair: MakePair) -> None:
    """It builds the URL of its folder and puts file names behind it."""
    pair = make_pair(install, DEBUG_TB_ENABLED=True, CDN_MANIFEST=False, CDN_TIMESTAMP=True)
    plain, urls = (collect_urls(read_page(client, "/shop/")) for client in (pair.plain, pair.client))
    assert [url for url in urls if "_debug_toolbar" in url] == [url for url in plain if "_debug_toolbar" in url]

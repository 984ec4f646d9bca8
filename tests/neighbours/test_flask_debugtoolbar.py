"""Flask-DebugToolbar, whose static files are served by a view of its own and are published by no deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import VARIANTS, collect_urls, find_static_endpoint, read_page, read_static

NEEDS = "flask_debugtoolbar"

if TYPE_CHECKING:
    from flask import Flask

    from .conftest import MakePair

TOOLBAR = "_debug_toolbar.static"


def install(app: Flask) -> None:
    from flask_debugtoolbar import DebugToolbarExtension

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


@pytest.mark.parametrize("variant", VARIANTS[:2], indirect=True)
def test_without_a_manifest_the_toolbars_files_are_local_too(make_pair: MakePair) -> None:
    """It builds the URL of its folder and puts file names behind it."""
    pair = make_pair(install, DEBUG_TB_ENABLED=True, CDN_MANIFEST=False, CDN_TIMESTAMP=True)
    plain, urls = (collect_urls(read_page(client, "/shop/")) for client in (pair.plain, pair.client))
    assert [url for url in urls if "_debug_toolbar" in url] == [url for url in plain if "_debug_toolbar" in url]


@pytest.mark.parametrize("variant", VARIANTS[:2], indirect=True)
def test_with_cdn_strict_the_page_is_shown(make_pair: MakePair) -> None:
    """The URL of a folder is not one of a missing asset."""
    pair = make_pair(install, DEBUG_TB_ENABLED=True, CDN_STRICT=True)
    assert pair.compare("/shop/", own_only=True) == {"static"}

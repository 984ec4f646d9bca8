"""Frozen-Flask, which calls ``flask.url_for`` to find what to freeze and needs local URLs from it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from .conftest import HOST, collect_urls, find_static_endpoint, read_page

NEEDS = "flask_frozen"

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from .conftest import Install, MakeApp, MakePair, Variant

STATIC = {"/static/app.js", "/static/css/app.css", "/static/logo.svg"}
OFF = {"CDN_OVERRIDE_FLASK_URL_FOR": False}


def install_with(**options: bool) -> Install:
    """Puts a freezer, which knows of the one page with an argument, into an app."""

    def install(app: Flask) -> None:
        from flask_frozen import Freezer

        freezer = Freezer(app, **options)
        freezer.register_generator(about)
        app.extensions["freezer"] = freezer

    return install


def about() -> Iterator[dict[str, str]]:
    yield {"lang": "de"}


def freeze(app: Flask) -> set[str]:
    """Freeze an app and return the paths of what was frozen."""
    urls: set[str] = app.extensions["freezer"].freeze()
    return urls


def read_frozen(root: Path, path: str) -> str:
    return (root / "build" / path.lstrip("/") / "index.html").read_text("utf-8")


def pages(variant: Variant) -> set[str]:
    """Return the paths of the shop's pages, with the one that ``url_defaults`` decides."""
    return {"/shop/", "/cs/about/" if variant.url_defaults else "/about/", "/de/about/"}


def test_frozen_pages_carry_the_cdns_urls(root: Path, variant: Variant, make_pair: MakePair) -> None:
    """With the override off, frozen pages load from the CDN, and the static files are frozen beside them."""
    pair = make_pair(install_with(), **OFF)
    app = pair.client.application
    frozen = freeze(app)
    assert frozen == pages(variant) | STATIC
    assert pair.compare_html(read_page(pair.plain, "/shop/"), read_frozen(root, "/shop/")) == {"static"}
    for path in STATIC:
        assert (root / "build" / path[1:]).read_bytes() == (root / path[1:]).read_bytes()
    assert freeze(app) == frozen


def test_the_freezer_sees_the_static_files_that_pages_use(variant: Variant, make_app: MakeApp) -> None:
    """Its log of ``url_for`` alone finds the files, also the second time, when their URLs are remembered."""
    app = make_app(install_with(with_static_files=False), **OFF)
    for _ in range(2):
        assert freeze(app) == pages(variant) | STATIC - {"/static/logo.svg"}


def test_relative_urls_keep_static_files_local(root: Path, make_app: MakeApp) -> None:
    """``FREEZER_RELATIVE_URLS`` puts its own ``url_for`` into templates; each of its URLs leads to a frozen file."""
    app = make_app(install_with(), FREEZER_RELATIVE_URLS=True, **OFF)
    freeze(app)
    urls = [url for url in collect_urls(read_frozen(root, "/shop/")) if not urlsplit(url).netloc]
    assert len(urls) == 4
    for url in urls:
        assert (root / "build" / posixpath.normpath(f"shop/{urlsplit(url).path}")).is_file(), url


def test_with_the_override_on_the_freezer_refuses_static_files(make_app: MakeApp) -> None:
    """It finds the CDN's host where it looks for a path, and says so."""
    with pytest.raises(ValueError, match=f"External URLs not supported: http://{HOST}/static/"):
        freeze(make_app(install_with()))


@pytest.mark.parametrize("relative", [False, True], ids=["absolute", "relative"])
def test_with_the_override_on_pages_alone_can_be_frozen(root: Path, make_pair: MakePair, relative: bool) -> None:
    """Without static files and the log of ``url_for``, every page is frozen with the CDN's URLs, relative links too."""
    from flask_frozen import MissingURLGeneratorWarning

    config: dict[str, Any] = {"FREEZER_RELATIVE_URLS": relative}
    pair = make_pair(install_with(with_static_files=False, log_url_for=False), **config)
    with pytest.warns(MissingURLGeneratorWarning, match="Nothing frozen for endpoints static"):
        assert freeze(pair.client.application) == {"/shop/", "/de/about/"}
    urls = collect_urls(read_frozen(root, "/shop/"))
    static = [url for url in urls if find_static_endpoint(pair.client.application, url)]
    assert [urlsplit(url).netloc for url in static] == [HOST, HOST]
    assert ("index.html" in urls) == relative

"""What bundlers make, deployed and opened in a browser; and Leaflet as it is published.

The bundlers are those of ``tests/bundlers``, each with a dynamic import, style sheets and an image.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from flask import Flask, render_template_string

from flask_cdn_stack import CDN
from flask_cdn_stack.local.launcher import LocalAWS
from tests.conftest import Program, program_environment, require, write_files

from .built import BUNDLERS, Entry, build_all
from .cdn_site import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.installs

_PAGE = """
    <!doctype html><link rel="icon" href="data:,">
    {% if request.args.map %}{{ cdn_importmap() }}{% endif %}
    {% if entry.style %}
    <link rel="stylesheet" href="{{ url_for('static', filename=entry.style) }}">
    <script {{ 'type=module' if entry.is_module else 'defer' }}
            src="{{ url_for('static', filename=entry.script) }}"></script>
    {% else %}{{ vite_tags() }}{% endif %}
    <body><h1>Tea</h1><p>Tea</p>
"""
_MAP_PAGE = """
    <!doctype html><link rel="icon" href="data:,">
    <link rel="stylesheet" href="{{ url_for('static', filename='leaflet/leaflet.css') }}">
    <script src="{{ url_for('static', filename='leaflet/leaflet.js') }}"></script>
    <body><div id="map" style="height: 200px"></div>
    <script>L.marker([0, 0]).addTo(L.map("map").setView([0, 0], 3))</script>
"""
_PROJECT = """
    from flask import Flask
    from flask_vite import Vite

    app = Flask(__name__)
    Vite(app)
"""
_SETTINGS = """
    app: shop
    stack: bundles-{mode}-cdn
    assets:
      fingerprint: {mode}
      extra: [{{folder: vite/dist/assets, url: /_vite}}]
"""


class Deployed(NamedTuple):
    """A deployed app's folder, where its pages are, and what each bundler's page loads."""

    folder: Path
    address: str
    entries: dict[str, Entry]


Deploy = Callable[[str], Deployed]


@pytest.fixture(scope="module")
def deploy(
    browser: Browser,
    local_aws: LocalAWS,
    tmp_path_factory: pytest.TempPathFactory,
    make_once: Callable[[str, Callable[[Path], object]], Path],
) -> Iterator[Deploy]:
    """Return a function that deploys everything in a mode, each once; the browser first: without it, it is in vain."""
    require(shutil.which("npm"), "npm")
    built = make_once("bundlers", build_all)
    with ExitStack() as stack:

        @cache
        def deploy_in(mode: str) -> Deployed:
            program = Program(tmp_path_factory.mktemp(mode) / "project", program_environment(local_aws))
            settings = _SETTINGS.format(mode=mode)
            write_files(program.folder, {"flask-cdn-stack.yml": settings, "shop/__init__.py": _PROJECT})
            static = program.folder / "shop/static"
            shutil.copytree(built / "static", static)
            shutil.copytree(built / "vite", program.folder / "vite")
            shutil.copytree(built / "python/flask_vite", program.folder / "flask_vite")
            shutil.copytree(built / "node_modules/leaflet/dist", static / "leaflet")
            program.ok("provision", "--yes")
            program.ok("deploy")
            entries = {name: bundler.find_entry(static) for name, bundler in BUNDLERS.items()}
            app = _make_app(program.folder, entries)
            return Deployed(program.folder, stack.enter_context(serve(app)), entries)

        stack.enter_context(pytest.MonkeyPatch.context()).syspath_prepend(built / "python")
        yield deploy_in


def _make_app(folder: Path, entries: dict[str, Entry]) -> Flask:
    app = Flask("shop", root_path=str(folder / "shop"))
    app.config.from_pyfile(str(folder / "cdn_config.py"))
    CDN(app)
    importlib.import_module("flask_vite").Vite(app)
    app.add_url_rule("/<name>", "page", lambda name: render_template_string(_PAGE, entry=entries[name]))
    app.add_url_rule("/map", "map", lambda: render_template_string(_MAP_PAGE))
    return app


class Visit:
    """What a page loaded, with the errors of its console."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.problems = page, list[str]()
        self.asked: list[str] = []
        self.failed: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)
        page.on("response", lambda found: self.asked.append(found.url))
        page.on("response", lambda found: self.failed.append(found.url) if found.status >= 400 else None)
        page.goto(url, wait_until="load")


@pytest.mark.parametrize("imports", ["", "?map=1"], ids=["alone", "import map"])
@pytest.mark.parametrize("name", BUNDLERS)
@pytest.mark.parametrize("mode", ["path", "query"])
def test_each_module_runs_once(
    browser: Browser, deploy: Deploy, mode: str, name: str, imports: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the CDN, and everything that belongs to it arrives."""
    site = deploy(mode)
    monkeypatch.chdir(site.folder)  # from where Flask-Vite looks for its own
    with browser.new_page() as page:
        visit = Visit(page, f"http://{site.address}/{name}{imports}")
        page.wait_for_function("globalThis.said")
        page.wait_for_function("document.images.length && [...document.images].every(image => image.complete)")
        page.wait_for_load_state("networkidle")

        assert sorted(page.evaluate("globalThis.ran")) == ["late", "main", "word"]
        assert page.evaluate("[globalThis.said, document.images[0].naturalWidth]") == ["main tea tea", 7]
        assert page.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(1, 2, 3)"
    assert (visit.problems, visit.failed) == ([], [])
    assert all(".cloudfront." in url for url in visit.asked[1:] if not url.startswith("data:"))
    if BUNDLERS[name].carries_hash:
        assert [url.endswith(site.entries[name].script) for url in visit.asked].count(True) == 1


@pytest.mark.parametrize("mode", ["path", "query"])
def test_leaflet_shows_its_marker(browser: Browser, deploy: Deploy, mode: str) -> None:
    """It reads the URL of the icon out of its style sheet, and makes those of the others from it."""
    site = deploy(mode)
    with browser.new_page() as page:
        visit = Visit(page, f"http://{site.address}/map")
        page.wait_for_function("document.images.length == 2 && [...document.images].every(image => image.complete)")

        assert page.evaluate("[...document.images].map(image => image.naturalWidth)") == [41, 25]
    assert (visit.problems, visit.failed) == ([], [])

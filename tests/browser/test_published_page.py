"""A page in path mode, deployed and opened: style sheets with images and fonts, and modules through an import map."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from flask_cdn_stack.cli.app import AppPlace, load_app
from flask_cdn_stack.local.demo.serving import serve_app
from flask_cdn_stack.local.launcher import LocalAWS
from tests.browser.cdn_site import FONT
from tests.browser.test_demo_page import Visit
from tests.conftest import Program, forget_modules, program_environment, write_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}"/>'
_APP = """
    from flask import Flask, render_template_string
    from flask_cdn_stack import CDN

    PAGE = '''<!doctype html><title>Tea</title>
    <link rel="icon" href="{{ url_for('static', filename='favicon.ico') }}">
    {{ cdn_importmap("static/js/**") }}
    <link rel="stylesheet" href="{{ url_for('static', filename='css/app.css') }}"
          integrity="{{ cdn_integrity('static', filename='css/app.css') }}" crossorigin>
    <body><h1>Tea</h1><p>Tea</p>
    <script type="module" src="{{ url_for('static', filename='js/main.js') }}" crossorigin></script>'''

    def create_app():
        app = Flask(__name__)
        app.config.from_object("cdn_config")
        CDN(app)
        app.add_url_rule("/", "index", lambda: render_template_string(PAGE))
        return app
"""
_STATIC: dict[str, str | bytes] = {
    "css/app.css": """
        @import "more/deep.css";
        @font-face { font-family: dots; src: url(../fonts/dots.woff2) format("woff2") }
        h1 { font-family: dots; background: url("../img/with space.svg") }
    """,
    "css/more/deep.css": "p { background: url(../../img/über.svg#layer); color: rgb(1, 2, 3) }",
    "fonts/dots.woff2": FONT,
    "img/with space.svg": _SVG.format(size=3),
    "img/über.svg": _SVG.format(size=4),
    "js/main.js": 'import {word} from "./word.js"; document.title = word; import("./late.js")',
    "js/word.js": 'export const word = "Served"',
    "js/late.js": "document.body.dataset.late = 'yes'",
    "favicon.ico": _SVG.format(size=5),
}


@pytest.fixture
def address(browser: Browser, local_aws: LocalAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the deployed app is served; the browser comes first, because without one it is in vain."""
    program = Program(tmp_path / "project", program_environment(local_aws))
    settings = "app: shop:create_app\nstack: page-cdn\nassets: {fingerprint: path, plain_copies: false}\n"
    static = {f"shop/static/{name}": content for name, content in _STATIC.items()}
    write_files(program.folder, {"flask-cdn-stack.yml": settings, "shop/__init__.py": _APP, **static})
    program.ok("provision", "--yes")
    program.ok("deploy")
    monkeypatch.syspath_prepend(str(program.folder))
    monkeypatch.setattr(os, "environ", dict(os.environ))
    app = load_app(AppPlace(None, "shop:create_app", program.folder))
    forget_modules("shop", "cdn_config")
    with serve_app(app, 0) as served:
        yield served


def test_everything_arrives(browser: Browser, address: str) -> None:
    """Nothing fails, each file is asked for by its hashed name alone, and all of it works."""
    visit = Visit(browser, address)

    visit.expect_everything_from_the_cdn(urlsplit(address).netloc)
    asked = {unquote(urlsplit(response.url).path).removeprefix("/static/") for response in visit.responses[1:]}
    hashed = {re.sub(r"\.[0-9a-f]{16}\.", ".", name) for name in asked if re.search(r"\.[0-9a-f]{16}\.", name)}
    assert hashed | (asked & {"favicon.ico"}) == _STATIC.keys() - ({"favicon.ico"} - asked)
    assert len(hashed) == len(_STATIC) - 1
    assert visit.page.title() == "Served"
    assert visit.page.evaluate("document.body.dataset.late") == "yes"
    assert visit.page.evaluate("document.fonts.check('12px dots')")
    assert visit.page.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(1, 2, 3)"

"""Files that views of the app serve, from the settings to the page, in both modes."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from flask_cdn_stack.verify import fetch
from tests.conftest import Program, write_files
from tests.end_to_end.published import cdn_host, connect, crawl

_SETTINGS = """
    app: shop:create_app
    stack: {stack}
    assets:
      fingerprint: {mode}
      media_types: {{"*.svg": "image/svg+xml; x=extra"}}
      include: [static/app.css, "themes/**", "images/**"]
      exclude: ["*.map", "**/templates/**"]
      extra:
        - {{folder: shop/themes, url: /themes, endpoint: views.themes, argument: path}}
        - {{folder: build/images, url: /images}}
"""
_APP = """
    from flask import Blueprint, Flask, render_template_string, send_from_directory, url_for

    from flask_cdn_stack import CDN

    PAGE = '''
        <link rel="stylesheet" href="{{ url_for('static', filename='app.css') }}">
        <link rel="stylesheet" href="{{ url_for('views.themes', theme='core', path='main.css') }}">
        <img src="{{ url_for('images', name='logo.png') }}"><a href="{{ url_for('views.edit', theme='core') }}">Edit</a>
    '''
    views = Blueprint("views", __name__, url_prefix="/themes")


    @views.get("/<theme>/static/<path:path>")
    def themes(theme, path):
        return send_from_directory(f"themes/{theme}/static", path)


    @views.get("/<theme>/edit")
    def edit(theme):
        return "<img src='" + url_for("views.themes", theme=theme, path="img/a b.svg") + "'>"


    def create_app():
        app = Flask(__name__)
        app.config.from_object("cdn_config")
        app.config["CDN_STRICT"] = True
        CDN(app)
        app.register_blueprint(views)
        app.add_url_rule("/images/<path:name>", "images", lambda name: send_from_directory("../build/images", name))
        app.add_url_rule("/", "index", lambda: render_template_string(PAGE))
        return app
"""
_FILES = {
    "shop/static/app.css": "p { background: url(/images/logo.png) }",
    "shop/themes/core/static/main.css": "p { background: url('img/a b.svg') }",
    "shop/themes/core/static/img/a b.svg": "<svg/>",
    "shop/themes/core/static/main.css.map": "{}",
    "shop/themes/core/static/.hidden": "hidden",
    "shop/themes/core/templates/page.html": "page",
    "build/images/logo.png": "logo",
}
_CSS, _SVG, _PNG = "themes/core/static/main.css", "themes/core/static/img/a b.svg", "images/logo.png"


@pytest.fixture
def shop(program: Program) -> Program:
    write_files(program.folder, {"shop/__init__.py": _APP, **_FILES})
    return program


def _get(program: Program, url: str) -> str:
    answer = fetch(url, connect(program).connect_address, {})
    assert answer.status == 200, url
    if url.partition("?")[0].endswith(".svg"):
        assert answer.headers["content-type"] == "image/svg+xml; x=extra"
    return answer.body.decode()


@pytest.mark.parametrize("mode", ["query", "path"])
def test_extra_folders(shop: Program, mode: str, tmp_path: Path) -> None:
    """Every URL of the pages, and every reference of a style sheet, is the CDN's and has the file's bytes."""
    stack = f"extra-{abs(hash(str(tmp_path))) % 10**9}"
    write_files(shop.folder, {"flask-cdn-stack.yml": _SETTINGS.format(stack=stack, mode=mode)})
    shop.ok("provision", "--yes")
    keys = {item["key"] for item in shop.ok("deploy", "--json").json["uploaded"]}
    host = f"http://{cdn_host(shop)}/"
    urls = {re.sub(r"\.[0-9a-f]{16}\.", ".", urlsplit(url).path): url for url in crawl(shop)}

    assert {key for key in keys if not re.search(r"\.[0-9a-f]{16}\.", key)} == {"static/app.css", _CSS, _SVG, _PNG}
    assert urls.keys() == {"/static/app.css", *(f"/{key.replace(' ', '%20')}" for key in (_CSS, _SVG, _PNG))}
    assert all(url.startswith(host) for url in urls.values())
    for style, target in (("/static/app.css", f"/{_PNG}"), (f"/{_CSS}", f"/{_SVG.replace(' ', '%20')}")):
        reference = re.findall(r"""url\(["']?([^"')]+)""", _get(shop, urls[style]))[0].replace(" ", "%20")
        assert urljoin(urls[style], reference) == urls[target]
        assert _get(shop, urls[target]) == _FILES[f"build{target}" if target.endswith("png") else f"shop/{_SVG}"]

    (shop.folder / "build/images/logo.png").write_text("other")
    changed = shop.ok("deploy", "--json").json
    assert {re.sub(r"\.[0-9a-f]{16}\.", ".", item["key"]) for item in changed["uploaded"]} == {"static/app.css", _PNG}
    assert _get(shop, next(url for url in crawl(shop) if "/logo." in url)) == "other"
    assert shop.ok("deploy", "--json").json["requests"] == {"GetObject": 1}


def test_what_the_app_does_not_have(shop: Program) -> None:
    """Is one message that names the entry, before anything is sent; the paths of an app as the origin have the URLs."""
    settings = _SETTINGS.format(stack="extra-wrong", mode="query")
    write_files(shop.folder, {"flask-cdn-stack.yml": settings.replace("views.themes", "views.themse")})
    for command in (("deploy", "--offline"), ("doctor", "--json")):
        result = shop(*command)
        assert "assets.extra[0].endpoint: the app has no endpoint views.themse." in result.stdout + result.stderr
        assert "Did you mean views.themes?" in result.stdout + result.stderr
        assert "Traceback" not in result.stderr
    origin = "    origin: app\n    app_origin: {domain: www.shop.example}\n"
    write_files(shop.folder, {"flask-cdn-stack.yml": settings + origin})
    template = shop.ok("template").stdout
    assert all(f"PathPattern: {path}" in template.replace("'", "") for path in ("/images/*", "/static/*", "/themes/*"))

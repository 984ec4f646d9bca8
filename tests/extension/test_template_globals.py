"""What templates have beside ``url_for``."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, get_template_attribute, render_template, render_template_string
from jinja2 import DictLoader

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.errors import ManifestError, MissingAssetError
from flask_cdn_stack.extension.template_globals import MAX_IMPORT_MAPS
from flask_cdn_stack.manifest import render_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeApp

FILES = ["admin/admin_static/adm.js", "static/a+b.mjs", "static/bah.js", "static/css/app.css", "static/sw.js"]
CHECKSUMS = {name: hashlib.sha256(name.encode()).hexdigest() for name in FILES}
LISTED = {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"}
PATH_MODE = LISTED | {"CDN_FINGERPRINT": "path", "CDN_CHECKSUM_LENGTH": 16, "CDN_KEEP_NAMES": ["sw.js"]}
EMPTY_MAP = '<script type="importmap">{"imports":{}}</script>'


@pytest.fixture(autouse=True)
def manifest(root: Path) -> Path:
    """The manifest of some files, named by the SHA-256 of their bytes."""
    file = root / "m.txt"
    file.write_text(render_manifest({name.replace("+", "%2B"): checksum for name, checksum in CHECKSUMS.items()}))
    return file


def render(app: Flask, template: str, **context: Any) -> str:
    with app.test_request_context():
        return render_template_string(template, **context)


def read_map(page: str) -> dict[str, str]:
    """Return the imports of the import map in a page, read as a browser reads it."""
    [text] = re.findall(r'<script type="importmap"[^>]*>(.*?)</script>', page, re.DOTALL)
    [(name, imports)] = json.loads(text).items()
    assert name == "imports"
    return dict(imports)


@pytest.mark.parametrize(
    ("endpoint", "name", "key"),
    [("static", "a+b.mjs", "static/a+b.mjs"), ("admin.static", "adm.js", "admin/admin_static/adm.js")],
)
def test_integrity(make_app: MakeApp, endpoint: str, name: str, key: str) -> None:
    """Is the SHA-256 of the bytes, however much of it the name carries, and whatever else the call says."""
    expected = "sha256-" + b64encode(hashlib.sha256(key.encode()).digest()).decode()
    app = make_app(**PATH_MODE, CDN_VERSION="2")
    call = "cdn_integrity(endpoint, filename=name"
    for more in ("", ", x=1, v=2", ", _anchor='a', _scheme='https', _external=True, _method='GET'"):
        page = render(
            app, "{{ " + call + more + ") }} {{ url_for(endpoint, filename=name) }}", endpoint=endpoint, name=name
        )
        integrity, _, url = page.partition(" ")
        assert unescape(integrity) == expected
        assert CHECKSUMS[key][:16] in url


@pytest.mark.parametrize(
    ("config", "has_map"),
    [
        (LISTED, True),
        ({"CDN_FINGERPRINT": "path"}, False),
        (PATH_MODE | {"CDN_TIMESTAMP": True}, False),
        (PATH_MODE | {"CDN_DEBUG": True}, False),
        (PATH_MODE | {"CDN_MANIFEST_URL": "nothing.txt"}, False),
        (PATH_MODE | {"CDN_KEEP_NAMES": "*.js"}, True),
    ],
)
def test_no_integrity(make_app: MakeApp, config: dict[str, Any], has_map: bool) -> None:
    """Where the URL is not the CDN's, its bytes may change under it, or there is no file, the attribute is empty.

    There is no import map where URLs are the app's own or carry no checksum.
    """
    app = make_app(**config)
    assert render(app, "[{{ cdn_integrity('static', filename='bah.js') }}]") == "[]"
    assert (render(app, "[{{ cdn_importmap(nonce='x') }}]") == "[]") is not has_map
    for call in ("'static', filename='nope.js'", "'static', filename='sw.js'", "'static'"):
        assert render(make_app(**PATH_MODE), "[{{ cdn_integrity(" + call + ") }}]") == "[]", "nor has one of these any"


@pytest.mark.parametrize("checksum", ["afb9d1dccb6ae4b29df7a48dbd65fc4e", "c" * 65, "g" * 64, "1" * 63 + "\u0661"])
def test_no_integrity_of_other_checksums(make_app: MakeApp, manifest: Path, checksum: str) -> None:
    """Only a SHA-256 in hex becomes one; an MD5 and others' version names do not."""
    manifest.write_text(f"{checksum}  static/bah.js\n", "utf-8")
    page = render(make_app(**PATH_MODE), "[{{ cdn_integrity('static', filename='bah.js') }}]")
    assert page == "[]"


def test_strict(make_app: MakeApp, root: Path) -> None:
    """What url_for raises, these raise too."""
    app = make_app(**PATH_MODE, CDN_STRICT=True)
    with pytest.raises(MissingAssetError):
        render(app, "{{ cdn_integrity('static', filename='nope.js') }}")
    (root / "m.txt").unlink()
    for call in ("cdn_integrity('static', filename='bah.js')", "cdn_importmap()"):
        with pytest.raises(ManifestError):
            render(make_app(**PATH_MODE, CDN_STRICT=True), "{{ " + call + " }}")


ENDPOINTS = {"admin/admin_static/": "admin.static", "static/": "static"}


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        ("", ["admin/admin_static/adm.js", "static/a+b.mjs", "static/bah.js", "static/sw.js"]),
        ("'static/*.js'", ["static/bah.js", "static/sw.js"]),
        ("'nothing'", []),
    ],
)
@pytest.mark.parametrize("config", [LISTED, PATH_MODE, PATH_MODE | {"CDN_VERSION": "1 &<", "CDN_DOMAIN": "x.net:81/P"}])
def test_import_map(make_app: MakeApp, config: dict[str, Any], globs: str, names: list[str]) -> None:
    """Leads from the URL that a module's own import comes to, to the one that url_for gives, in the page's scheme."""
    app = make_app(**config)
    domain = app.config["CDN_DOMAIN"]
    with app.test_request_context(base_url="https://localhost/"):
        imports = read_map(render_template_string("{{ cdn_importmap(" + globs + ") }}"))
        expected = {}
        for name in names:
            folder = next(folder for folder in ENDPOINTS if name.startswith(folder))
            plain = f"https://{domain}/{name}"
            expected[plain] = url_for(ENDPOINTS[folder], filename=name.removeprefix(folder))
    assert imports == expected


def test_import_map_follows_each_request(make_app: MakeApp) -> None:
    """A page over https after one over http has https in it, and again; CDN_HTTPS decides for all."""
    template = "{{ cdn_importmap('bah.js') }}"
    for https, expected in ((None, ["http", "https", "http"]), (True, ["https"] * 3)):
        app = make_app(**PATH_MODE, CDN_HTTPS=https)
        schemes = []
        for scheme in ("http", "https", "http"):
            with app.test_request_context(base_url=f"{scheme}://localhost/"):
                [(plain, versioned)] = read_map(render_template_string(template)).items()
            schemes.append(plain.partition(":")[0])
            assert versioned.startswith(schemes[-1] + "://")
        assert schemes == expected


def test_nonce(make_app: MakeApp) -> None:
    """Of the page's policy; it is escaped, and left out where there is none."""
    app = make_app(**PATH_MODE)
    for nonce, expected in (
        ("r4nd", ' nonce="r4nd"'),
        ('"><b a="', ' nonce="&#34;&gt;&lt;b a=&#34;"'),
        ("", ""),
        (None, ""),
    ):
        page = render(app, "{{ cdn_importmap('nothing', nonce=nonce) }}", nonce=nonce)
        assert page == EMPTY_MAP.replace('"importmap"', '"importmap"' + expected)


@pytest.mark.parametrize(
    ("name", "fingerprint"),
    [("</script><script>alert(1)</script>.js", "query"), ("<!--<script>.js", "path"), ("a&amp;'\"\u2028.js", "path")],
)
def test_names_stay_in_the_import_map(make_app: MakeApp, manifest: Path, name: str, fingerprint: str) -> None:
    """No file name and no checksum ends the script."""
    checksum = "x</script><!--"
    manifest.write_text(f"{checksum}  static/{name}\n", "utf-8")
    app = make_app(**LISTED, CDN_FINGERPRINT=fingerprint)
    page = render(app, "{{ cdn_importmap() }}")
    assert (page.count("<"), page.count(">")) == (2, 2)
    with app.test_request_context():
        assert list(read_map(page).values()) == [url_for("static", filename=name)]


def test_import_maps_are_bounded(make_app: MakeApp) -> None:
    """Globs that users make up do not fill the memory, and are answered nevertheless."""
    app = make_app(**PATH_MODE)
    for number in range(MAX_IMPORT_MAPS + 10):
        assert len(read_map(render(app, "{{ cdn_importmap('bah.js', glob) }}", glob=f"{number}"))) == 1
    assert len(app.extensions["cdn"].states.current.import_maps) == MAX_IMPORT_MAPS


def test_import_map_after_reload(make_app: MakeApp, manifest: Path) -> None:
    """Is that of the new manifest."""
    app = make_app(**PATH_MODE)
    render(app, "{{ cdn_importmap() }}")
    manifest.write_text("abc  static/a%20new.js\n", encoding="utf-8")
    CDN.reload(app)
    assert list(read_map(render(app, "{{ cdn_importmap() }}"))) == ["http://cdn.example.net/static/a%20new.js"]


EVERYTHING = (
    "{{ url_for('static', filename='bah.js') }} {{ cdn_integrity('static', filename='bah.js') }} "
    "{{ cdn_importmap('bah.js') }} {{ cdn_csp_source }}"
)
PAGES = {
    "page.html": EVERYTHING,
    "macros.html": "{% macro all() %}" + EVERYTHING + "{% endmacro %}",
    "importing.html": "{% from 'macros.html' import all %}{{ all() }}",
}


@pytest.mark.parametrize("early", [True, False])
def test_everywhere(root: Path, early: bool) -> None:
    """In macros imported without context, and in environments made before init_app and after, and overlays of them."""
    app = Flask("shop", root_path=str(root))
    app.config.update(CDN_DOMAIN="cdn.example.net", **PATH_MODE)
    if early:
        app.jinja_env.loader = DictLoader(PAGES)
        overlay = app.jinja_env.overlay(variable_start_string="[[", variable_end_string="]]")
        CDN(app)
    else:
        CDN(app)
        app.jinja_env.loader = DictLoader(PAGES)
        overlay = app.jinja_env.overlay(variable_start_string="[[", variable_end_string="]]")
    with app.test_request_context():
        page = render_template("page.html")
        assert page.count(CHECKSUMS["static/bah.js"][:16]) == 2
        assert page.endswith(" cdn.example.net")
        assert render_template("importing.html") == page
        assert str(get_template_attribute("macros.html", "all")()) == page
        assert overlay.from_string(EVERYTHING.replace("{{", "[[").replace("}}", "]]")).render() == page


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, "cdn.example.net"),
        ({"CDN_HTTPS": True}, "https://cdn.example.net"),
        ({"CDN_DOMAIN": "https://CDN.example.net:8443"}, "https://cdn.example.net:8443"),
        ({"CDN_DOMAIN": "cdn.example.net:81/a;b,c/", "CDN_HTTPS": True}, "https://cdn.example.net:81/a%3Bb%2Cc/"),
        ({"CDN_DEBUG": True}, ""),
        ({"CDN_DOMAIN": None}, ""),
    ],
)
def test_csp_source(make_app: MakeApp, config: dict[str, Any], expected: str) -> None:
    """Is the same text as a value, as a call and in Python; empty, and false, while URLs are the app's own."""
    app = make_app(**config)
    assert render(app, "{{ cdn_csp_source }} {{ cdn_csp_source() }}") == f"{expected} {expected}"
    assert render(app, "{{ 'some' if cdn_csp_source else 'none' }}") == ("some" if expected else "none")
    assert CDN.csp_source(app) == expected

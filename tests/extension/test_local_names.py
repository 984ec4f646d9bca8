"""``CDN_LOCAL_NAMES`` and ``_cdn=False``: URLs that stay the app's own."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import flask
import pytest
from flask import render_template_string

from flask_cdn_stack import url_for

from .conftest import ask

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeApp

MANIFEST = "aaaaaaaaaa  static/js/sw.js\nbbbbbbbbbb  static/bah.js\n"
MODES = [{"CDN_FINGERPRINT": "path"}, {"CDN_FINGERPRINT": "query"}, {"CDN_MANIFEST": False, "CDN_TIMESTAMP": True}]
WITH_MANIFEST = {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt", "CDN_STRICT": True}


@pytest.fixture
def manifest(root: Path) -> Path:
    path = root / "m.txt"
    path.write_text(MANIFEST, "utf-8")
    return path


@pytest.mark.usefixtures("manifest")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["js/sw.js", "gone.webmanifest"])
def test_named_files(make_app: MakeApp, caplog: pytest.LogCaptureFixture, mode: dict[str, Any], name: str) -> None:
    """They are Flask's own, twice, whether there is such a file or not, and nobody is warned."""
    app = make_app(**WITH_MANIFEST | mode, CDN_LOCAL_NAMES=["sw.js", "*.webmanifest"])
    with app.test_request_context(), caplog.at_level(logging.WARNING):
        urls = [url_for("static", filename=name) for _ in range(2)]
        absolute = url_for("static", filename=name, _external=True, _anchor="a")

        assert urls == [flask.url_for("static", filename=name)] * 2
        assert absolute == flask.url_for("static", filename=name, _external=True, _anchor="a")
    assert not caplog.records


def test_without_the_manifest(make_app: MakeApp) -> None:
    """A manifest that is missing does not matter to them, though ``CDN_STRICT`` is on."""
    app = make_app(**WITH_MANIFEST, CDN_LOCAL_NAMES="sw.js")

    assert ask(app, "js/sw.js") == "/static/js/sw.js"


@pytest.mark.usefixtures("manifest")
@pytest.mark.parametrize("mode", MODES)
def test_one_call(make_app: MakeApp, mode: dict[str, Any]) -> None:
    """Says so for itself alone, by our word and by a fork's; to say the opposite changes nothing."""
    app = make_app(**WITH_MANIFEST | mode, CDN_OVERRIDE_FLASK_URL_FOR=True)
    cdn = ask(app, "bah.js")

    assert ask(app, "bah.js", _cdn=False) == "/static/bah.js"
    assert ask(app, "bah.js", _force_no_cdn=True) == "/static/bah.js"
    assert ask(app, "bah.js", _cdn=True) == cdn
    assert ask(app, "bah.js", _force_no_cdn=False) == cdn
    with app.test_request_context():
        assert flask.url_for("static", filename="bah.js", _cdn=False) == "/static/bah.js"
        assert render_template_string("{{ cdn_integrity('static', filename='bah.js', _cdn=False) }}") == ""


def test_without_a_cdn(make_app: MakeApp) -> None:
    """A template may say so in an app that has no CDN, and in one that has none just now."""
    bare, idle = flask.Flask(__name__), make_app(CDN_DOMAIN=None)
    for app in (bare, idle):
        assert ask(app, "a.js", _cdn=False, _force_no_cdn=False) == "/static/a.js"


@pytest.mark.usefixtures("manifest")
def test_import_maps(make_app: MakeApp) -> None:
    """A module that stays with the app is in none."""
    app = make_app(**WITH_MANIFEST, CDN_FINGERPRINT="path", CDN_LOCAL_NAMES=["sw.js"])
    with app.test_request_context():
        text = render_template_string("{{ cdn_importmap() }}")

    names = json.loads(text.partition(">")[2].partition("<")[0])["imports"]
    assert list(names) == ["http://cdn.example.net/static/bah.js"]

"""The module in the peers' place: names, defaults, errors, and the rules that no replayed case has."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string

import flask_cdn_stack
from flask_cdn_stack.compat import flask_cdn
from flask_cdn_stack.compat.flask_cdn import CDN, CDNFileNotFoundInManifest, CDNManifestUrlError, url_for
from flask_cdn_stack.errors import ManifestError, MissingAssetError
from tests.conftest import ROOT

from .replay import Case, Manifests, Subject, replay

HOST = "cdn.example.net"
CHECKSUM = "afb9d1dccb6ae4b29df7a48dbd65fc4e"
SUBJECT = Subject("flask_cdn", CDN, url_for)
NO_TIME = {"CDN_TIMESTAMP": False}
MANIFEST = {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "{manifests}/ok"}
STRICT = MANIFEST | {"CDN_STRICT": True}
PLAIN = f"http://{HOST}/static/bah.js"
TIMED = f"{PLAIN}?t=1400000000"
LISTED = f"{PLAIN}?c={CHECKSUM}"
LOCAL = "/static/bah.js"

Shop = Callable[..., Flask]


@pytest.fixture
def make_shop(peer_root: Path, peer_manifests: Manifests) -> Shop:
    """Build an app with the CDN; config as keywords."""

    def make(**config: Any) -> Flask:
        app = Flask("shop", root_path=str(peer_root))
        app.config.update({"CDN_DOMAIN": HOST} | config)
        if "{manifests}" in config.get("CDN_MANIFEST_URL", ""):
            app.config["CDN_MANIFEST_URL"] = config["CDN_MANIFEST_URL"].format(manifests=peer_manifests.url)
        CDN(app)
        return app

    return make


def build(app: Flask, filename: str = "bah.js", **values: Any) -> str:
    """Return a URL as a page sees it."""
    with app.test_request_context():
        return url_for("static", filename=filename, **values)


@pytest.mark.parametrize(
    ("config", "call", "outcome"),
    [
        ({"CDN_TIMESTAMP": None}, {}, PLAIN),
        ({}, {"t": None, "z": 1}, f"{TIMED}&z=1"),
        ({}, {"v": []}, TIMED),
        (NO_TIME, {"v": True, "w": 1.5, "x": ""}, f"{PLAIN}?v=True&w=1.5&x="),
        (NO_TIME, {"_scheme": "ftp"}, f"ftp://{HOST}/static/bah.js"),
        ({"CDN_ENDPOINTS": ["admin.static"]}, {}, LOCAL),
        ({"CDN_DOMAIN": "cdn.example.net/../x"}, {}, "raises SettingsError"),
        (MANIFEST | {"CDN_TIMESTAMP": True}, {}, TIMED),
        (STRICT | {"CDN_MANIFEST_URL": "missing.txt"}, {}, "raises CDNManifestUrlError"),
    ],
)
def test_rule(
    config: dict[str, Any], call: dict[str, Any], outcome: str, peer_root: Path, peer_manifests: Manifests
) -> None:
    """The peers' rules beyond the cases that are replayed."""
    values = {"filename": "bah.js"} | call
    case = Case("", ("static", values), {}, config={"CDN_DOMAIN": HOST} | config)
    assert replay(case, SUBJECT, peer_root, peer_manifests).text == outcome


def test_public_names() -> None:
    """Are the peers', and can all be imported."""
    assert flask_cdn.__all__ == ["CDN", "CDNFileNotFoundInManifest", "CDNManifestUrlError", "url_for"]
    assert issubclass(CDN, flask_cdn_stack.CDN)
    assert url_for is flask_cdn_stack.url_for


def test_defaults_are_written(make_shop: Shop) -> None:
    """Into the app's config, where nothing is set, so that an app may read them there."""
    config = make_shop(CDN_HTTPS=True).config
    assert {key: config[key] for key in config if key.startswith("CDN_")} == {
        "CDN_DOMAIN": HOST,
        "CDN_HTTPS": True,
        "CDN_DEBUG": False,
        "CDN_TIMESTAMP": True,
        "CDN_ENDPOINTS": ["static"],
        "CDN_MANIFEST": False,
        "CDN_MANIFEST_URL": None,
    }


def test_nothing_is_written_twice() -> None:
    """An app that has a CDN already is refused, and its config stays as it was."""
    app = Flask("shop")
    flask_cdn_stack.CDN(app)
    before = dict(app.config)
    with pytest.raises(RuntimeError, match="has a CDN already"):
        CDN(app)
    assert app.config == before


@pytest.mark.parametrize("debug", [True, False])
def test_late_debug(make_shop: Shop, debug: bool) -> None:
    """``app.debug`` is followed from call to call, whatever it was when its default was written."""
    app = make_shop(DEBUG=debug)
    assert app.config["CDN_DEBUG"] is debug
    first = build(app)
    app.debug = not debug
    assert (first, build(app)) == ((LOCAL, TIMED) if debug else (TIMED, LOCAL))


def test_manifest_alone(make_shop: Shop, peer_manifests: Manifests) -> None:
    """Turns the time stamps off, also when it is set after ``init_app``; not those that were asked for."""
    late = make_shop()
    late.config.update(CDN_MANIFEST=True, CDN_MANIFEST_URL=f"{peer_manifests.url}/ok")
    assert build(make_shop(**MANIFEST)) == build(late) == LISTED
    assert build(make_shop(**MANIFEST, CDN_TIMESTAMP=True)) == TIMED


def test_endpoints_are_the_apps_own(make_shop: Shop) -> None:
    """The default list may be changed in place, for one app."""
    app, other = make_shop(), make_shop()
    app.config["CDN_ENDPOINTS"].append("media")
    for shop in (app, other):
        shop.add_url_rule("/media/<path:filename>", "media", lambda filename: "")
    with app.test_request_context():
        assert url_for("media", filename="pic.png") == f"http://{HOST}/media/pic.png"
    with other.test_request_context():
        assert url_for("media", filename="pic.png") == "/media/pic.png"


def test_file_not_in_manifest(make_shop: Shop) -> None:
    """The error has the peers' name, is this package's own too, and says what is missing."""
    with pytest.raises(CDNFileNotFoundInManifest, match=r"static/nope\.js is not in the manifest") as raised:
        build(make_shop(**STRICT), "nope.js")
    assert isinstance(raised.value, MissingAssetError)
    assert raised.value.hint


def test_file_without_time(make_shop: Shop) -> None:
    """Without a manifest, a missing file is not missing there."""
    with pytest.raises(MissingAssetError, match="has no file") as raised:
        build(make_shop(CDN_STRICT=True), "nope.js")
    assert not isinstance(raised.value, CDNFileNotFoundInManifest)


@pytest.mark.parametrize("call", ["url_for('static', filename='bah.js')", "cdn_importmap()"])
def test_unreadable_manifest(make_shop: Shop, call: str) -> None:
    """Every way to a manifest ends in the peers' error, at each call."""
    app = make_shop(**STRICT | {"CDN_MANIFEST_URL": "{manifests}/404"})
    for _ in range(2):
        with app.test_request_context(), pytest.raises(CDNManifestUrlError, match="answers 404") as raised:
            render_template_string("{{ " + call + " }}")
        assert isinstance(raised.value, ManifestError)


def test_reload(make_shop: Shop) -> None:
    """Reads the config again, and fails under the peers' name where the manifest cannot be read."""
    app = make_shop(**STRICT)
    assert build(app) == LISTED
    app.config["CDN_MANIFEST_URL"] = "missing.txt"
    with pytest.raises(CDNManifestUrlError):
        CDN.reload(app)
    app.config["CDN_MANIFEST"] = False
    CDN.reload(app)
    assert build(app) == TIMED


def test_import_by_the_peers_name(make_shop: Shop) -> None:
    """Finds this module, as Flask-Assets does with ``FLASK_ASSETS_USE_CDN``."""
    make_shop()
    assert importlib.import_module("flask_cdn") is flask_cdn


def load(module: str) -> set[str]:
    """Import a module in a fresh interpreter that has Flask, and return what that loads."""
    program = f"import flask, sys; had = set(sys.modules); import {module}; print(*(set(sys.modules) - had))"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_what_is_loaded() -> None:
    """What the extension loads, the module itself, and what lends it the peer's name."""
    own = {"flask_cdn_stack.compat", "flask_cdn_stack.compat.flask_cdn", "flask_cdn_stack.extension.peer_modules"}
    assert load("flask_cdn_stack.compat.flask_cdn") - load("flask_cdn_stack.extension.cdn") == own

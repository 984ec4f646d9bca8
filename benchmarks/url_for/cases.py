"""What is called, of whom, and how each contender is set up for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.config_file import ConfigValues, render_python

from .shop import ASSETS_OF_A_PAGE, CDN_HOST, add_item, add_language, add_page_size

#: The name of our own contender.
OURS = "flask-cdn-stack"

#: Stands in a case's settings for the address of the manifest's server.
MANIFEST_ADDRESS = "<address>"

CALL = "call('static', filename=name)"
PAGE = "render_template('page.html')"

#: Makes an app a contender's and returns its ``url_for``.
SetUp = Callable[[Flask, "Case"], Callable[..., str]]


@dataclass(frozen=True)
class Case:
    """One way to call a contender's ``url_for``, and the same call of Flask's own.

    :param statement: what is timed; ``call`` is the ``url_for`` and ``name`` a file name.
    :param shows: what the contender's answer has in it, so that nobody is measured while turned off.
    :param weight: how many calls of Flask's ``url_for`` one statement is worth, about.
    """

    name: str
    contender: str
    set_up: SetUp
    settings: Mapping[str, Any]
    shows: str
    statement: str = CALL
    path: str = "/"
    weight: int = 1
    url_defaults: tuple[Callable[[str, dict[str, Any]], None], ...] = ()


def read_generated_config(app: Flask, settings: Mapping[str, Any]) -> None:
    """Give the app the config file as it is generated, and the settings over it."""
    path = Path(app.root_path, "cdn_config.py")
    path.write_text(render_python(ConfigValues(CDN_HOST, https=True, manifest="cdn_manifest.txt")), "utf-8")
    app.config.from_pyfile(str(path))
    app.config.from_mapping(settings)


def set_up_ours(app: Flask, case: Case) -> Callable[..., str]:
    """Set up the extension."""
    read_generated_config(app, case.settings)
    CDN(app)
    return url_for


def set_up_ours_forgetful(app: Flask, case: Case) -> Callable[..., str]:
    """Set up the extension with a clock by which each call comes too late to remember a time stamp."""
    read_generated_config(app, case.settings)
    CDN().init_app(app, clock=count(step=2.0).__next__)
    return url_for


def set_up_flask_cdn(app: Flask, case: Case) -> Callable[..., str]:
    """Set up Flask-CDN or Flask-CDN-NG, whichever is installed as ``flask_cdn``."""
    peer = import_module("flask_cdn")
    app.config.from_mapping(CDN_DOMAIN=CDN_HOST, CDN_HTTPS=True, **case.settings)
    peer.CDN(app)
    return peer.url_for  # type: ignore[no-any-return]


def set_up_flask_s3(app: Flask, case: Case) -> Callable[..., str]:
    """Set up Flask-S3 with a CDN in front of the bucket."""
    peer = import_module("flask_s3")
    app.config.from_mapping(FLASKS3_BUCKET_NAME="shop", FLASKS3_CDN_DOMAIN=CDN_HOST)
    peer.FlaskS3(app)
    return peer.url_for  # type: ignore[no-any-return]


def set_up_static_digest(app: Flask, case: Case) -> Callable[..., str]:
    """Set up Flask-Static-Digest; templates call it by the usual name."""
    peer = import_module("flask_static_digest")
    app.config["FLASK_STATIC_DIGEST_HOST_URL"] = f"https://{CDN_HOST}"
    call: Callable[..., str] = peer.FlaskStaticDigest(app).static_url_for
    app.jinja_env.globals["url_for"] = call
    return call


_ON_CDN = f"https://{CDN_HOST}/static/css/part-000.css"
_GENERATED = f"{_ON_CDN}?c="
_STAMPED = f"{_ON_CDN}?t="
_TIMESTAMP = {"CDN_TIMESTAMP": True, "CDN_MANIFEST": False}
_NEITHER = {"CDN_TIMESTAMP": False, "CDN_MANIFEST": False}
_NG, _CDN, _S3, _DIGEST = "Flask-CDN-NG", "Flask-CDN", "Flask-S3", "Flask-Static-Digest"
_NG_MANIFEST = {"CDN_TIMESTAMP": False, "CDN_MANIFEST": True, "CDN_MANIFEST_URL": MANIFEST_ADDRESS}
_DIGESTED = f"https://{CDN_HOST}/static/css/part-000-"

#: Fetching and reading a manifest takes as long as some hundred calls.
_FETCH = 500

CASES = (
    Case("generated", OURS, set_up_ours, {}, _GENERATED),
    Case("as requested", OURS, set_up_ours, {"CDN_HTTPS": None}, _GENERATED),
    Case("url_defaults", OURS, set_up_ours, {}, _GENERATED, url_defaults=(add_page_size, add_item)),
    Case("language", OURS, set_up_ours, {}, _GENERATED, url_defaults=(add_language,)),
    Case("flask.url_for", OURS, set_up_ours, {}, _GENERATED, "flask_url_for('static', filename=name)"),
    Case("timestamp", OURS, set_up_ours, _TIMESTAMP, _STAMPED),
    Case("timestamp forgotten", OURS, set_up_ours_forgetful, _TIMESTAMP, _STAMPED),
    Case("neither", OURS, set_up_ours, _NEITHER, _ON_CDN),
    Case("query", OURS, set_up_ours, {}, f"{_ON_CDN}?lang=en&c=", "call('static', filename=name, lang='en')"),
    Case("anchor", OURS, set_up_ours, {}, "#top", "call('static', filename=name, _anchor='top')"),
    Case("relative", OURS, set_up_ours, {}, f"{CDN_HOST}/admin/", "call('.static', filename=name)", "/admin/"),
    Case("missing", OURS, set_up_ours, {}, "/static/no/", "call('static', filename='no/' + name)"),
    Case("view", OURS, set_up_ours, {}, "/section-7/3", "call('section_7', item=3)"),
    Case("page", OURS, set_up_ours, {}, _GENERATED, PAGE, weight=ASSETS_OF_A_PAGE),
    Case("NG", _NG, set_up_flask_cdn, _NEITHER, _ON_CDN),
    Case("NG manifest", _NG, set_up_flask_cdn, _NG_MANIFEST, _GENERATED, weight=_FETCH),
    Case("NG timestamp", _NG, set_up_flask_cdn, {}, _STAMPED),
    Case("NG page", _NG, set_up_flask_cdn, _NEITHER, _ON_CDN, PAGE, weight=ASSETS_OF_A_PAGE),
    Case("CDN", _CDN, set_up_flask_cdn, _NEITHER, _ON_CDN),
    Case("CDN timestamp", _CDN, set_up_flask_cdn, {}, _STAMPED),
    Case("CDN page", _CDN, set_up_flask_cdn, _NEITHER, _ON_CDN, PAGE, weight=ASSETS_OF_A_PAGE),
    Case("S3", _S3, set_up_flask_s3, {}, _ON_CDN),
    Case("S3 page", _S3, set_up_flask_s3, {}, _ON_CDN, PAGE, weight=ASSETS_OF_A_PAGE),
    Case("digest", _DIGEST, set_up_static_digest, {}, _DIGESTED),
    Case("digest page", _DIGEST, set_up_static_digest, {}, _DIGESTED, PAGE, weight=ASSETS_OF_A_PAGE),
)

"""``FlaskS3``: when URLs are the app's own, which settings count, and what is written into the config."""

from __future__ import annotations

import inspect
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_cdn_stack import CDN
from flask_cdn_stack.compat import create_all as create_all_module
from flask_cdn_stack.compat.flask_s3 import FlaskS3, create_all
from flask_cdn_stack.errors import SettingsError
from tests.conftest import ROOT

from .s3_app import BUSTING, GZ, NEW, OLD, S3, ask, make_app

LOCAL = "/static/bah.js"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An app with blueprints, without S3."""
    return make_app(tmp_path)


@pytest.mark.parametrize(
    ("config", "late", "expected"),
    [
        ({**NEW, "FLASKS3_ACTIVE": False}, {}, LOCAL),
        (NEW, {"USE_S3": False}, LOCAL),
        (NEW, {"FLASKS3_OVERRIDE_TESTING": "false"}, LOCAL),
        ({**NEW, "DEBUG": True}, {"DEBUG": False}, LOCAL),
        ({"S3_CACHE_BUSTING": True, "DEBUG": True}, {"DEBUG": False}, LOCAL),
        ({}, NEW, f"{S3}/static/bah.js"),
        ({}, BUSTING, f"{S3}/static/bah.js?91b4ba"),
        (NEW, {"S3_USE_HTTPS": False, "S3_BUCKET_NAME": "the app's own"}, f"{S3}/static/bah.js"),
        ({"FLASKS3_ENDPOINT_URL": "http://127.0.0.1:9000"}, OLD, f"{GZ}/static/bah.js"),
        (OLD, {"S3_URL_SCHEME": "http"}, "http://foo.s3.amazonaws.com/static/bah.js"),
        (OLD, {"USE_GZIP": True}, f"{GZ}/static/bah.js.gz"),
        ({"DEBUG": True}, {**OLD, "USE_S3_DEBUG": True}, f"{GZ}/static/bah.js"),
        ({**NEW, "DEBUG": True}, {"FLASKS3_DEBUG": True}, f"{S3}/static/bah.js"),
        ({**NEW, "FLASKS3_OVERRIDE_TESTING": False}, {"TESTING": False}, f"{S3}/static/bah.js"),
    ],
    ids=str,
)
def test_settings_after_init_count(app: Flask, config: dict[str, Any], late: dict[str, Any], expected: str) -> None:
    """Those before it too: what it wrote never beats what the app set, be it with an older name or later."""
    app.config.update(config)
    FlaskS3(app)
    app.config.update(late)
    assert ask(app) == expected


@pytest.mark.parametrize("config", [NEW, OLD], ids=["new", "old"])
def test_debugging_is_seen_per_call(app: Flask, config: dict[str, str]) -> None:
    app.config.update(config)
    FlaskS3(app)
    remote = ask(app)
    app.debug = True
    assert ask(app) == "/static/bah.js"
    app.debug = False
    assert ask(app) == remote


def test_reload(app: Flask) -> None:
    app.config.update(NEW)
    FlaskS3(app)
    assert CDN.csp_source(app) == S3
    app.config["FLASKS3_ACTIVE"] = False
    CDN.reload(app)
    assert ask(app) == "/static/bah.js"


@pytest.mark.parametrize("config", [{}, {"FLASKS3_BUCKET_NAME": None}, {"S3_PREFIX": "v1"}], ids=str)
def test_no_bucket_is_an_error_of_static_urls_alone(app: Flask, config: dict[str, Any]) -> None:
    app.config.update(config)
    FlaskS3(app)
    assert ask(app, "index", None) == "/"
    with pytest.raises(SettingsError, match="FLASKS3_BUCKET_NAME"):
        ask(app)
    with pytest.raises(SettingsError, match="FLASKS3_BUCKET_NAME"):
        CDN.csp_source(app)
    app.debug = True
    assert ask(app) == "/static/bah.js"
    assert CDN.csp_source(app) == ""


@pytest.mark.parametrize(
    ("config", "written"),
    [
        ({}, {"FLASKS3_ACTIVE": True, "FLASKS3_USE_HTTPS": True, "FLASKS3_PREFIX": "", "FLASKS3_HEADERS": {}}),
        ({**NEW, "DEBUG": True, "FLASKS3_ACTIVE": True}, {"FLASKS3_ACTIVE": False, "FLASKS3_DEBUG": False}),
        (OLD, {"USE_S3": True, "S3_URL_SCHEME": None, "S3_USE_HTTPS": None, "S3_BUCKET_DOMAIN": "s3.amazonaws.com"}),
        ({**OLD, "S3_USE_HTTPS": False, "S3_URL_SCHEME": "https"}, {"S3_URL_SCHEME": "https"}),
        ({**BUSTING, "DEBUG": True}, {"USE_S3": False, "S3_USE_HTTPS": True, "S3_ONLY_MODIFIED": False}),
        ({**OLD, "DEBUG": True, "USE_S3": True}, {"USE_S3": False, "USE_S3_DEBUG": False, "USE_GZIP": False}),
        ({**OLD, "DEBUG": True, "USE_S3_DEBUG": True}, {"USE_S3": True}),
        ({**OLD, "S3_GZIP": True}, {"USE_S3": True, "S3_USE_HTTP": False, "S3_URL_STYLE": "host"}),
        ({**NEW, "USE_S3_DEBUG": True, "DEBUG": True}, {"USE_S3": True, "FLASKS3_ACTIVE": True}),
    ],
    ids=str,
)
def test_config_after_init(app: Flask, config: dict[str, Any], written: dict[str, Any]) -> None:
    """The defaults of the peer that the config was written for, where it does not say otherwise."""
    app.config.update(config)
    FlaskS3(app)
    assert {key: app.config[key] for key in written} == written


def test_new_names_get_no_old_defaults(app: Flask) -> None:
    """An app's own names that begin with S3_ stay its own."""
    app.config.update(NEW, S3_BUCKET_NAME="uploads", S3_USE_HTTPS="the app's own", DEBUG=True)
    before = {key for key in app.config if not key.startswith("FLASKS3_")}
    FlaskS3(app)
    assert {key for key in app.config if not key.startswith("FLASKS3_")} == before


def test_old_names_get_no_new_defaults(app: Flask) -> None:
    app.config.update(OLD)
    FlaskS3(app)
    assert not any(key.startswith("FLASKS3_") for key in app.config)


def test_apps_share_no_default() -> None:
    apps = [Flask("one"), Flask("two")]
    extension = FlaskS3()
    for app in apps:
        extension.init_app(app)
    apps[0].config["FLASKS3_HEADERS"]["X-Mine"] = "1"
    assert apps[1].config["FLASKS3_HEADERS"] == {}


def test_second_call_is_refused_and_changes_nothing(app: Flask) -> None:
    CDN(app)
    with pytest.raises(RuntimeError, match="has a CDN already"):
        FlaskS3(app)
    assert not any(key.startswith("FLASKS3_") for key in app.config)


def test_the_peers_logger(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """Who sets its level hears of the upload."""
    FlaskS3(app)
    from flask_s3 import logger  # type: ignore[import-not-found]

    caplog.set_level(logging.INFO, logger.name)
    create_all(Flask("shop", static_folder=None), bucket_name="foo")
    assert caplog.messages[-1] == "There is nothing to upload."


def test_create_all_has_the_signature_of_the_upload() -> None:
    """Beside a boolean in the place where Flask-S3-gzip has ``force_refresh``."""
    ours, upload = (inspect.signature(it).parameters.values() for it in (create_all, create_all_module.create_all))
    assert [(it.name, it.kind, it.default) for it in ours] == [(it.name, it.kind, it.default) for it in upload]


def test_create_all_as_flask_s3_gzip_has_it(tmp_path: Path) -> None:
    """Its seventh argument is no regular expression; without files there is nothing else to do."""
    app = Flask("shop", root_path=str(tmp_path), static_folder=None)
    create_all(app, "user", "password", "foo", "", False, True)


@pytest.mark.parametrize(
    "config",
    [{"FLASKS3_HEADERS": {"Expires": "access plus 1 year"}}, {"FLASKS3_ENDPOINT_URL": 5}],
)
def test_what_matters_to_uploads_alone_breaks_no_page(app: Flask, config: dict[str, Any]) -> None:
    """A wrong value is an error of the upload's; URLs are built without it."""
    app.config.update(NEW, **config)
    FlaskS3(app)
    assert ask(app) == f"{S3}/static/bah.js"
    with pytest.raises(SettingsError, match=next(iter(config))):
        create_all(app)


def test_import_needs_flask_and_the_standard_library() -> None:
    """The upload, with all that talks to AWS, is loaded when it is called; a table of content types with twins."""
    code = (
        "import sys, flask; from flask_cdn_stack.compat.flask_s3 import FlaskS3, create_all, url_for;"
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    loaded = set(run.stdout.split())
    assert "flask_cdn_stack.compat.flask_s3" in loaded
    assert loaded.isdisjoint({"boto3", "botocore", "obstore", "msgspec", "yaml", "rich", "flask_s3"})
    assert loaded.isdisjoint({"flask_cdn_stack.compat.create_all", "flask_cdn_stack.aws", "flask_cdn_stack.assets"})

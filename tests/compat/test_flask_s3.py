"""``url_for`` of the peer: its URLs in all three dialects, and how files become digits in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import flask
import pytest
from flask import Flask

from flask_cdn_stack.compat.flask_s3 import FlaskS3

from .s3_app import BUSTING, GZ, NEW, OLD, S3, TWINS, ask, make_app


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An app with blueprints, without S3."""
    return make_app(tmp_path)


@pytest.mark.parametrize(
    ("config", "filename", "values", "expected"),
    [
        ({**NEW, "FLASKS3_PREFIX": "/Release/V1/"}, "bah.js", {}, f"{S3}/Release/V1/static/bah.js"),
        (NEW, "bah.js", {"_anchor": "sec"}, f"{S3}/static/bah.js#sec"),
        (NEW, "a+b c.js", {}, f"{S3}/static/a%2Bb%20c.js"),
        ({**OLD, "S3_CDN_DOMAIN": "d111.cloudfront.net/"}, "bah.js", {}, "//d111.cloudfront.net/static/bah.js"),
        (OLD, "bah.js", {"_external": True}, f"{GZ}/static/bah.js"),
        (TWINS, "css/app.css", {"v": "2"}, f"{GZ}/static/css/app.css.gz?v=2"),
        (TWINS, "CSS/APP.CSS", {}, f"{GZ}/static/CSS/APP.CSS.gz"),
        (TWINS, "site.less", {}, f"{GZ}/static/site.less.gz"),
        (TWINS, "app.css.gz", {}, f"{GZ}/static/app.css.gz"),
        ({**TWINS, "S3_GZIP_CONTENT_TYPES": ["Text/CSS; charset=utf-8"]}, "app.css", {}, f"{GZ}/static/app.css.gz"),
        ({**TWINS, "S3_GZIP_CONTENT_TYPES": ["text/html"]}, "app.css", {}, f"{GZ}/static/app.css"),
        ({**TWINS, "S3_GZIP_CONTENT_TYPES": ["text/html"]}, "a.html", {}, f"{GZ}/static/a.html.gz"),
        (BUSTING, "bah.js", {"_anchor": "sec"}, f"{S3}/static/bah.js?91b4ba#sec"),
        (BUSTING, "css", {}, f"{S3}/static/css"),
        (BUSTING, "a\0b.js", {}, f"{S3}/static/a%00b.js"),
        ({**BUSTING, "USE_GZIP": True}, "bah.js", {}, f"{S3}/static/bah.js.gz?91b4ba"),
        ({**BUSTING, **NEW, "S3_PREFIX": "own", "USE_GZIP": True}, "bah.js", {}, f"{S3}/static/bah.js"),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_url(app: Flask, config: dict[str, Any], filename: str, values: dict[str, Any], expected: str) -> None:
    app.config.update(config)
    FlaskS3(app)
    assert ask(app, filename=filename, **values) == expected
    assert ask(app, filename=filename, **values) == expected, "and again from memory"


@pytest.mark.parametrize(
    ("endpoint", "filename", "expected"),
    [
        ("admin.static", "both.js", f"{S3}/admin/admin_static/both.js?542742"),
        ("static", "both.js", f"{S3}/static/both.js?1220f1"),
        ("static", "../secret.txt", f"{S3}/static/../secret.txt"),
    ],
)
def test_digits_are_of_the_endpoints_own_file(app: Flask, endpoint: str, filename: str, expected: str) -> None:
    """Also where another folder has a file of that name; nothing outside the folder is read."""
    app.config.update(BUSTING)
    FlaskS3(app)
    assert ask(app, endpoint, filename) == expected


def test_digits_follow_the_file(app: Flask, tmp_path: Path) -> None:
    """A changed file is seen within a second, also where its size and the whole second of its time stay."""
    now = [1000.0]
    app.config.update(BUSTING)
    FlaskS3().init_app(app, clock=lambda: now[0])
    file = tmp_path / "static/bah.js"
    os.utime(file, ns=(10**18, 10**18))
    assert ask(app).endswith("?91b4ba")
    file.write_text("app BAH\n")
    os.utime(file, ns=(10**18 + 1, 10**18 + 1))
    now[0] += 0.5
    assert ask(app).endswith("?91b4ba"), "the file is looked at once a second"
    now[0] += 0.6
    assert ask(app).endswith("?c6e863")
    file.unlink()
    now[0] += 1.1
    assert ask(app).endswith("/static/bah.js")


def test_relative_endpoint_and_templates(app: Flask) -> None:
    app.config.update(NEW)
    FlaskS3(app)
    client = app.test_client()
    assert client.get("/").text == f"{S3}/static/bah.js"
    assert client.get("/admin/bp-page").text == f"{S3}/admin/admin_static/adm.js"


@pytest.mark.parametrize("is_set", [True, False], ids=["override", "default"])
def test_flasks_own_url_for(app: Flask, is_set: bool) -> None:
    """Python code keeps Flask's, as with the peer, unless ``CDN_OVERRIDE_FLASK_URL_FOR`` is set."""
    app.config.update(NEW, **({"CDN_OVERRIDE_FLASK_URL_FOR": True} if is_set else {}))
    FlaskS3(app)
    with app.test_request_context("/"):
        found = flask.url_for("static", filename="bah.js")
    assert found == (f"{S3}/static/bah.js" if is_set else "/static/bah.js")

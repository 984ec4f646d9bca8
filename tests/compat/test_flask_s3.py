"""``url_for`` of the peer: its URLs in all three dialects, and how files become digits in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import flask
import pytest
from flask import Flask
from werkzeug.routing import BuildError

from flask_cdn_stack.compat.flask_s3 import FlaskS3, url_for

from .s3_app import BUSTING, GZ, NEW, OLD, S3, TWINS, ask, make_app


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An app with blueprints, without S3."""
    return make_app(tmp_path)


@pytest.mark.parametrize(
    ("config", "filename", "values", "expected"),
    [
        (NEW, "bah.js", {}, f"{S3}/static/bah.js"),
        ({**NEW, "FLASKS3_USE_HTTPS": False}, "bah.js", {}, "http://foo.s3.amazonaws.com/static/bah.js"),
        ({**NEW, "FLASKS3_URL_STYLE": "path"}, "bah.js", {}, "https://s3.amazonaws.com/foo/static/bah.js"),
        ({"FLASKS3_CDN_DOMAIN": "d111.cloudfront.net"}, "bah.js", {}, "https://d111.cloudfront.net/static/bah.js"),
        ({**NEW, "FLASKS3_PREFIX": "/Release/V1/"}, "bah.js", {}, f"{S3}/Release/V1/static/bah.js"),
        (NEW, "nope.js", {}, f"{S3}/static/nope.js"),
        (NEW, "bah.js", {"v": "2"}, f"{S3}/static/bah.js?v=2"),
        (NEW, "bah.js", {"_anchor": "sec"}, f"{S3}/static/bah.js#sec"),
        (NEW, "bah.js", {"_external": True, "_method": "GET"}, f"{S3}/static/bah.js"),
        (NEW, "bah.js", {"_scheme": "http"}, "http://foo.s3.amazonaws.com/static/bah.js"),
        (NEW, "bah.js", {"_scheme": None}, f"{GZ}/static/bah.js"),
        (NEW, "bah.js", {"_scheme": ""}, f"{GZ}/static/bah.js"),
        (NEW, "a+b c.js", {}, f"{S3}/static/a%2Bb%20c.js"),
        ({**NEW, "S3_CDN_DOMAIN": "d111.cloudfront.net"}, "bah.js", {}, "https://d111.cloudfront.net/static/bah.js"),
        (OLD, "bah.js", {}, f"{GZ}/static/bah.js"),
        ({**OLD, "S3_URL_SCHEME": "https"}, "bah.js", {}, f"{S3}/static/bah.js"),
        ({**OLD, "S3_PREFIX": "/V1/"}, "bah.js", {}, f"{GZ}/V1/static/bah.js"),
        (OLD, "bah.js", {"_external": True}, f"{GZ}/static/bah.js"),
        (TWINS, "css/app.css", {}, f"{GZ}/static/css/app.css.gz"),
        (TWINS, "css/app.css", {"v": "2"}, f"{GZ}/static/css/app.css.gz?v=2"),
        (TWINS, "CSS/APP.CSS", {}, f"{GZ}/static/CSS/APP.CSS.gz"),
        (TWINS, "site.less", {}, f"{GZ}/static/site.less.gz"),
        (TWINS, "nope.css", {}, f"{GZ}/static/nope.css.gz"),
        (TWINS, "bah.js", {}, f"{GZ}/static/bah.js.gz"),
        (TWINS, "logo.png", {}, f"{GZ}/static/logo.png"),
        (TWINS, "app.css.gz", {}, f"{GZ}/static/app.css.gz"),
        ({**TWINS, "S3_GZIP_CONTENT_TYPES": ["text/html"]}, "app.css", {}, f"{GZ}/static/app.css"),
        ({**TWINS, "S3_GZIP_CONTENT_TYPES": ["text/html"]}, "a.html", {}, f"{GZ}/static/a.html.gz"),
        ({**TWINS, "USE_GZIP": "false"}, "app.css", {}, f"{GZ}/static/app.css"),
        (BUSTING, "bah.js", {}, f"{S3}/static/bah.js?91b4ba"),
        (BUSTING, "bah.js", {"_anchor": "sec"}, f"{S3}/static/bah.js?91b4ba#sec"),
        (BUSTING, "bah.js", {"v": "2"}, f"{S3}/static/bah.js?v=2"),
        (BUSTING, "nope.js", {}, f"{S3}/static/nope.js"),
        (BUSTING, "css", {}, f"{S3}/static/css"),
        (BUSTING, "a\0b.js", {}, f"{S3}/static/a%00b.js"),
        ({**BUSTING, "S3_URL_SCHEME": ""}, "bah.js", {}, f"{S3}/static/bah.js?91b4ba"),
        ({**BUSTING, "USE_GZIP": True}, "bah.js", {}, f"{S3}/static/bah.js.gz?91b4ba"),
        ({**BUSTING, **NEW, "FLASKS3_PREFIX": "v1"}, "bah.js", {}, f"{S3}/v1/static/bah.js?91b4ba"),
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
        ("admin.static", "adm.js", f"{S3}/admin/admin_static/adm.js?dea74f"),
        ("admin.static", "both.js", f"{S3}/admin/admin_static/both.js?542742"),
        ("parent.child.static", "kid.js", f"{S3}/parent/child/child_static/kid.js?ceaccb"),
        ("static", "both.js", f"{S3}/static/both.js?1220f1"),
        ("static", "../secret.txt", f"{S3}/static/../secret.txt"),
    ],
)
def test_digits_are_of_the_endpoints_own_file(app: Flask, endpoint: str, filename: str, expected: str) -> None:
    """Also where another folder has a file of that name; nothing outside the folder is read."""
    app.config.update(BUSTING)
    FlaskS3(app)
    assert ask(app, endpoint, filename) == expected


def test_absolute_file_name_is_not_read(app: Flask, tmp_path: Path) -> None:
    app.config.update(BUSTING)
    FlaskS3(app)
    assert "?" not in ask(app, filename=str(tmp_path / "secret.txt"))


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


def test_ordinary_endpoints_and_other_views_are_flasks(app: Flask) -> None:
    """Also a view that happens to be called ``static``, and what cannot be built."""
    app.config.update(NEW)
    FlaskS3(app)
    assert ask(app, "index", None) == "/"
    assert ask(app, "page.static", None) == "/about"
    with pytest.raises(BuildError):
        ask(app, filename=None)


def test_relative_endpoint_and_templates(app: Flask) -> None:
    app.config.update(NEW)
    FlaskS3(app)
    client = app.test_client()
    assert client.get("/").text == f"{S3}/static/bah.js"
    assert client.get("/admin/bp-page").text == f"{S3}/admin/admin_static/adm.js"


def test_mount_point_and_scheme_of_the_request_do_not_count(app: Flask) -> None:
    app.config.update(NEW)
    FlaskS3(app)
    assert app.test_client().get("/", base_url="http://localhost/sub").text == f"{S3}/static/bah.js"


def test_app_context_is_enough(app: Flask) -> None:
    app.config.update(NEW)
    FlaskS3(app)
    with app.app_context():
        assert url_for("static", filename="bah.js") == f"{S3}/static/bah.js"


def test_url_defaults_apply(app: Flask) -> None:
    app.config.update(NEW)
    FlaskS3(app)

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        values.setdefault("v", "x")

    assert ask(app) == f"{S3}/static/bah.js?v=x"


@pytest.mark.parametrize("is_set", [True, False], ids=["override", "default"])
def test_flasks_own_url_for(app: Flask, is_set: bool) -> None:
    """Python code keeps Flask's, as with the peer, unless ``CDN_OVERRIDE_FLASK_URL_FOR`` is set."""
    app.config.update(NEW, **({"CDN_OVERRIDE_FLASK_URL_FOR": True} if is_set else {}))
    FlaskS3(app)
    with app.test_request_context("/"):
        found = flask.url_for("static", filename="bah.js")
    assert found == (f"{S3}/static/bah.js" if is_set else "/static/bah.js")

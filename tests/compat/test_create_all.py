"""Flask-S3's upload: which files, under which keys, to which bucket, as whom."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from flask import Blueprint, Flask

from flask_cdn_stack.compat import flask_s3
from flask_cdn_stack.compat.create_all import create_all
from flask_cdn_stack.compat.flask_s3 import FlaskS3
from flask_cdn_stack.errors import AssetError, SettingsError
from tests.compat.s3_account import Account

CSS = {"static/css/app.css": "body { color: black }\n"}


def test_bytes_and_type(account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Are what a browser needs; the log says what was done."""
    caplog.set_level(logging.INFO, "flask_cdn_stack")
    create_all(account.make_app(tmp_path, CSS | {"static/pic": b"\x00", "static/ü/a+b.js": "1"}))

    assert account.list_keys() == ["static/css/app.css", "static/pic", "static/ü/a+b.js"]
    assert account.body("static/css/app.css") == b"body { color: black }\n"
    assert account.head("static/css/app.css")["ContentType"] == "text/css; charset=utf-8"
    assert account.head("static/pic")["ContentType"] == "application/octet-stream"
    assert not account.is_public()
    assert not account.is_public("static/pic")
    assert caplog.messages == [
        f"Created the bucket {account.bucket} in us-east-1.",
        f"Uploaded 3 files to {account.bucket}; 0 had not changed.",
    ]


def add_blueprints(app: Flask) -> None:
    """Add blueprints with prefixes of every kind."""
    place: dict[str, Any] = {"import_name": "shop", "root_path": app.root_path}
    built = Blueprint("built", url_prefix="/built", static_folder="one", **place)
    registered = Blueprint("registered", static_folder="one", url_prefix="/never", **place)
    parent = Blueprint("parent", url_prefix="/parent", **place)
    parent.register_blueprint(Blueprint("child", url_prefix="/child", static_folder="two", **place))
    app.register_blueprint(built)
    app.register_blueprint(registered, url_prefix="/Panel")
    app.register_blueprint(parent)


@pytest.mark.parametrize("prefix", ["", "/Release/V1/"])
def test_every_url_has_its_key(account: Account, tmp_path: Path, prefix: str) -> None:
    """Blueprints that are nested, or got their prefix when they were registered, and a prefix's case."""
    files = {"static/a.js": "1", "one/b.js": "2", "two/c d.js": "3"}
    app = account.make_app(tmp_path, files, FLASKS3_PREFIX=prefix)
    add_blueprints(app)
    create_all(app)

    with app.test_request_context():
        paths = [
            app.url_for("static", filename="a.js"),
            app.url_for("built.static", filename="b.js"),
            app.url_for("registered.static", filename="b.js"),
            app.url_for("parent.child.static", filename="c d.js").replace("%20", " "),
        ]
    assert account.list_keys() == sorted(prefix.strip("/") + path if prefix else path[1:] for path in paths)


@pytest.mark.parametrize("gzip", [False, True])
def test_the_extensions_urls(account: Account, tmp_path: Path, gzip: bool) -> None:
    """Lead to objects that were uploaded, compressed twins too."""
    files = {"static/a+b.js": "1", "static/ü/c d.css": "2", "one/pic.png": "3"}
    app = account.make_app(tmp_path, files, S3_PREFIX="Release", USE_GZIP=gzip)
    add_blueprints(app)
    FlaskS3(app)
    flask_s3.create_all(app)

    with app.test_request_context():
        urls = [
            flask_s3.url_for("static", filename="a+b.js"),
            flask_s3.url_for("static", filename="ü/c d.css"),
            flask_s3.url_for("registered.static", filename="pic.png"),
        ]
    assert {unquote(urlsplit(url).path)[1:] for url in urls} <= set(account.list_keys())
    assert [url.endswith(".gz") for url in urls] == [gzip, gzip, False]


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        ("^css/", ["built/one/css/b.css", "static/css/app.css"]),
        ("^static", []),
        ("", ["built/one/css/b.css", "static/a.js", "static/css/app.css", "static/top.css"]),
    ],
)
def test_filter(account: Account, tmp_path: Path, pattern: str, keys: list[str]) -> None:
    """Is searched in the path relative to each static folder."""
    app = account.make_app(tmp_path, CSS | {"static/a.js": "1", "static/top.css": "2", "one/css/b.css": "3"})
    add_blueprints(app)
    account.s3.create_bucket(Bucket=account.bucket)
    create_all(app, filepath_filter_regex=pattern)

    assert [key for key in account.list_keys() if not key.startswith("Panel/")] == keys


@pytest.mark.parametrize("folder", [None, "nope"])
def test_no_static_folder(
    account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture, folder: str | None
) -> None:
    """Needs no bucket and no credentials; one that is missing is warned of."""
    app = Flask("shop", root_path=str(tmp_path), static_folder=folder)
    app.config.update(FLASKS3_BUCKET_NAME=account.bucket, FLASKS3_ENDPOINT_URL="http://127.0.0.1:1")
    create_all(app)

    missing = [f"static: there is no static folder {tmp_path / 'nope'}."] if folder else []
    assert caplog.messages == [*missing, "The app has no static files to publish."]


def test_a_shadowed_file(account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Is not uploaded: its URL leads elsewhere."""
    app = account.make_app(tmp_path, CSS | {"static/a.js": "1"})
    app.add_url_rule("/static/a.js", "view", lambda: "")
    create_all(app)

    assert account.list_keys() == ["static/css/app.css"]
    assert caplog.messages == ["/static/a.js is not uploaded: at that path the app serves something else."]


@pytest.mark.parametrize("pattern", ["(", b"css", 7])
def test_a_filter_that_is_no_expression(account: Account, tmp_path: Path, pattern: Any) -> None:
    """Is refused before anything happens."""
    with pytest.raises(SettingsError, match=r"filepath_filter_regex is .*regular expression") as caught:
        create_all(account.make_app(tmp_path, CSS), filepath_filter_regex=pattern)

    assert caught.value.hint


def test_a_file_that_has_no_key(account: Account, tmp_path: Path) -> None:
    """Is refused before anything is uploaded, by name; what is said to do then helps."""
    app = account.make_app(tmp_path, CSS | {"static/a\x01b": "1"})
    with pytest.raises(AssetError, match="which S3 cannot list") as caught:
        create_all(app)
    create_all(app, filepath_filter_regex=r"\.css$")

    assert caught.value.hint == "Rename the file, or leave it out with filepath_filter_regex."
    assert account.list_keys() == ["static/css/app.css"]

"""The settings file that is made of an app's config: what can be said passes the checks, and the rest is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_cdn_stack import CDN
from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.compat import flask_cdn, flask_s3
from flask_cdn_stack.compat.new_places import NEW_PLACES
from flask_cdn_stack.compat.s3_settings import choose_names
from flask_cdn_stack.compat.settings_file import CarriedOver, carry_over
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.settings.load import load_project, read_settings_file

from .replay import DATA
from .s3_app import NEW, OLD

PEERS = json.loads((DATA / "peer_names.json").read_text("utf-8"))

#: A value for each kind of setting, by the end of its name.
VALUES: dict[str, Any] = {
    "AWS_ACCESS_KEY_ID": "AKIAHUSH",
    "AWS_SECRET_ACCESS_KEY": "hush",
    "CDN_DOMAIN": "cdn.example/assets",
    "MANIFEST_URL": "https://u:hush@cdn.example/m.txt",
    "ENDPOINTS": ["static", "media"],
    "VERSION": "7",
    "BUCKET_NAME": "shop-files",
    "BUCKET_DOMAIN": "s3.example.net",
    "ENDPOINT_URL": "http://u:hush@127.0.0.1:9000",
    "URL_STYLE": "path",
    "PREFIX": "v1/shop",
    "REGION": "eu-west-1",
    "FILEPATH_HEADERS": {r"\.css$": {"X-A": "1"}, "^/srv/": {"X-B": "2"}},
    "HEADERS": {"cache-control": "max-age=60", "X-Robots-Tag": "noindex"},
    "CACHE_CONTROL": "max-age=9",
    "GZIP_CONTENT_TYPES": ["text/css"],
    "ONLY_EXTS": [".js"],
    "URL_SCHEME": "http",
    "COCURRENCY": 8,
}


def find_value(name: str) -> Any:
    if name.endswith("USE_CACHE_CONTROL"):
        return True
    return next((value for end, value in VALUES.items() if name.endswith(end)), True)


def make(extension: Any = None, import_path: str | None = None, **config: Any) -> CarriedOver:
    app = Flask("shop")
    app.config.update(config)
    if extension is not None:
        extension(app)
    return carry_over(app, import_path)


def read(carried: CarriedOver, folder: Path) -> dict[str, Any]:
    """Return what the file says, after the checks of every command."""
    file = folder / "flask-cdn-stack.yml"
    file.write_text(carried.text, "utf-8")
    check_settings(load_project(folder, file=file).settings)
    return read_settings_file(file)


def make_rule(match: str, **headers: str) -> dict[str, Any]:
    return {"match": match, "set": {name.replace("_", "-"): value for name, value in headers.items()}}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (NEW | {"FLASKS3_REGION": "eu-west-1"}, {"bucket": {"existing": "foo", "region": "eu-west-1"}}),
        ({"FLASKS3_REGION": "eu-west-1"}, {"region": "eu-west-1"}),
        ({"FLASKS3_USE_HTTPS": False}, {"delivery": {"viewer_protocol": "allow-all"}}),
        ({"S3_URL_SCHEME": "http"}, {"delivery": {"viewer_protocol": "allow-all"}}),
        ({"S3_USE_HTTP": False, "S3_GZIP": False, "S3_FILEPATH_HEADERS": {}}, {}),
        ({"S3_PREFIX": "/v1/", "S3_GZIP": True}, {"assets": {"prefix": "v1", "gzip": True}}),
        (
            {"S3_HEADERS": {"expires": "2032-01-01", "X-A": 1}},
            {"assets": {"headers": [make_rule("**", Expires="Thu, 01 Jan 2032 00:00:00 GMT", x_amz_meta_X_A="1")]}},
        ),
        (
            {"FLASKS3_USE_CACHE_CONTROL": True, "FLASKS3_CACHE_CONTROL": "max-age=9"},
            {"assets": {"headers": [make_rule("**", Cache_Control="max-age=9")]}},
        ),
        (
            {"FLASKS3_FILEPATH_HEADERS": {r"\.(css|js)$": {"Cache-Control": "no-cache"}}},
            {"assets": {"headers": [make_rule(glob, Cache_Control="no-cache") for glob in ("*.css", "*.js")]}},
        ),
        (NEW | {"S3_PREFIX": "the app's own", "CDN_HTTPS": False}, {"bucket": {"existing": "foo"}}),
    ],
    ids=str,
)
def test_flask_s3(config: dict[str, Any], expected: dict[str, Any], tmp_path: Path) -> None:
    """Whether the import was changed or not yet; nothing is lost in these."""
    carried = make(flask_s3.FlaskS3, **config)
    assert read(carried, tmp_path) == expected
    assert carried.left == {}
    if "CDN_HTTPS" not in config:
        assert make(**config) == carried


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"CDN_HTTPS": False}, {"delivery": {"viewer_protocol": "allow-all"}}),
        ({"CDN_HTTPS": True, "CDN_ENDPOINTS": ["static"], "CDN_DOMAIN": None}, {}),
        (
            {"CDN_FINGERPRINT": "path", "CDN_CHECKSUM_LENGTH": 20, "CDN_KEEP_NAMES": ["sw.js"]},
            {"assets": {"fingerprint": "path", "keep_names": ["sw.js"], "checksum_length": 20}},
        ),
        ({"CDN_LOCAL_NAMES": ["worker.js"], "S3_BUCKET_NAME": "left-behind"}, {"assets": {"local": ["worker.js"]}}),
    ],
    ids=str,
)
@pytest.mark.parametrize("extension", [CDN, flask_cdn.CDN], ids=["core", "compat"])
def test_flask_cdn(extension: Any, config: dict[str, Any], expected: dict[str, Any], tmp_path: Path) -> None:
    """Without what is FlaskS3's, as that reads nothing in such an app."""
    carried = make(extension, "shop:make()", **config)
    assert read(carried, tmp_path) == {"app": "shop:make()"} | expected
    assert carried.left == {}


@pytest.mark.parametrize("peer", PEERS)
def test_nothing_of_a_peer_gets_lost(peer: str, tmp_path: Path) -> None:
    """Each setting that counts is in the file or told, without secrets; for https there is nothing to say."""
    config = {name: find_value(name) for name in PEERS[peer]["settings"]}
    carried = make(**config)
    read(carried, tmp_path)
    told = set(re.findall("[A-Z0-9_]+", " ".join(re.findall("^#(.*)", carried.text, re.MULTILINE))))
    assert {name for name in choose_names(config) if not name.endswith("_USE_HTTPS")} - told <= {"CDN_HTTPS"}
    assert "hush" not in carried.text.lower() + str(carried.left).lower()


@pytest.mark.parametrize(
    ("config", "name", "words"),
    [
        ({"FLASKS3_BUCKET_NAME": "My_Bucket"}, "FLASKS3_BUCKET_NAME", "3 to 63 lower-case letters"),
        ({"FLASKS3_PREFIX": "ü"}, "FLASKS3_PREFIX", "assets.prefix"),
        (OLD | {"S3_REGION": "EU"}, "S3_REGION", "bucket.region"),
        ({"FLASKS3_HEADERS": {"Cache-Control": "public, immutable"}}, "FLASKS3_HEADERS", "immutable"),
        ({"FLASKS3_FILEPATH_HEADERS": {r"/css/.*\.css$": {"X-A": "1"}}}, "FLASKS3_FILEPATH_HEADERS", "glob"),
        ({"FLASKS3_CDN_DOMAIN": "cdn.example"}, "FLASKS3_CDN_DOMAIN", "delivery.aliases"),
        ({"USE_S3": False}, "USE_S3", "cdn_config.py"),
        ({"USE_GZIP": True}, "USE_GZIP", "delivery.compress"),
        ({"CDN_ENDPOINTS": ["static", "media"]}, "CDN_ENDPOINTS", "assets.extra"),
    ],
    ids=str,
)
def test_what_is_left_out(config: dict[str, Any], name: str, words: str, tmp_path: Path) -> None:
    """Is in a comment at the end of the file, with the reason."""
    carried = make(**config)
    read(carried, tmp_path)
    assert carried.left.keys() == {name}
    assert words in carried.left[name]
    assert f"# - {name}: " in carried.text
    assert name not in NEW_PLACES or carried.text.count(f"{name}:") == 1


def test_a_wrong_value() -> None:
    """Is the error that the extension would raise; there is no file."""
    with pytest.raises(SettingsError, match="FLASKS3_URL_STYLE"):
        make(**NEW, FLASKS3_URL_STYLE="vhost")

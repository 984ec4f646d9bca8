"""The settings of Flask-S3 and its forks: which of two names wins, what is read, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from flask_cdn_stack.compat.flask_s3 import FlaskS3
from flask_cdn_stack.compat.s3_settings import GZIP_CONTENT_TYPES, S3Settings, read_app_settings, read_s3_settings
from flask_cdn_stack.errors import SettingsError

Values = dict[str, Any]


def read(**values: Any) -> S3Settings:
    return read_s3_settings(values)


def test_nothing_is_set() -> None:
    """No bucket, https as upstream, switched on but not while debugging."""
    assert read() == S3Settings(
        domain=None,
        scheme="https",
        active=True,
        debug=False,
        override_testing=True,
        cache_busting=False,
        gzip_types=(),
        bucket_name=None,
        prefix="",
        region=None,
        endpoint_url=None,
        headers={},
        filepath_headers=(),
        only_modified=False,
        gzip=False,
        gzip_only_extensions=(),
    )


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        ({"S3_BUCKET_NAME": "old"}, {"FLASKS3_BUCKET_NAME": "new"}, "bucket_name", ("old", "new")),
        ({"USE_S3": False}, {"FLASKS3_ACTIVE": True}, "active", (False, True)),
        ({"USE_S3_DEBUG": True}, {"FLASKS3_DEBUG": False}, "debug", (True, False)),
        ({"S3_PREFIX": "old"}, {"FLASKS3_PREFIX": "new"}, "prefix", ("old", "new")),
        ({"S3_HEADERS": {"a": "1"}}, {"FLASKS3_HEADERS": {"b": "2"}}, "headers", ({"a": "1"}, {"b": "2"})),
        ({"S3_ONLY_MODIFIED": True}, {"FLASKS3_ONLY_MODIFIED": False}, "only_modified", (True, False)),
        ({"S3_USE_HTTPS": False}, {"FLASKS3_USE_HTTPS": True}, "scheme", ("http", "https")),
        (
            {"S3_CDN_DOMAIN": "old.example"},
            {"FLASKS3_CDN_DOMAIN": "new.example"},
            "domain",
            ("old.example", "new.example"),
        ),
        (
            {"S3_BUCKET_NAME": "foo", "S3_BUCKET_DOMAIN": "old.example"},
            {"FLASKS3_BUCKET_DOMAIN": "new.example"},
            "domain",
            ("foo.old.example", "foo.new.example"),
        ),
        (
            {"S3_USE_CACHE_CONTROL": True, "S3_CACHE_CONTROL": "max-age=1"},
            {"FLASKS3_CACHE_CONTROL": "max-age=2"},
            "headers",
            ({"Cache-Control": "max-age=1"}, {"Cache-Control": "max-age=2"}),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_new_name_wins_key_by_key(old: Values, new: Values, field: str, expected: tuple[Any, Any]) -> None:
    assert getattr(read(**old), field) == expected[0]
    assert getattr(read(**old, **new), field) == expected[1]
    assert getattr(read(**old, **dict.fromkeys(new)), field) == expected[0], "None counts as not set"


@pytest.mark.parametrize(
    ("values", "scheme"),
    [
        ({"S3_BUCKET_NAME": "foo"}, ""),
        ({"USE_S3": True}, ""),
        ({"USE_GZIP": False}, ""),
        ({"S3_UPLOAD_COCURRENCY": 8}, ""),
        ({"S3_BUCKET_NAME": "foo", "S3_CACHE_BUSTING": False}, "https"),
        ({"S3_BUCKET_NAME": "foo", "S3_ONLY_MODIFIED": True}, "https"),
        ({"S3_BUCKET_NAME": "foo", "S3_USE_HTTPS": True}, "https"),
        ({"S3_BUCKET_NAME": "foo", "S3_USE_HTTPS": None}, ""),
        ({"S3_BUCKET_NAME": "foo", "S3_URL_SCHEME": None}, ""),
        ({"S3_BUCKET_NAME": "foo", "S3_URL_SCHEME": ""}, "https"),
        ({"S3_BUCKET_NAME": "foo", "S3_URL_SCHEME": "HTTP"}, "http"),
        ({"S3_URL_SCHEME": "http", "S3_USE_HTTPS": True}, "http"),
        ({"S3_URL_SCHEME": "http", "S3_CACHE_BUSTING": True}, "http"),
        ({"S3_URL_SCHEME": "http", "FLASKS3_USE_HTTPS": True}, "https"),
        ({"S3_USE_HTTPS": "false"}, "http"),
        ({"FLASKS3_BUCKET_NAME": "foo"}, "https"),
        ({"FLASKS3_BUCKET_NAME": "foo", "S3_HEADERS": {"a": "b"}}, "https"),
        ({"FLASKS3_USE_HTTPS": "off"}, "http"),
        ({"FLASKS3_USE_HTTPS": 0}, "http"),
        ({"FLASKS3_CDN_DOMAIN": "http://cdn.example"}, "http"),
        ({"FLASKS3_CDN_DOMAIN": "http://cdn.example", "FLASKS3_USE_HTTPS": True}, "https"),
        ({"S3_CDN_DOMAIN": "https://cdn.example"}, "https"),
        ({"S3_ENDPOINT": "of the app itself"}, "https"),
    ],
    ids=str,
)
def test_scheme(values: Values, scheme: str) -> None:
    """``//`` for Flask-S3-gzip's names alone, https where anything shows another origin."""
    assert read(**values).scheme == scheme


@pytest.mark.parametrize(
    ("values", "domain"),
    [
        ({"FLASKS3_BUCKET_NAME": "foo"}, "foo.s3.amazonaws.com"),
        ({"FLASKS3_BUCKET_NAME": "my.dotted.bucket"}, "my.dotted.bucket.s3.amazonaws.com"),
        ({"FLASKS3_BUCKET_NAME": "MyBucket"}, "mybucket.s3.amazonaws.com"),
        ({"FLASKS3_BUCKET_NAME": "MyBucket", "FLASKS3_URL_STYLE": "path"}, "s3.amazonaws.com/MyBucket"),
        ({"FLASKS3_BUCKET_NAME": "foo", "FLASKS3_BUCKET_DOMAIN": "localhost:9000"}, "foo.localhost:9000"),
        ({"FLASKS3_BUCKET_NAME": "foo", "FLASKS3_BUCKET_DOMAIN": "https://s3.example/"}, "foo.s3.example"),
        ({"FLASKS3_CDN_DOMAIN": "d111.cloudfront.net"}, "d111.cloudfront.net"),
        ({"FLASKS3_CDN_DOMAIN": "https://d111.cloudfront.net/"}, "d111.cloudfront.net"),
        ({"FLASKS3_CDN_DOMAIN": "//D111.cloudfront.net/Shop"}, "d111.cloudfront.net/Shop"),
        ({"FLASKS3_CDN_DOMAIN": "bücher.example"}, "xn--bcher-kva.example"),
        ({"FLASKS3_CDN_DOMAIN": "d111.example", "FLASKS3_URL_STYLE": "path"}, "d111.example"),
        ({"FLASKS3_CDN_DOMAIN": "", "FLASKS3_BUCKET_NAME": "foo"}, "foo.s3.amazonaws.com"),
        ({"FLASKS3_CDN_DOMAIN": "d111.example/Shop", "FLASKS3_PREFIX": "/V1/"}, "d111.example/Shop/V1"),
        ({"FLASKS3_PREFIX": "v1"}, None),
    ],
    ids=str,
)
def test_domain(values: Values, domain: str | None) -> None:
    assert read(**values).domain == domain


@pytest.mark.parametrize(
    ("prefix", "key", "path"),
    [
        ("/pre/", "pre", "/pre"),
        ("Release/V1", "Release/V1", "/Release/V1"),
        ("my pre", "my pre", "/my%20pre"),
        ("café", "café", "/caf%C3%A9"),
        ("a+b?c#d%20", "a+b?c#d%20", "/a%2Bb%3Fc%23d%2520"),
        ("v1.2.3", "v1.2.3", "/v1.2.3"),
        ("x" * 200, "x" * 200, "/" + "x" * 200),
        ("/", "", ""),
    ],
    ids=lambda text: text[:12],
)
def test_prefix_is_one_text_in_key_and_url(prefix: str, key: str, path: str) -> None:
    settings = read(S3_BUCKET_NAME="foo", S3_PREFIX=prefix)
    assert settings.prefix == key
    assert settings.domain == "foo.s3.amazonaws.com" + path


def test_the_rest() -> None:
    """What the upload takes, and what is accepted without effect."""
    settings = read(
        FLASKS3_REGION=" eu-west-1 ",
        FLASKS3_ENDPOINT_URL="http://127.0.0.1:9000",
        FLASKS3_OVERRIDE_TESTING="no",
        FLASKS3_GZIP="on",
        FLASKS3_GZIP_ONLY_EXTS=[".JS", "css"],
        FLASKS3_FORCE_MIMETYPE=True,
        S3_UPLOAD_COCURRENCY=32,
        S3_CACHE_BUSTING="yes",
        USE_GZIP=True,
        AWS_SECRET_ACCESS_KEY="hush",
    )
    assert settings.region == "eu-west-1"
    assert settings.endpoint_url == "http://127.0.0.1:9000"
    assert not settings.override_testing
    assert settings.gzip
    assert settings.gzip_only_extensions == (".js", ".css")
    assert settings.cache_busting
    assert settings.gzip_types == GZIP_CONTENT_TYPES
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    "types", [["text/css", "text/html"], ("text/css", "text/html"), "text/css, text/html"], ids=str
)
def test_gzip_types_of_ones_own(types: object) -> None:
    assert read(USE_GZIP=True, S3_GZIP_CONTENT_TYPES=types).gzip_types == ("text/css", "text/html")
    assert read(USE_GZIP="false", S3_GZIP_CONTENT_TYPES=types).gzip_types == ()


def test_headers() -> None:
    """Names in any case, numbers, a name of one's own, and the two older settings for Cache-Control."""
    headers = {
        "cache-control": "max-age=1",
        "CONTENT-TYPE": "text/x",
        "X-Age": 3,
        "expires": "Thu, 15 Apr 2032 20:00:00 GMT",
    }
    assert read(S3_HEADERS=headers).headers == {
        "Cache-Control": "max-age=1",
        "Content-Type": "text/x",
        "X-Age": "3",
        "Expires": "Thu, 15 Apr 2032 20:00:00 GMT",
    }
    both = {"S3_USE_CACHE_CONTROL": True, "S3_CACHE_CONTROL": "no-cache", "S3_HEADERS": headers}
    assert read(**both).headers["Cache-Control"] == "no-cache"
    assert read(**both | {"S3_USE_CACHE_CONTROL": False}).headers["Cache-Control"] == "max-age=1"
    assert headers["cache-control"] == "max-age=1", "the app's own value is left alone"


def test_filepath_headers() -> None:
    """Expressions as text or compiled, with their flags."""
    by_path = {r"\.js$": {"content-type": "text/x"}, re.compile("^/srv/", re.IGNORECASE): {"X-Mine": 1}}
    assert read(FLASKS3_FILEPATH_HEADERS=by_path).filepath_headers == (
        (re.compile(r"\.js$"), {"Content-Type": "text/x"}),
        (re.compile("^/srv/", re.IGNORECASE), {"X-Mine": "1"}),
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"FLASKS3_ACTIVE": "perhaps"}, ("FLASKS3_ACTIVE", "True or False")),
        ({"USE_S3_DEBUG": 7}, ("USE_S3_DEBUG",)),
        ({"S3_CACHE_BUSTING": []}, ("S3_CACHE_BUSTING",)),
        ({"FLASKS3_BUCKET_NAME": "a/b"}, ("FLASKS3_BUCKET_NAME", "'a/b'")),
        ({"S3_BUCKET_NAME": 7}, ("S3_BUCKET_NAME",)),
        ({"S3_BUCKET_NAME": "x" * 64}, ("S3_BUCKET_NAME", "host")),
        ({"S3_CDN_DOMAIN": "cdn.example/?x"}, ("S3_CDN_DOMAIN",)),
        ({"FLASKS3_CDN_DOMAIN": "user:pass@cdn.example"}, ("FLASKS3_CDN_DOMAIN",)),
        ({"FLASKS3_BUCKET_NAME": "foo", "FLASKS3_BUCKET_DOMAIN": "a b"}, ("FLASKS3_BUCKET_DOMAIN",)),
        ({"FLASKS3_BUCKET_NAME": "foo", "FLASKS3_URL_STYLE": "vhost"}, ("FLASKS3_URL_STYLE", "'host' or 'path'")),
        ({"FLASKS3_CDN_DOMAIN": "d111.example", "FLASKS3_URL_STYLE": "vhost"}, ("FLASKS3_URL_STYLE",)),
        ({"FLASKS3_PREFIX": "../x"}, ("FLASKS3_PREFIX", "..")),
        ({"S3_PREFIX": "a/../b"}, ("S3_PREFIX",)),
        ({"S3_PREFIX": "a//b"}, ("S3_PREFIX",)),
        ({"S3_PREFIX": "a\\b"}, ("S3_PREFIX",)),
        ({"S3_PREFIX": "a\nb"}, ("S3_PREFIX",)),
        ({"S3_PREFIX": 1}, ("S3_PREFIX",)),
        ({"S3_URL_SCHEME": "ftp"}, ("S3_URL_SCHEME", "'http' or 'https'")),
        ({"S3_URL_SCHEME": ["http"]}, ("S3_URL_SCHEME",)),
        ({"FLASKS3_ENDPOINT_URL": "127.0.0.1:9000"}, ("FLASKS3_ENDPOINT_URL", "http://")),
        ({"S3_GZIP_CONTENT_TYPES": {"text/css": 1}}, ("S3_GZIP_CONTENT_TYPES",)),
        ({"FLASKS3_GZIP_ONLY_EXTS": [7]}, ("FLASKS3_GZIP_ONLY_EXTS",)),
        ({"FLASKS3_HEADERS": ({"A": "b"},)}, ("FLASKS3_HEADERS", "comma")),
        ({"FLASKS3_HEADERS": [("A", "b")]}, ("FLASKS3_HEADERS", "dictionary")),
        ({"S3_HEADERS": {"Cache-Control": ("max-age=1",)}}, ("S3_HEADERS", "Cache-Control", "comma")),
        ({"S3_HEADERS": {"Cache-Control": None}}, ("S3_HEADERS", "Cache-Control")),
        ({"S3_HEADERS": {"Cache-Control": True}}, ("S3_HEADERS", "Cache-Control")),
        ({"S3_HEADERS": {"X-Name": "Grün"}}, ("S3_HEADERS", "X-Name", "carry")),
        ({"S3_HEADERS": {"X-Name": "a\r\nb: c"}}, ("S3_HEADERS", "X-Name", "carry")),
        ({"S3_HEADERS": {"X Name": "a"}}, ("S3_HEADERS", "X Name")),
        ({"S3_HEADERS": {7: "a"}}, ("S3_HEADERS", "7")),
        ({"S3_HEADERS": {"Expires": "access plus 1 year"}}, ("S3_HEADERS", "Expires", "date")),
        ({"S3_HEADERS": {"expires": True}}, ("S3_HEADERS", "expires", "date")),
        ({"FLASKS3_HEADERS": {"Content-Length": "3"}}, ("FLASKS3_HEADERS", "Content-Length", "computes")),
        ({"FLASKS3_HEADERS": {"content-md5": "x"}}, ("FLASKS3_HEADERS", "content-md5", "computes")),
        ({"S3_USE_CACHE_CONTROL": True, "S3_CACHE_CONTROL": ("no-cache",)}, ("S3_CACHE_CONTROL", "Cache-Control")),
        ({"FLASKS3_FILEPATH_HEADERS": {"(": {}}}, ("FLASKS3_FILEPATH_HEADERS", "'('", "regular expression")),
        ({"FLASKS3_FILEPATH_HEADERS": {7: {}}}, ("FLASKS3_FILEPATH_HEADERS", "7")),
        ({"FLASKS3_FILEPATH_HEADERS": {b"a": {}}}, ("FLASKS3_FILEPATH_HEADERS", "bytes")),
        ({"FLASKS3_FILEPATH_HEADERS": ["a"]}, ("FLASKS3_FILEPATH_HEADERS", "dictionary")),
        ({"FLASKS3_FILEPATH_HEADERS": {"a": {"Expires": "x"}}}, ("FLASKS3_FILEPATH_HEADERS", "'a'", "Expires")),
    ],
    ids=str,
)
def test_wrong_value_is_refused_with_its_key(values: Values, words: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**values)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"FLASKS3_ENDPOINT_URL": "ftp://me:hush@127.0.0.1"},
        {"FLASKS3_ENDPOINT_URL": ["http://me:hush@127.0.0.1"]},
        {"FLASKS3_ENDPOINT_URL": "http://me:hu/sh@127.0.0.1"},
        {"FLASKS3_ENDPOINT_URL": "http://me:hush@:1"},
        {"FLASKS3_CDN_DOMAIN": "me:hush@cdn.example"},
    ],
    ids=lambda values: type(*values.values()).__name__,
)
def test_password_is_not_shown(values: Values) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**values)
    assert "hush" not in str(caught.value)


def test_what_was_written_does_not_count() -> None:
    """The upload reads the app's own values, also older names, although ``FlaskS3`` wrote newer ones."""
    app = Flask("shop")
    app.config["FLASKS3_BUCKET_NAME"] = "foo"
    FlaskS3(app)
    app.config.update(S3_HEADERS={"X-Old": "1"}, S3_PREFIX="old", S3_ONLY_MODIFIED=True)
    settings = read_app_settings(app)
    assert settings.headers == {"X-Old": "1"}
    assert settings.prefix == "old"
    assert settings.only_modified
    app.config["FLASKS3_HEADERS"]["X-New"] = "2"
    assert read_app_settings(app).headers == {"X-New": "2"}


def test_app_without_flask_s3() -> None:
    app = Flask("shop")
    app.config["S3_BUCKET_NAME"] = "foo"
    assert read_app_settings(app).bucket_name == "foo"

"""The settings that Flask-S3's URLs come from: which of two names wins, what is read, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.compat.s3_settings import (
    GZIP_CONTENT_TYPES,
    LAST_OLD_NAMES,
    S3Settings,
    find_old_names,
    read_s3_settings,
)
from flask_cdn_stack.errors import SettingsError

Values = dict[str, Any]
NEW = {"FLASKS3_BUCKET_NAME": "foo"}
OLD = {"S3_BUCKET_NAME": "foo"}
CDN = "FLASKS3_CDN_DOMAIN"


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
    )


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        ({"S3_BUCKET_NAME": "old"}, {"FLASKS3_BUCKET_NAME": "new"}, "bucket_name", ("old", "new")),
        ({"S3_OVERRIDE_TESTING": False}, {"FLASKS3_OVERRIDE_TESTING": True}, "override_testing", (False, True)),
        ({**OLD, "S3_URL_STYLE": "path"}, NEW, "domain", ("s3.amazonaws.com/foo", "foo.s3.amazonaws.com")),
        ({"S3_USE_HTTP": True}, NEW, "scheme", ("http", "https")),
        ({**OLD, "S3_CACHE_BUSTING": True}, NEW, "cache_busting", (True, False)),
        ({**OLD, "USE_GZIP": True}, NEW, "gzip_types", (GZIP_CONTENT_TYPES, ())),
        ({"S3_PREFIX": "own"}, NEW, "prefix", ("own", "")),
        ({"USE_S3": False}, {"FLASKS3_ACTIVE": True}, "active", (False, True)),
        ({"USE_S3_DEBUG": True}, {"FLASKS3_DEBUG": False}, "debug", (True, False)),
        ({"S3_USE_HTTPS": False}, {"FLASKS3_USE_HTTPS": True}, "scheme", ("http", "https")),
        ({"S3_CDN_DOMAIN": "o.example"}, {CDN: "n.example"}, "domain", ("o.example", "n.example")),
        (
            {**OLD, "S3_BUCKET_DOMAIN": "o.example"},
            {**NEW, "FLASKS3_BUCKET_DOMAIN": "n.example"},
            "domain",
            ("foo.o.example", "foo.n.example"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_old_names_count_where_no_new_one_is(old: Values, new: Values, field: str, expected: tuple[Any, Any]) -> None:
    """USE_S3 and USE_S3_DEBUG beside new ones too, as long as the newer name of the same is not set."""
    assert find_old_names(old), "else the row says nothing"
    assert getattr(read(**old), field) == expected[0]
    assert getattr(read(**old, **new), field) == expected[1]
    assert getattr(read(**old, **dict.fromkeys(new)), field) == expected[0], "None counts as not set"


@pytest.mark.parametrize(
    ("values", "scheme"),
    [
        (OLD, ""),
        ({"S3_UPLOAD_COCURRENCY": 8}, ""),
        ({**OLD, "S3_CACHE_BUSTING": False}, "https"),
        ({**OLD, "S3_URL_SCHEME": ""}, "https"),
        ({**OLD, "S3_URL_SCHEME": "HTTP"}, "http"),
        ({"S3_URL_SCHEME": "http", "S3_USE_HTTPS": True}, "http"),
        ({"S3_URL_SCHEME": "http", "FLASKS3_USE_HTTPS": True}, "https"),
        *(({**OLD, name: "host" if name == "S3_URL_STYLE" else "off"}, "https") for name in sorted(LAST_OLD_NAMES)),
        ({"S3_USE_HTTP": True, "S3_USE_HTTPS": True}, "https"),
        ({**NEW, "USE_S3": True, "S3_USE_HTTP": True}, "https"),
        ({**NEW, "S3_HEADERS": {"a": "b"}}, "https"),
        ({CDN: "http://cdn.example", "FLASKS3_USE_HTTPS": True}, "https"),
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
        ({"FLASKS3_BUCKET_NAME": "My.Bucket"}, "my.bucket.s3.amazonaws.com"),
        ({"FLASKS3_BUCKET_NAME": "MyBucket", "FLASKS3_URL_STYLE": "path"}, "s3.amazonaws.com/MyBucket"),
        ({**NEW, "FLASKS3_BUCKET_DOMAIN": "https://localhost:9000/"}, "foo.localhost:9000"),
        ({**NEW, CDN: "https://d111.example/", "FLASKS3_URL_STYLE": "path"}, "d111.example"),
        ({CDN: "//D111.example/Shop", "FLASKS3_PREFIX": "/V1/"}, "d111.example/Shop/V1"),
        ({CDN: "bücher.example"}, "xn--bcher-kva.example"),
        ({"FLASKS3_PREFIX": "v1"}, None),
    ],
    ids=str,
)
def test_domain(values: Values, domain: str | None) -> None:
    assert read(**values).domain == domain


@pytest.mark.parametrize(
    ("prefix", "key", "path"),
    [("/My/é/", "My/é", "/My/%C3%A9"), ("a+b?c#d%20", "a+b?c#d%20", "/a%2Bb%3Fc%23d%2520"), ("/", "", "")],
)
def test_prefix_is_one_text_in_key_and_url(prefix: str, key: str, path: str) -> None:
    settings = read(**OLD, S3_PREFIX=prefix)
    assert settings.prefix == key
    assert settings.domain == "foo.s3.amazonaws.com" + path


def test_switches() -> None:
    """May be written as words; what has no effect is accepted."""
    settings = read(S3_OVERRIDE_TESTING="no", S3_CACHE_BUSTING="yes", USE_GZIP=True, S3_FORCE_MIMETYPE=True)
    assert (settings.override_testing, settings.cache_busting) == (False, True)
    assert settings.gzip_types == GZIP_CONTENT_TYPES


@pytest.mark.parametrize("types", [["text/css", "text/html"], "text/css, text/html"], ids=str)
def test_gzip_types_of_ones_own(types: object) -> None:
    assert read(USE_GZIP=True, S3_GZIP_CONTENT_TYPES=types).gzip_types == ("text/css", "text/html")
    assert read(USE_GZIP="false", S3_GZIP_CONTENT_TYPES=types).gzip_types == ()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"FLASKS3_ACTIVE": "perhaps"}, ("FLASKS3_ACTIVE", "True or False")),
        ({"S3_CACHE_BUSTING": []}, ("S3_CACHE_BUSTING",)),
        ({"FLASKS3_BUCKET_NAME": "a/b"}, ("FLASKS3_BUCKET_NAME", "'a/b'")),
        ({"S3_BUCKET_NAME": "x" * 64}, ("S3_BUCKET_NAME", "host")),
        ({"S3_CDN_DOMAIN": "cdn.example/?x"}, ("S3_CDN_DOMAIN",)),
        ({CDN: "me:hush@cdn.example"}, (CDN,)),
        ({**NEW, "FLASKS3_BUCKET_DOMAIN": "a b"}, ("FLASKS3_BUCKET_DOMAIN",)),
        ({CDN: "d111.example", "FLASKS3_URL_STYLE": "vhost"}, ("FLASKS3_URL_STYLE", "'host' or 'path'")),
        ({"S3_URL_STYLE": "vhost"}, (" S3_URL_STYLE", "'host' or 'path'")),
        *(({"S3_PREFIX": prefix}, ("S3_PREFIX",)) for prefix in ("a/../b", "a//b", "a\\b", "a\nb", 1)),
        ({"S3_URL_SCHEME": "ftp"}, ("S3_URL_SCHEME", "'http' or 'https'")),
        ({"S3_GZIP_CONTENT_TYPES": {"text/css": 1}}, ("S3_GZIP_CONTENT_TYPES",)),
    ],
    ids=str,
)
def test_wrong_value_is_refused_with_its_key(values: Values, words: tuple[str, ...]) -> None:
    """No password is shown."""
    with pytest.raises(SettingsError) as caught:
        read(**values)
    assert [word for word in words if word not in f" {caught.value}"] == []
    assert "hush" not in str(caught.value)

"""The settings of Flask-S3's upload, above all its headers: what is read, and refusals that say what to do."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask

from flask_cdn_stack.compat.flask_s3 import FlaskS3
from flask_cdn_stack.compat.s3_settings import read_s3_settings
from flask_cdn_stack.compat.upload_settings import UploadSettings, read_app_settings, read_upload_settings
from flask_cdn_stack.errors import SettingsError

NEW_YEAR = "Thu, 01 Jan 2032 00:00:00 GMT"
#: It is after the last moment there is in UTC.
LAST = datetime.max.replace(tzinfo=timezone(timedelta(hours=-2)))


def read(**values: Any) -> UploadSettings:
    return read_upload_settings(values)


def test_nothing_is_set() -> None:
    assert read() == UploadSettings(
        urls=read_s3_settings({}),
        region=None,
        endpoint_url=None,
        headers={},
        filepath_headers=(),
        only_modified=False,
        gzip=False,
        gzip_only_extensions=(),
    )


def test_what_is_set() -> None:
    """Is read, in the forms that it may have; keys are left where they are."""
    settings = read(
        S3_BUCKET_NAME="foo",
        S3_REGION=" eu-west-1 ",
        FLASKS3_ENDPOINT_URL="http://127.0.0.1:9000",
        S3_ONLY_MODIFIED=True,
        S3_GZIP="on",
        S3_FILEPATH_HEADERS={
            r"\.js$": {"content-type": "text/x"},
            re.compile("^/srv/", re.IGNORECASE): {"X-Mine": 1},
        },
        AWS_SECRET_ACCESS_KEY="hush",
    )
    assert (settings.urls.bucket_name, settings.region) == ("foo", "eu-west-1")
    assert (settings.endpoint_url, settings.only_modified) == ("http://127.0.0.1:9000", True)
    assert settings.gzip
    assert read(FLASKS3_GZIP=True, FLASKS3_GZIP_ONLY_EXTS=[".JS", "css"]).gzip_only_extensions == (".js", ".css")
    assert settings.filepath_headers == (
        (re.compile(r"\.js$"), {"Content-Type": "text/x"}),
        (re.compile("^/srv/", re.IGNORECASE), {"X-Mine": "1"}),
    )
    assert "hush" not in repr(settings)


def test_the_names_that_flask_s3_had_up_to_0_2_6() -> None:
    """Mean the same, and nothing where the newer names are used."""
    old = {
        "S3_REGION": "eu-west-1",
        "S3_FILEPATH_HEADERS": {r"\.js$": {"X-A": "1"}},
        "S3_GZIP": True,
        "S3_ONLY_MODIFIED": True,
    }
    settings = read(**old)
    assert (settings.region, settings.gzip, settings.only_modified) == ("eu-west-1", True, True)
    assert settings.filepath_headers == ((re.compile(r"\.js$"), {"X-A": "1"}),)
    assert read(**old, FLASKS3_BUCKET_NAME="foo") == read(FLASKS3_BUCKET_NAME="foo")


def test_headers() -> None:
    """Names in any case, numbers, a name of one's own, and the two older settings for Cache-Control."""
    headers = {"cache-control": "max-age=1", "CONTENT-TYPE": "text/x", "X-Age": 3}
    expected = {"Cache-Control": "max-age=1", "Content-Type": "text/x", "X-Age": "3"}
    assert read(S3_HEADERS=headers).headers == expected
    both = {"S3_USE_CACHE_CONTROL": True, "S3_CACHE_CONTROL": "no-cache", "S3_HEADERS": headers}
    assert read(**both).headers == expected | {"Cache-Control": "no-cache"}
    new = {"FLASKS3_USE_CACHE_CONTROL": True, "FLASKS3_CACHE_CONTROL": "private"}
    assert read(**both, **new).headers == {"Cache-Control": "private"}
    assert read(**both | {"S3_USE_CACHE_CONTROL": False}).headers == expected
    assert headers["cache-control"] == "max-age=1", "the app's own value is left alone"


@pytest.mark.parametrize(
    "value",
    [
        datetime(2032, 1, 1),
        datetime(2032, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        date(2032, 1, 1),
        "2032-01-01",
        " 2031-12-31 22:30:00-01:30 ",
        "Thu, 01 Jan 2032 02:00:00 +0200",
        "Thu Jan  1 00:00:00 2032",
        "1956528000",
    ],
    ids=str,
)
def test_expires(value: object) -> None:
    """Becomes an HTTP date, by UTC where it has no zone."""
    assert read(FLASKS3_HEADERS={"expires": value}).headers == {"Expires": NEW_YEAR}


@pytest.mark.parametrize(
    "value", ["access plus 1 year", "", "-1", "2032-13-01", "9" * 30, LAST, [], None, True, b"0"], ids=str
)
def test_what_is_no_date(value: object) -> None:
    """Is refused with an example."""
    with pytest.raises(SettingsError, match=r"'Expires' with .*, which is not a date") as caught:
        read(S3_HEADERS={"Expires": value})

    assert "15 Apr 2032" in caught.value.hint


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (({"A": "b"},), "dictionary comma"),
        ({"Cache-Control": ("max-age=1",)}, "Cache-Control comma"),
        ({"Cache-Control": None}, "Cache-Control neither"),
        ({"X-Date": date(2032, 1, 1)}, "X-Date neither"),
        ({"X-Name": "Grün"}, "X-Name carry"),
        ({"X-Name": "a\r\nb: c"}, "X-Name carry"),
        ({"X Name": "a"}, "'X Name' name"),
        ({"Content-Length": "3"}, "Content-Length computes"),
    ],
    ids=str,
)
def test_a_wrong_header(headers: object, words: str) -> None:
    """Is refused with its setting, for all files and for some, and what to do."""
    for key, value in (("FLASKS3_HEADERS", headers), ("FLASKS3_FILEPATH_HEADERS", {"css$": headers})):
        with pytest.raises(SettingsError, match=key) as caught:
            read(**{key: value})
        assert [word for word in words.split() if word.strip("'") not in str(caught.value)] == []
        assert caught.value.hint


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"FLASKS3_ENDPOINT_URL": "127.0.0.1:9000"}, ("http://",)),
        ({"FLASKS3_ENDPOINT_URL": ["http://me:hush@127.0.0.1"]}, ()),
        ({"FLASKS3_ENDPOINT_URL": "http://me/hush@127.0.0.1"}, ()),
        ({"FLASKS3_ENDPOINT_URL": "http://[me:hush"}, ()),
        ({"FLASKS3_GZIP_ONLY_EXTS": [7]}, ()),
        ({"FLASKS3_FILEPATH_HEADERS": ({"a": {}},)}, ("dictionary", "comma")),
        ({"FLASKS3_FILEPATH_HEADERS": ["a"]}, ("dictionary",)),
        ({"FLASKS3_FILEPATH_HEADERS": {"(": {}}}, ("'('", "regular expression")),
        ({"FLASKS3_FILEPATH_HEADERS": {7: {}}}, ("7", "regular expression")),
        ({"FLASKS3_FILEPATH_HEADERS": {b"a": {}}}, ("bytes",)),
        ({"S3_CACHE_CONTROL": ("no-cache",)}, ("Cache-Control",)),
    ],
    ids=str,
)
def test_wrong_value_is_refused_with_its_key(values: dict[str, Any], words: tuple[str, ...]) -> None:
    """No password is shown."""
    with pytest.raises(SettingsError, match=next(iter(values))) as caught:
        read(**values)
    assert [word for word in words if word not in str(caught.value)] == []
    assert "hush" not in str(caught.value)
    assert caught.value.hint


def test_what_was_written_does_not_count() -> None:
    """The upload reads the app's own values, also older names, although ``FlaskS3`` wrote newer ones."""
    app = Flask("shop")
    FlaskS3(app)
    app.config["S3_BUCKET_NAME"] = "foo"
    assert read_app_settings(app).urls.bucket_name == "foo"
    app.config.update(S3_HEADERS={"X-Old": "1"}, S3_PREFIX="old", S3_ONLY_MODIFIED=True)
    settings = read_app_settings(app)
    assert (settings.headers, settings.urls.prefix, settings.only_modified) == ({"X-Old": "1"}, "old", True)
    app.config["FLASKS3_HEADERS"]["X-New"] = "2"
    assert read_app_settings(app).headers == {"X-New": "2"}

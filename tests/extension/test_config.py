from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Config

from flask_cdn_stack.config_keys import CONFIG_KEYS
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.extension.config import read_config


def test_defaults() -> None:
    """With no key set, the values are those that the list of keys documents."""
    config = read_config({})
    for key in CONFIG_KEYS:
        field = "scheme" if key.name == "CDN_HTTPS" else key.name.removeprefix("CDN_").lower()
        value = getattr(config, field)
        assert (list(value) if isinstance(value, tuple) else value) == key.default, key.name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        (None, None),
        ("", None),
        ("None", None),
        (1, True),
        (0, False),
        ("true", True),
        ("True", True),
        (" yes ", True),
        ("on", True),
        ("1", True),
        ("false", False),
        ("0", False),
        ("No", False),
        ("OFF", False),
    ],
)
def test_booleans(value: object, expected: bool | None) -> None:
    """Booleans may be written as words; None leaves the decision open where there is one to leave."""
    config = read_config(dict.fromkeys(("CDN_DEBUG", "CDN_STRICT", "CDN_OVERRIDE_FLASK_URL_FOR"), value))
    assert (config.debug, config.strict) == (expected, bool(expected))
    assert config.override_flask_url_for == bool(expected)


@pytest.mark.parametrize(("value", "expected"), [(None, None), ("off", "http"), (False, "http"), (1, "https")])
def test_scheme(value: object, expected: str | None) -> None:
    """CDN_HTTPS gives the scheme, and leaves it to the request where it is not set."""
    assert read_config({"CDN_HTTPS": value}).scheme == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "t"),
        ({"CDN_MANIFEST": True}, "c"),
        ({"CDN_MANIFEST": "false"}, "t"),
        ({"CDN_TIMESTAMP": True, "CDN_MANIFEST": True}, "t"),
        ({"CDN_TIMESTAMP": False, "CDN_MANIFEST": True}, "c"),
        ({"CDN_TIMESTAMP": "off"}, None),
        ({"CDN_TIMESTAMP": None}, None),
        ({"CDN_TIMESTAMP": None, "CDN_MANIFEST": True}, "c"),
    ],
)
def test_timestamp_or_manifest(values: dict[str, Any], expected: str | None) -> None:
    """At most one of time stamp and checksum is used; both asked for means the time stamp."""
    config = read_config(values)
    assert (config.timestamp, config.manifest) == (expected == "t", expected == "c")


@pytest.mark.parametrize(
    ("domain", "https", "expected"),
    [
        ("cdn.example.net", None, None),
        ("https://cdn.example.net", None, "https"),
        ("http://cdn.example.net", None, "http"),
        ("https://cdn.example.net", False, "http"),
        ("http://cdn.example.net", True, "https"),
    ],
)
def test_scheme_of_the_domain(domain: str, https: bool | None, expected: str | None) -> None:
    """A scheme in CDN_DOMAIN decides where CDN_HTTPS does not."""
    assert read_config({"CDN_DOMAIN": domain, "CDN_HTTPS": https}).scheme == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["static", "media"], ("static", "media")),
        (("media",), ("media",)),
        ({"media"}, ("media",)),
        ("static media", ("static", "media")),
        ("static, media", ("static", "media")),
        ([], ()),
        (None, ("static",)),
        ("", ("static",)),
    ],
)
def test_endpoints(value: object, expected: tuple[str, ...]) -> None:
    """Endpoints are a list, or names in one string."""
    assert read_config({"CDN_ENDPOINTS": value}).endpoints == expected


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("CDN_VERSION", 3, "3"),
        ("CDN_VERSION", 0, "0"),
        ("CDN_VERSION", "1.2", "1.2"),
        ("CDN_VERSION", "", None),
        ("CDN_CHECKSUM_LENGTH", 16, 16),
        ("CDN_CHECKSUM_LENGTH", "8", 8),
        ("CDN_CHECKSUM_LENGTH", None, None),
        ("CDN_MANIFEST_TIMEOUT", "0.5", 0.5),
        ("CDN_MANIFEST_TIMEOUT", 2, 2.0),
        ("CDN_MANIFEST_MAX_BYTES", 100, 100),
        ("CDN_MANIFEST_URL", Path("a/b.txt"), "a/b.txt"),
        ("CDN_MANIFEST_URL", "https://example.net/m", "https://example.net/m"),
        ("CDN_MANIFEST_URL", "C:/m.txt", "C:/m.txt"),
        ("CDN_FINGERPRINT", "query", "query"),
        ("CDN_KEEP_NAMES", ["sw.js"], ("sw.js",)),
    ],
)
def test_values(key: str, value: object, expected: object) -> None:
    """Values are accepted in the forms that Python code and the environment give them."""
    assert getattr(read_config({key: value}), key.removeprefix("CDN_").lower()) == expected


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CDN_DOMAIN", 5),
        ("CDN_HTTPS", 2),
        ("CDN_HTTPS", "maybe"),
        ("CDN_HTTPS", 1.0),
        ("CDN_HTTPS", []),
        ("CDN_TIMESTAMP", "sometimes"),
        ("CDN_MANIFEST", "cdn_manifest.txt"),
        ("CDN_DEBUG", object),
        ("CDN_STRICT", {}),
        ("CDN_OVERRIDE_FLASK_URL_FOR", "x"),
        ("CDN_ENDPOINTS", 5),
        ("CDN_ENDPOINTS", {"static": 1}),
        ("CDN_ENDPOINTS", ["static", None]),
        ("CDN_ENDPOINTS", [""]),
        ("CDN_ENDPOINTS", b"static"),
        ("CDN_KEEP_NAMES", 5),
        ("CDN_FINGERPRINT", "header"),
        ("CDN_FINGERPRINT", True),
        ("CDN_CHECKSUM_LENGTH", 0),
        ("CDN_CHECKSUM_LENGTH", -1),
        ("CDN_CHECKSUM_LENGTH", 8.0),
        ("CDN_CHECKSUM_LENGTH", True),
        ("CDN_CHECKSUM_LENGTH", "all"),
        ("CDN_MANIFEST_TIMEOUT", 0),
        ("CDN_MANIFEST_TIMEOUT", "nan"),
        ("CDN_MANIFEST_TIMEOUT", "inf"),
        ("CDN_MANIFEST_TIMEOUT", [3]),
        ("CDN_MANIFEST_MAX_BYTES", 1.5),
        ("CDN_MANIFEST_MAX_BYTES", -1),
        ("CDN_MANIFEST_URL", 5),
        ("CDN_MANIFEST_URL", b"m.txt"),
        ("CDN_MANIFEST_URL", "s3://bucket/m"),
        ("CDN_MANIFEST_URL", "m\0.txt"),
        ("CDN_VERSION", True),
        ("CDN_VERSION", [1]),
    ],
)
def test_wrong_values(key: str, value: object) -> None:
    """A wrong value is an error that names the key and the value, or its type, and exits with 2."""
    with pytest.raises(SettingsError) as caught:
        read_config({key: value})
    shown = f"of the type {type(value).__name__}" if isinstance(value, tuple | list | dict | bytes) else repr(value)
    assert f"{key} is {shown}" in caught.value.message
    assert key in caught.value.hint
    assert caught.value.exit_code == 2


def test_config_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values set as variables are understood as Flask hands them over."""
    monkeypatch.setenv("FLASK_CDN_DOMAIN", "cdn.example.net")
    monkeypatch.setenv("FLASK_CDN_HTTPS", "False")
    monkeypatch.setenv("FLASK_CDN_TIMESTAMP", "0")
    monkeypatch.setenv("FLASK_CDN_ENDPOINTS", '["static", "media"]')
    monkeypatch.setenv("FLASK_CDN_CHECKSUM_LENGTH", "null")
    values = Config("/")
    values.from_prefixed_env()
    config = read_config(values)
    assert (config.scheme, config.timestamp, config.endpoints) == ("http", False, ("static", "media"))


def test_config_is_frozen_and_comparable() -> None:
    """Equal keys give equal values, which cannot be changed."""
    config = read_config({"CDN_DOMAIN": "a.example"})
    assert config == read_config({"CDN_DOMAIN": "A.example/"})
    with pytest.raises(AttributeError):
        config.domain = "b.example"  # type: ignore[misc]

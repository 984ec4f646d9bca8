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
    [(False, False), (None, None), ("", None), (1, True), ("True", True), (" yes ", True), ("false", False)],
)
def test_booleans(value: object, expected: bool | None) -> None:
    """Booleans may be written as words; None leaves the decision open where there is one to leave."""
    config = read_config(dict.fromkeys(("CDN_DEBUG", "CDN_STRICT", "CDN_OVERRIDE_FLASK_URL_FOR"), value))
    assert (config.debug, config.strict) == (expected, bool(expected))
    assert config.override_flask_url_for == bool(expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "t"),
        ({"CDN_MANIFEST": True}, "c"),
        ({"CDN_TIMESTAMP": True, "CDN_MANIFEST": True}, "t"),
        ({"CDN_TIMESTAMP": False, "CDN_MANIFEST": True}, "c"),
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
        ("https://cdn.example.net", False, "http"),
        ("http://cdn.example.net", True, "https"),
    ],
)
def test_scheme_of_the_domain(domain: str, https: bool | None, expected: str | None) -> None:
    """A scheme in CDN_DOMAIN decides where CDN_HTTPS does not."""
    assert read_config({"CDN_DOMAIN": domain, "CDN_HTTPS": https}).scheme == expected


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("CDN_ENDPOINTS", ["static", "media"], ("static", "media")),
        ("CDN_ENDPOINTS", {"media"}, ("media",)),
        ("CDN_ENDPOINTS", "static, media", ("static", "media")),
        ("CDN_ENDPOINTS", [], ()),
        ("CDN_ENDPOINTS", "", ("static",)),
        ("CDN_VERSION", 0, "0"),
        ("CDN_VERSION", "", None),
        ("CDN_CHECKSUM_LENGTH", "8", 8),
        ("CDN_MANIFEST_TIMEOUT", "0.5", 0.5),
        ("CDN_MANIFEST_URL", Path("a/b.txt"), "a/b.txt"),
        ("CDN_MANIFEST_URL", "C:/m.txt", "C:/m.txt"),
    ],
)
def test_values(key: str, value: object, expected: object) -> None:
    """Values are accepted in the forms that Python code and the environment give them."""
    assert getattr(read_config({key: value}), key.removeprefix("CDN_").lower()) == expected


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("CDN_DOMAIN", [5]),
        ("CDN_HTTPS", [2, 1.0, [], "maybe"]),
        ("CDN_ENDPOINTS", [5, {"static": 1}, ["static", None], [""]]),
        ("CDN_FINGERPRINT", ["header"]),
        ("CDN_CHECKSUM_LENGTH", [0, 8.0, True, "all"]),
        ("CDN_MANIFEST_TIMEOUT", ["nan", "inf"]),
        ("CDN_MANIFEST_MAX_BYTES", [1.5]),
        ("CDN_MANIFEST_URL", [b"m.txt", "s3://bucket/m", "m\0.txt"]),
        ("CDN_VERSION", [True, [1]]),
        ("CDN_KEEP_NAMES", [5]),
        ("CDN_LOCAL_NAMES", [7]),
        *((f"CDN_{flag}", ["sometimes"]) for flag in ("DEBUG", "MANIFEST", "OVERRIDE_FLASK_URL_FOR", "STRICT")),
        ("CDN_TIMESTAMP", ["sometimes"]),
    ],
)
def test_wrong_values(key: str, values: list[object]) -> None:
    """A wrong value is an error that names the key and the value, or its type, and exits with 2."""
    for value in values:
        with pytest.raises(SettingsError) as caught:
            read_config({key: value})
        shown = f"of the type {type(value).__name__}" if isinstance(value, list | dict | bytes) else repr(value)
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

"""Reads and checks the ``CDN_*`` keys of an app's config."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ..config_keys import CONFIG_KEYS
from ..domain import parse_domain
from ..errors import SettingsError
from ..record import Record
from .manifest_source import describe

if TYPE_CHECKING:
    from flask import Flask

#: Most seconds of ``CDN_MANIFEST_TIMEOUT``: a day. Longer ones are cut, as operating systems do not take every number.
LONGEST_TIMEOUT = 86400.0

_DEFAULTS = {key.name: key.default for key in CONFIG_KEYS}
_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE = frozenset(("0", "false", "f", "no", "n", "off"))
_UNSET = frozenset(("", "none", "null"))


class CDNConfig(Record):
    """The checked ``CDN_*`` values of an app's config.

    ``domain`` is the text after ``//`` in URLs; None leaves every URL to Flask. At most one of ``timestamp`` and
    ``manifest`` is True. ``debug`` is None if the app decides, ``scheme`` is None if the request does; with an empty
    ``scheme`` URLs begin with ``//``. ``finish`` takes the app, the endpoint, the file name and a finished path and
    query, and returns the path and query to use.
    """

    domain: str | None
    scheme: str | None
    debug: bool | None
    timestamp: bool
    manifest: bool
    manifest_url: str | None
    manifest_timeout: float
    manifest_max_bytes: int
    manifest_refresh: float | None
    endpoints: tuple[str, ...]
    extra_urls: tuple[str, ...]
    fingerprint: str
    checksum_length: int | None
    keep_names: tuple[str, ...]
    local_names: tuple[str, ...]
    version: str | None
    strict: bool
    override_flask_url_for: bool
    finish: Callable[[Flask, str, str, str], str] | None = None


def read_config(values: Mapping[str, Any]) -> CDNConfig:
    """Return the checked ``CDN_*`` keys of a mapping such as ``app.config``.

    Booleans may be written as words (``"false"``, ``"off"``) and numbers as text, as in environment variables. A key
    that is None or blank counts as not set, except that ``CDN_TIMESTAMP`` is then off, as in Flask-CDN.

    :raises SettingsError: a value is wrong; the message names the key.
    """
    domain, scheme = parse_domain(_given(values, "CDN_DOMAIN"))
    https = read_optional_flag(values, "CDN_HTTPS")
    manifest = _flag(values, "CDN_MANIFEST")
    timestamp = _flag(values, "CDN_TIMESTAMP") if "CDN_TIMESTAMP" in values else not manifest
    return CDNConfig(
        domain=domain,
        scheme=scheme if https is None else "https" if https else "http",
        debug=read_optional_flag(values, "CDN_DEBUG"),
        timestamp=timestamp,
        manifest=manifest and not timestamp,
        manifest_url=_location(values, "CDN_MANIFEST_URL"),
        manifest_timeout=min(_positive(values, "CDN_MANIFEST_TIMEOUT", float), LONGEST_TIMEOUT),
        manifest_max_bytes=_positive(values, "CDN_MANIFEST_MAX_BYTES", int),
        manifest_refresh=_optional_positive(values, "CDN_MANIFEST_REFRESH", float),
        endpoints=read_names(values, "CDN_ENDPOINTS", _DEFAULTS["CDN_ENDPOINTS"]),
        extra_urls=_urls(values, "CDN_EXTRA_URLS"),
        fingerprint=_fingerprint(values),
        checksum_length=_optional_positive(values, "CDN_CHECKSUM_LENGTH", int),
        keep_names=read_names(values, "CDN_KEEP_NAMES", _DEFAULTS["CDN_KEEP_NAMES"]),
        local_names=read_names(values, "CDN_LOCAL_NAMES", _DEFAULTS["CDN_LOCAL_NAMES"]),
        version=_version(values),
        strict=_flag(values, "CDN_STRICT"),
        override_flask_url_for=overrides_flask_url_for(values),
    )


def overrides_flask_url_for(values: Mapping[str, Any]) -> bool:
    """Read ``CDN_OVERRIDE_FLASK_URL_FOR``, the one key that ``init_app`` needs.

    :raises SettingsError: it is not a boolean.
    """
    return _flag(values, "CDN_OVERRIDE_FLASK_URL_FOR")


def refuse(key: str, value: object, wanted: str) -> NoReturn:
    """Raise the error for a wrong value in the app's config.

    :param wanted: what the value has to be, in words for the message.
    :raises SettingsError: always; the message names the key and shows the value.
    """
    # The contents of a container are not shown: they may include a password.
    shown = (
        f"of the type {type(value).__name__}"
        if isinstance(value, Collection) and not isinstance(value, str)
        else repr(value)
    )
    raise SettingsError(f"{key} is {shown}, which is not {wanted}.", f"Set {key} to {wanted}, or leave it out.")


def is_unset(value: object) -> bool:
    """Return whether a value of the app's config counts as not set: None, blank, or the text "none" or "null"."""
    return value is None or (isinstance(value, str) and value.strip().lower() in _UNSET)


def drop_written(values: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Return config values without those that are still the defaults in ``written``."""
    return {key: value for key, value in values.items() if key not in written or written[key] != value}


def _given(values: Mapping[str, Any], key: str) -> Any:
    value = values.get(key)
    return _DEFAULTS[key] if is_unset(value) else value


def _flag(values: Mapping[str, Any], key: str) -> bool:
    return bool(read_optional_flag(values, key))


def read_optional_flag(values: Mapping[str, Any], key: str) -> bool | None:
    """Return a boolean that may be written as a word; None if it is not set.

    :raises SettingsError: it is not a boolean.
    """
    value = values.get(key)
    if is_unset(value):
        return None
    word = str(value).strip().lower()
    if not isinstance(value, bool | int | str) or word not in _TRUE | _FALSE:
        refuse(key, value, "True or False")
    return word in _TRUE


def _positive(values: Mapping[str, Any], key: str, kind: type[int] | type[float]) -> Any:
    value = _given(values, key)
    wanted = "a whole number above 0" if kind is int else "a number of seconds above 0"
    if isinstance(value, bool) or not isinstance(value, str | int | kind):
        refuse(key, value, wanted)
    try:
        number = kind(value)
    except (ValueError, OverflowError):
        refuse(key, value, wanted)
    if not 0 < number < float("inf"):
        refuse(key, value, wanted)
    return number


def _optional_positive(values: Mapping[str, Any], key: str, kind: type[int] | type[float]) -> Any:
    return None if is_unset(values.get(key)) else _positive(values, key, kind)


def read_names(values: Mapping[str, Any], key: str, default: Sequence[str]) -> tuple[str, ...]:
    """Return a list of names, which may be written as one text with spaces or commas between them.

    :raises SettingsError: the value is neither.
    """
    value = values.get(key)
    if is_unset(value):
        return tuple(default)
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    wanted = f"a list of names such as {list(default) or ['sw.js']!r}"
    if not isinstance(value, list | tuple | set | frozenset):
        refuse(key, value, wanted)
    if not all(isinstance(name, str) and name.strip() for name in value):
        refuse(key, value, wanted)
    return tuple(name.strip() for name in value)


def _urls(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    urls = read_names(values, key, _DEFAULTS[key])
    if not all(url.startswith("/") for url in urls):
        refuse(key, values[key], "a list of URL paths such as ['/themes']")
    return tuple(url.rstrip("/") for url in urls)


def _location(values: Mapping[str, Any], key: str) -> str | None:
    value = _given(values, key)
    wanted = "a path, or an http, https or file URL"
    if value is None:
        return None
    location = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(location, str):
        refuse(key, value, wanted)
    location = location.strip()
    scheme, separator, _ = location.partition("://")
    if "\0" in location or (separator and scheme.lower() not in ("http", "https", "file")):
        refuse(key, describe(location), wanted)
    return location


def _fingerprint(values: Mapping[str, Any]) -> str:
    value = _given(values, "CDN_FINGERPRINT")
    if value not in ("query", "path"):
        refuse("CDN_FINGERPRINT", value, "'query' or 'path'")
    return str(value)


def _version(values: Mapping[str, Any]) -> str | None:
    value = values.get("CDN_VERSION")
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse("CDN_VERSION", value, "a text or a number")
    return str(value)

"""The ``CDN_*`` values of an app's config, checked, as one frozen value."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ..config_keys import CONFIG_KEYS
from ..domain import parse_domain
from ..errors import SettingsError
from .manifest_source import describe
from .record import Record

if TYPE_CHECKING:
    from flask import Flask

#: Seconds over which ``CDN_MANIFEST_TIMEOUT`` is cut: a day, as operating systems do not take every number.
LONGEST_TIMEOUT = 86400.0

_DEFAULTS = {key.name: key.default for key in CONFIG_KEYS}
_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE = frozenset(("0", "false", "f", "no", "n", "off"))
_UNSET = frozenset(("", "none", "null"))


class CDNConfig(Record):
    """What an app's config says about its CDN.

    ``domain`` is ready to be put after ``//``; None leaves every URL to Flask. At most one of ``timestamp`` and
    ``manifest`` is set. ``debug`` and ``scheme`` are None where the app or the request decides; with an empty
    ``scheme`` URLs begin with ``//``. ``finish`` makes the last change to a path and query, given the app, the
    endpoint, the file name and that path and query.
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
    """Read the ``CDN_*`` keys of a mapping such as ``app.config``.

    Booleans may be written as words (``"false"``, ``"off"``) and numbers as text, as they come from the
    environment. A key that is None or blank counts as not set; ``CDN_TIMESTAMP`` is then off, as it is for
    Flask-CDN.

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
    """Read the one key that is needed before the others, ``CDN_OVERRIDE_FLASK_URL_FOR``.

    :raises SettingsError: it is not a boolean.
    """
    return _flag(values, "CDN_OVERRIDE_FLASK_URL_FOR")


def refuse(key: str, value: object, wanted: str) -> NoReturn:
    """Raise the error that a value of the app's config is not what it has to be.

    :raises SettingsError: always; the message names the key and shows the value.
    """
    # What a container holds is not shown: there may be a password in it.
    shown = (
        f"of the type {type(value).__name__}"
        if isinstance(value, Collection) and not isinstance(value, str)
        else repr(value)
    )
    raise SettingsError(f"{key} is {shown}, which is not {wanted}.", f"Set {key} to {wanted}, or leave it out.")


def is_unset(value: object) -> bool:
    """Say whether a value of the app's config counts as left out: None, blank, or a word for nothing."""
    return value is None or (isinstance(value, str) and value.strip().lower() in _UNSET)


def drop_written(values: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Return config values without the written defaults that stand there unchanged."""
    return {key: value for key, value in values.items() if key not in written or written[key] != value}


def _given(values: Mapping[str, Any], key: str) -> Any:
    value = values.get(key)
    return _DEFAULTS[key] if is_unset(value) else value


def _flag(values: Mapping[str, Any], key: str) -> bool:
    return bool(read_optional_flag(values, key))


def read_optional_flag(values: Mapping[str, Any], key: str) -> bool | None:
    """Read a boolean that may be written as a word; None where it is not set.

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
    """Read a list of names, which may be one text with spaces or commas between them.

    :raises SettingsError: it is something else.
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

"""Reads the settings that Flask-S3's URLs are built from, by the names of all its versions and forks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from ..domain import parse_domain
from ..errors import SettingsError
from ..extension.config import drop_written, is_unset, read_names, read_optional_flag, refuse

#: Prefix of the newer names, which Flask-S3 has since 0.3.
NEW_PREFIX = "FLASKS3_"

#: The old names, by the newer name without :data:`NEW_PREFIX`.
OLD_NAMES = {
    "ACTIVE": "USE_S3",
    "DEBUG": "USE_S3_DEBUG",
    **{
        name: f"S3_{name}"
        for name in (
            "BUCKET_NAME",
            "BUCKET_DOMAIN",
            "CDN_DOMAIN",
            "USE_HTTPS",
            "PREFIX",
            "HEADERS",
            "USE_CACHE_CONTROL",
            "CACHE_CONTROL",
            "ONLY_MODIFIED",
            "URL_STYLE",
            "OVERRIDE_TESTING",
            "REGION",
            "FILEPATH_HEADERS",
            "GZIP",
            "FORCE_MIMETYPE",
        )
    },
}

#: Old names that only Flask-S3 itself had, up to 0.2.6; no fork has them.
LAST_OLD_NAMES = frozenset(
    (
        "S3_USE_HTTP",
        "S3_URL_STYLE",
        "S3_OVERRIDE_TESTING",
        "S3_REGION",
        "S3_FILEPATH_HEADERS",
        "S3_GZIP",
        "S3_FORCE_MIMETYPE",
    )
)

#: Old names with which URLs are https by default, as in Flask-S3 itself; with others alone they begin with ``//``.
UPSTREAM_NAMES = LAST_OLD_NAMES | {"S3_CACHE_BUSTING", "S3_ONLY_MODIFIED", "S3_USE_HTTPS"}

#: Old names that only Flask-S3-gzip has.
GZIP_NAMES = ("USE_GZIP", "S3_GZIP_CONTENT_TYPES", "S3_URL_SCHEME", "S3_UPLOAD_COCURRENCY")

#: Settings that make URLs S3's, and with them those that do so while debugging.
ACTIVE_NAMES = ("FLASKS3_ACTIVE", "USE_S3")
SWITCHES = (*ACTIVE_NAMES, "FLASKS3_DEBUG", "USE_S3_DEBUG")

BUCKET_DOMAIN = "s3.amazonaws.com"
GZIP_CONTENT_TYPES = ("text/css", "application/javascript", "application/x-javascript")

_OLD = frozenset((*OLD_NAMES.values(), *UPSTREAM_NAMES, *GZIP_NAMES))

#: Old names that are ignored if any ``FLASKS3_*`` is set, because an app may use them for something else.
PASSED_OVER = _OLD - {"USE_S3", "USE_S3_DEBUG"}

#: Pattern of a bucket's name; old buckets may have longer names, and capitals.
BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_PREFIX_SAFE = "/!$&'()*,:;=@-._~"


class S3Settings(NamedTuple):
    """The checked settings that URLs are built from.

    ``domain`` is the text after ``//`` in URLs, with the prefix as its path; None if neither a bucket nor a CDN is
    named. With an empty ``scheme`` URLs begin with ``//``. ``prefix`` is the beginning of keys, without slashes around
    it. ``gzip_types`` are the content types that have a twin named ``.gz`` (Flask-S3-gzip).
    """

    domain: str | None
    scheme: str
    active: bool
    debug: bool
    override_testing: bool
    cache_busting: bool
    gzip_types: tuple[str, ...]
    bucket_name: str | None
    prefix: str


def read_given(values: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Return config values without those that are still the defaults in ``written``.

    URLs that were turned off because of debugging stay off, unless one of :data:`SWITCHES` was changed since.
    """
    given = drop_written(values, written)
    if given.keys().isdisjoint(SWITCHES):
        given |= {key: False for key in ACTIVE_NAMES if written.get(key) is False}
    return given


def choose_names(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return config values without the old names if a ``FLASKS3_*`` is set, as Flask-S3 0.3 reads them.

    ``USE_S3`` and ``USE_S3_DEBUG`` stay, as apps have them together with ``FLASKS3_*``.
    """
    if not uses_new_names(values):
        return values
    return {key: value for key, value in values.items() if key not in PASSED_OVER}


def read_s3_settings(values: Mapping[str, Any]) -> S3Settings:
    """Return the settings from ``FLASKS3_*`` or, if none is set, from the old ``S3_*``, ``USE_S3*`` and ``USE_GZIP``.

    ``USE_S3*`` count in both cases, unless the newer name is set. Booleans may be written as words. A key that is None
    or blank counts as not set, except ``S3_URL_SCHEME``, which means https if it is blank.

    :raises SettingsError: a value is wrong; the message names the key.
    """
    values = choose_names(values)
    bucket_name, prefix = _bucket_name(values), _prefix(values)
    domain, written_scheme = _domain(values, bucket_name, prefix)
    return S3Settings(
        domain=domain,
        scheme=_scheme(values, written_scheme),
        active=read_flag(values, "ACTIVE", True),
        debug=read_flag(values, "DEBUG"),
        override_testing=read_flag(values, "OVERRIDE_TESTING", True),
        cache_busting=bool(read_optional_flag(values, "S3_CACHE_BUSTING")),
        gzip_types=_gzip_types(values),
        bucket_name=bucket_name,
        prefix=prefix,
    )


def find_old_names(values: Mapping[str, Any]) -> frozenset[str]:
    """Return the old names that are set."""
    return frozenset(key for key in _OLD if not is_unset(values.get(key)))


def uses_new_names(values: Mapping[str, Any]) -> bool:
    """Return whether any ``FLASKS3_*`` is set.

    ``FLASKS3_ENDPOINT_URL`` does not count: no release of Flask-S3 reads it, and it has no old name.
    """
    return any(
        key.startswith(NEW_PREFIX) and key != "FLASKS3_ENDPOINT_URL" and not is_unset(value)
        for key, value in values.items()
    )


def find_key(values: Mapping[str, Any], name: str) -> str:
    """Return the key that a setting is given by: the old one if only that is set, else the newer one.

    :param name: the newer name without :data:`NEW_PREFIX`.
    """
    new, old = NEW_PREFIX + name, OLD_NAMES.get(name, "")
    return old if is_unset(values.get(new)) and not is_unset(values.get(old)) else new


def read_flag(values: Mapping[str, Any], name: str, default: bool = False) -> bool:
    """Return a boolean setting.

    :param name: the newer name without :data:`NEW_PREFIX`.
    :raises SettingsError: it is not a boolean.
    """
    flag = read_optional_flag(values, find_key(values, name))
    return default if flag is None else flag


def read_text(values: Mapping[str, Any], name: str) -> str | None:
    """Return a text setting; None if it is not set.

    :param name: the newer name without :data:`NEW_PREFIX`.
    :raises SettingsError: it is not a text, or not printable.
    """
    key = find_key(values, name)
    value = values.get(key)
    if is_unset(value):
        return None
    text = value.strip() if isinstance(value, str) else ""
    if not text or not text.isprintable():
        refuse(key, value, "a text")
    return text


def _bucket_name(values: Mapping[str, Any]) -> str | None:
    name = read_text(values, "BUCKET_NAME")
    if name is not None and not BUCKET_NAME.fullmatch(name):
        refuse(find_key(values, "BUCKET_NAME"), name, "the name of a bucket")
    return name


def _prefix(values: Mapping[str, Any]) -> str:
    prefix = (read_text(values, "PREFIX") or "").strip("/")
    if prefix and ("\\" in prefix or not {"", ".", ".."}.isdisjoint(prefix.split("/"))):
        refuse(find_key(values, "PREFIX"), prefix, "a folder in the bucket such as 'release/v1', without '..'")
    return prefix


def _domain(values: Mapping[str, Any], bucket: str | None, prefix: str) -> tuple[str | None, str | None]:
    style = _url_style(values)
    cdn, scheme = _parse(values, "CDN_DOMAIN", read_text(values, "CDN_DOMAIN"))
    if cdn is None and bucket is not None:
        host, scheme = _parse(values, "BUCKET_DOMAIN", read_text(values, "BUCKET_DOMAIN") or BUCKET_DOMAIN)
        cdn = f"{host}/{bucket}" if style == "path" else _parse(values, "BUCKET_NAME", f"{bucket}.{host}")[0]
    return (f"{cdn}/{quote(prefix, safe=_PREFIX_SAFE)}" if cdn and prefix else cdn), scheme


def _url_style(values: Mapping[str, Any]) -> str:
    style = (read_text(values, "URL_STYLE") or "host").lower()
    if style not in ("host", "path"):
        refuse(find_key(values, "URL_STYLE"), style, "'host' or 'path'")
    return style


def _parse(values: Mapping[str, Any], name: str, text: str | None) -> tuple[str | None, str | None]:
    try:
        return parse_domain(text)
    except SettingsError as error:
        key = find_key(values, name)
        raise SettingsError(error.message.replace("CDN_DOMAIN", key, 1), f"Correct {key}.") from None


def _scheme(values: Mapping[str, Any], written: str | None) -> str:
    old = find_old_names(values)
    if not is_unset(values.get("FLASKS3_USE_HTTPS")):
        return _http_or_https(values, "FLASKS3_USE_HTTPS")
    if "S3_URL_SCHEME" in old or values.get("S3_URL_SCHEME") == "":
        return _url_scheme(values)
    if "S3_USE_HTTPS" in old:
        return _http_or_https(values, "S3_USE_HTTPS")
    if "S3_USE_HTTP" in old:
        return "http" if read_optional_flag(values, "S3_USE_HTTP") else "https"
    is_gzip = old and old.isdisjoint(UPSTREAM_NAMES) and not uses_new_names(values)
    return written or ("" if is_gzip else "https")


def _http_or_https(values: Mapping[str, Any], key: str) -> str:
    return "https" if read_optional_flag(values, key) else "http"


def _url_scheme(values: Mapping[str, Any]) -> str:
    value = values["S3_URL_SCHEME"]
    scheme = value.lower() if isinstance(value, str) else value
    if scheme not in ("http", "https", ""):
        refuse("S3_URL_SCHEME", value, "'http' or 'https'")
    return scheme or "https"


def _gzip_types(values: Mapping[str, Any]) -> tuple[str, ...]:
    types = read_names(values, "S3_GZIP_CONTENT_TYPES", GZIP_CONTENT_TYPES)
    return types if read_optional_flag(values, "USE_GZIP") else ()

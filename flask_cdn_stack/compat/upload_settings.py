"""Reads the settings of ``create_all`` in Flask-S3 and its forks, with those that URLs are built from.

:func:`read_app_settings` leaves out the defaults that ``FlaskS3`` itself wrote into the app's config: they would
otherwise take precedence over old names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ..errors import SettingsError
from ..extension.config import is_unset, read_names
from ..extension.fast_path import EXTENSION_NAME
from .s3_headers import read_filepath_headers, read_headers
from .s3_settings import S3Settings, choose_names, find_key, read_flag, read_given, read_s3_settings, read_text

if TYPE_CHECKING:
    from flask import Flask

_HOST = re.compile(r"[a-z0-9][a-z0-9._-]*|[0-9a-f:.]+")


class UploadSettings(NamedTuple):
    """The checked settings of ``create_all``.

    ``urls`` are the settings of URLs, which keys and twins follow. With ``gzip`` the objects themselves are compressed;
    if there are ``gzip_only_extensions`` (lower-case, with the dot), only files with one of them. Headers that S3 knows
    have their usual capitals.
    """

    urls: S3Settings
    region: str | None
    endpoint_url: str | None
    headers: Mapping[str, str]
    filepath_headers: tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]
    only_modified: bool
    gzip: bool
    gzip_only_extensions: tuple[str, ...]


def read_app_settings(app: Flask) -> UploadSettings:
    """Return the settings of an app's config, without the defaults that ``FlaskS3`` wrote there.

    :raises SettingsError: a value is wrong; the message names the key.
    """
    return read_upload_settings(read_given(app.config, getattr(app.extensions.get(EXTENSION_NAME), "written", {})))


def read_upload_settings(values: Mapping[str, Any]) -> UploadSettings:
    """Return the settings of uploads, with those of URLs from :func:`~.s3_settings.read_s3_settings`.

    :raises SettingsError: a value is wrong; the message names the key.
    """
    values = choose_names(values)
    return UploadSettings(
        urls=read_s3_settings(values),
        region=read_text(values, "REGION"),
        endpoint_url=_endpoint_url(values),
        headers=_headers(values),
        filepath_headers=read_filepath_headers(values, find_key(values, "FILEPATH_HEADERS")),
        only_modified=read_flag(values, "ONLY_MODIFIED"),
        gzip=read_flag(values, "GZIP"),
        gzip_only_extensions=_extensions(values, "FLASKS3_GZIP_ONLY_EXTS"),
    )


def _endpoint_url(values: Mapping[str, Any]) -> str | None:
    url = values.get("FLASKS3_ENDPOINT_URL")
    if is_unset(url):
        return None
    if not isinstance(url, str) or not _is_http_url(url):
        # The value is not shown: it may hold a password.
        raise SettingsError(
            "FLASKS3_ENDPOINT_URL is not a URL that begins with http:// or https://.",
            "Example: FLASKS3_ENDPOINT_URL = 'http://127.0.0.1:9000'.",
        )
    return url


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_named = _HOST.fullmatch(parts.hostname or "") is not None
        return parts.scheme in ("http", "https") and is_named and parts.port != 0 and "@" not in parts.path
    except ValueError:
        return False


def _headers(values: Mapping[str, Any]) -> Mapping[str, str]:
    key = find_key(values, "CACHE_CONTROL")
    cache_control = values.get(key)
    added = read_headers(key, {"Cache-Control": cache_control}) if not is_unset(cache_control) else {}
    headers = find_key(values, "HEADERS")
    return {**read_headers(headers, values.get(headers)), **(added if read_flag(values, "USE_CACHE_CONTROL") else {})}


def _extensions(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple("." + name.removeprefix(".").lower() for name in read_names(values, key, ()))

"""The defaults that Flask-S3 and its forks write into an app's config, chosen by the names that the config uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..extension.config import read_optional_flag
from .s3_settings import (
    ACTIVE_NAMES,
    BUCKET_DOMAIN,
    GZIP_CONTENT_TYPES,
    LAST_OLD_NAMES,
    choose_names,
    find_old_names,
    read_flag,
    uses_new_names,
)


def make_defaults(values: Mapping[str, Any], debug: bool) -> dict[str, Any]:
    """Return a new dictionary of the defaults that the config's peer writes for keys that are not set.

    While the app is being debugged, ``FLASKS3_ACTIVE`` and ``USE_S3`` become False, even if they are set, unless
    ``FLASKS3_DEBUG`` or ``USE_S3_DEBUG`` is on: the config then says whether URLs are S3's, as the documentation of
    Flask-S3 and of Flask-S3-gzip has it. The latter turns ``S3_USE_HTTPS`` into ``S3_URL_SCHEME``.

    :param debug: whether the app is being debugged.
    :raises SettingsError: one of the few booleans that this depends on is not one.
    """
    old = find_old_names(choose_names(values))
    active = not debug or read_flag(values, "DEBUG")
    defaults: dict[str, Any] = {"USE_S3": active, "USE_S3_DEBUG": False} if old else {}
    if uses_new_names(values) or not old:
        defaults |= _new_defaults(active)
    elif old & {"S3_CACHE_BUSTING", "S3_ONLY_MODIFIED"}:
        defaults |= _old_defaults() | {"S3_USE_HTTPS": True, "S3_ONLY_MODIFIED": False}
    elif old & LAST_OLD_NAMES:
        defaults |= _old_defaults() | _last_old_defaults()
    else:
        defaults |= _old_defaults() | _gzip_defaults(read_optional_flag(values, "S3_USE_HTTPS"))
    # Flask-S3 turns these off even if the config says True.
    off = {key: False for key in ACTIVE_NAMES if defaults.get(key) is False}
    return {key: value for key, value in defaults.items() if key not in values} | off


def _new_defaults(active: bool) -> dict[str, Any]:
    return {
        "FLASKS3_USE_HTTPS": True,
        "FLASKS3_ACTIVE": active,
        "FLASKS3_DEBUG": False,
        "FLASKS3_BUCKET_DOMAIN": BUCKET_DOMAIN,
        "FLASKS3_CDN_DOMAIN": "",
        "FLASKS3_USE_CACHE_CONTROL": False,
        "FLASKS3_HEADERS": {},
        "FLASKS3_FILEPATH_HEADERS": {},
        "FLASKS3_ONLY_MODIFIED": False,
        "FLASKS3_URL_STYLE": "host",
        "FLASKS3_GZIP": False,
        "FLASKS3_GZIP_ONLY_EXTS": [],
        "FLASKS3_FORCE_MIMETYPE": False,
        "FLASKS3_PREFIX": "",
        "FLASKS3_ENDPOINT_URL": None,
    }


def _old_defaults() -> dict[str, Any]:
    return {
        "S3_BUCKET_DOMAIN": BUCKET_DOMAIN,
        "S3_CDN_DOMAIN": "",
        "S3_USE_CACHE_CONTROL": False,
        "S3_HEADERS": {},
    }


def _last_old_defaults() -> dict[str, Any]:
    return {
        "S3_USE_HTTP": False,
        "S3_FILEPATH_HEADERS": {},
        "S3_ONLY_MODIFIED": False,
        "S3_URL_STYLE": "host",
        "S3_GZIP": False,
        "S3_FORCE_MIMETYPE": False,
    }


def _gzip_defaults(https: bool | None) -> dict[str, Any]:
    return {
        "S3_URL_SCHEME": None if https is None else "https" if https else "http",
        "S3_USE_HTTPS": None,
        "S3_PREFIX": None,
        "USE_GZIP": False,
        "S3_GZIP_CONTENT_TYPES": list(GZIP_CONTENT_TYPES),
        "S3_UPLOAD_COCURRENCY": 32,
    }

"""Flask-S3's public names, on this package's extension: ``FlaskS3``, ``url_for`` and ``create_all``.

The settings of Flask-S3, of Flask-S3-gzip and of the version with ``S3_CACHE_BUSTING`` are read from the app's config
at the first ``url_for``. Importing this module loads Flask and the standard library only.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import SettingsError
from ..extension.cdn import install, url_for
from ..extension.config import CDNConfig, read_config
from ..extension.fast_path import EXTENSION_NAME
from ..extension.peer_modules import lend_module
from ..extension.state_holder import StateHolder
from ..extension.static_folders import find_file, find_static_folders
from ..extension.urls import CDNUrls
from ..loading import loading
from ..regular_files import open_regular
from .s3_defaults import make_defaults
from .s3_settings import S3Settings, read_given, read_s3_settings

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["FlaskS3", "create_all", "logger", "url_for"]

#: The upload's logger. Flask-S3's users import ``logger`` from its module, too; that one has another name.
logger = logging.getLogger("flask_cdn_stack")

# The domain while no bucket is named, so that only building a static file's URL raises an error (RFC 2606, section 2).
_NO_BUCKET = "bucket.invalid"


class FlaskS3:
    """Makes ``url_for`` return the URLs in S3, or on the CDN in front of it, for an app's static files.

    Nothing is stored on the object, so one object serves any number of apps.

    :param app: the app; leave it out in a factory and call :meth:`init_app` there.
    """

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Replace the templates' ``url_for``, and write Flask-S3's defaults into the app's config.

        ``CDN_OVERRIDE_FLASK_URL_FOR`` replaces ``app.url_for`` too. A second call for the same app does nothing.

        :param clock: returns seconds from any fixed point; decides when a file is looked at again.
        :raises RuntimeError: the app has another CDN already.
        :raises SettingsError: a setting that is read here should be a boolean and is not.
        """
        if isinstance(app.extensions.get(EXTENSION_NAME), S3Urls):
            return
        written = make_defaults(app.config, app.debug)
        install(app, S3Urls(app, written, clock))
        # Flask-Assets with FLASK_ASSETS_USE_S3 imports url_for from a module of this name.
        lend_module("flask_s3", __name__)


class S3Urls(CDNUrls):
    """Builds the URLs of one app's files in S3.

    :param written: the defaults that were written into the app's config; while unchanged, they do not count as set.
    """

    reader = "flask_s3"

    def __init__(self, app: Flask, written: Mapping[str, Any], clock: Callable[[], float]) -> None:
        def read_values(values: Mapping[str, Any]) -> CDNConfig:
            return _make_config(read_s3_settings(read_given(values, written)), app.testing)

        super().__init__(app, StateHolder(app, read_values, clock=clock))
        self.written = written

    def find_config(self) -> CDNConfig | None:
        """Return the config; None if URLs are Flask's own at present.

        :raises SettingsError: no bucket is named.
        """
        config = super().find_config()
        if config is not None and config.domain == _NO_BUCKET:
            _refuse_nameless()
        return config


def create_all(
    app: Flask,
    user: str | None = None,
    password: str | None = None,
    bucket_name: str | None = None,
    location: str | None = None,
    include_hidden: bool = False,
    filepath_filter_regex: str | bool | None = None,
    put_bucket_acl: bool | None = None,
    force_refresh: bool = False,
) -> None:
    """Upload an app's static files; see :func:`flask_cdn_stack.compat.create_all.create_all`.

    The seventh argument of Flask-S3-gzip is ``force_refresh``, so a boolean in that place is taken as that.
    """
    if isinstance(filepath_filter_regex, bool):
        filepath_filter_regex, force_refresh = None, filepath_filter_regex or force_refresh
    # Imported here: it loads boto3, and web servers import this module.
    with loading:
        from .create_all import create_all as upload

    upload(
        app,
        user=user,
        password=password,
        bucket_name=bucket_name,
        location=location,
        include_hidden=include_hidden,
        filepath_filter_regex=filepath_filter_regex,
        put_bucket_acl=put_bucket_acl,
        force_refresh=force_refresh,
    )


def _make_config(settings: S3Settings, testing: bool) -> CDNConfig:
    is_on = settings.active and (settings.override_testing or not testing)
    return read_config({}).but(
        domain=(settings.domain or _NO_BUCKET) if is_on else None,
        scheme=settings.scheme,
        debug=False if settings.debug else None,
        timestamp=False,
        endpoints=("static",),
        finish=_choose_finish(settings),
    )


def _choose_finish(settings: S3Settings) -> Callable[[Flask, str, str, str], str] | None:
    if settings.domain is None:
        return _refuse_nameless
    changes = settings.gzip_types or settings.cache_busting
    return functools.partial(_finish, settings) if changes else None


def _refuse_nameless(*asset: object) -> NoReturn:
    raise SettingsError(
        "The app's static files are to come from S3, but neither FLASKS3_BUCKET_NAME nor FLASKS3_CDN_DOMAIN is set.",
        "Set one of them, or FLASKS3_ACTIVE = False for the app's own URLs.",
    )


def _finish(settings: S3Settings, app: Flask, endpoint: str, filename: str, location: str) -> str:
    path, question, query = location.partition("?")
    if settings.gzip_types:
        path = _name_twin(settings, filename, path)
    if settings.cache_busting and not question:
        query = _find_digits(app, endpoint, filename)
    return f"{path}?{query}" if query else path


def _name_twin(settings: S3Settings, filename: str, path: str) -> str:
    # Imported here: it loads the table of content types, and few apps have twins.
    with loading:
        from .gzip_twins import TWIN_SUFFIX, has_gzip_twin

    return path + TWIN_SUFFIX if has_gzip_twin(filename, settings.gzip_types) else path


def _find_digits(app: Flask, endpoint: str, filename: str) -> str:
    """Return the digits of a file's SHA-1 for its URL; empty if the endpoint's folder has no such file."""
    folders, _ = find_static_folders(app, endpoint)
    found = find_file(folders, filename)
    if found is None:
        return ""
    path, status = found
    try:
        return _hash_file(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return ""


@functools.lru_cache(maxsize=4096)
def _hash_file(path: str, mtime_ns: int, size: int) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()[-6:]

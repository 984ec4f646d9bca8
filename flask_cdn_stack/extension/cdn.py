"""``CDN`` ties one Flask app to its CDN, and ``url_for`` finds that app."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask.globals import app_ctx

from .config import overrides_flask_url_for
from .state import StateHolder
from .urls import CDNUrls

if TYPE_CHECKING:
    from flask import Flask
    from flask.ctx import AppContext
    from jinja2 import Environment

#: Key of ``app.extensions``.
EXTENSION_NAME = "cdn"

# The app itself, because each attribute asked of the proxy costs more than finding a remembered URL.
_find_app_context: Callable[[], AppContext] = app_ctx._get_current_object  # type: ignore[attr-defined]


class CDN:
    """Makes ``url_for`` give the CDN's URLs for an app's static files.

    Everything is kept in ``app.extensions["cdn"]`` and nothing on the object, so one object serves any number
    of apps. The ``CDN_*`` config keys are read at the first ``url_for``, and are listed in
    :data:`flask_cdn_stack.config_file.CONFIG_KEYS`.

    :param app: the app; leave it out in a factory and call :meth:`init_app` there.
    """

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Replace the templates' ``url_for``, and ``app.url_for`` where ``CDN_OVERRIDE_FLASK_URL_FOR`` is on.

        :param clock: seconds from any fixed point; says when a file's time stamp is looked up again.
        :raises RuntimeError: the app has a CDN already.
        :raises SettingsError: ``CDN_OVERRIDE_FLASK_URL_FOR`` is not a boolean.
        """
        if EXTENSION_NAME in app.extensions:
            raise RuntimeError(f"The Flask app {app.name!r} has a CDN already: call CDN(app) or init_app(app) once.")
        override = overrides_flask_url_for(app.config)
        urls = CDNUrls(app, StateHolder(app), clock)
        _set_template_global(app, urls)
        if override:
            app.url_for = urls.app_url_for  # type: ignore[method-assign]
        app.extensions[EXTENSION_NAME] = urls

    @staticmethod
    def reload(app: Flask) -> None:
        """Read config and manifest again. Calls under way finish with what they began with.

        Where this raises an error, the app goes on with the config and manifest that it has.

        :raises RuntimeError: the app has no CDN.
        :raises SettingsError: a ``CDN_*`` value is wrong.
        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        if EXTENSION_NAME not in app.extensions:
            raise RuntimeError(f"The Flask app {app.name!r} has no CDN: call CDN(app) or init_app(app) first.")
        urls: CDNUrls = app.extensions[EXTENSION_NAME]
        urls.reload()


def url_for(endpoint: str, **values: Any) -> str:
    """Build a URL as :func:`flask.url_for` does, on the CDN where the endpoint serves static files.

    For such an endpoint ``_scheme`` overrides ``CDN_HTTPS`` (None or ``""``: the URL begins with ``//``),
    ``_anchor`` becomes the fragment, and ``_external`` and ``_method`` mean nothing. For every other endpoint,
    and in an app without a CDN, this is Flask's own.

    :raises RuntimeError: there is no application context.
    :raises SettingsError: a ``CDN_*`` value is wrong.
    :raises MissingAssetError: ``CDN_STRICT`` is on and the file is not there or not in the manifest.
    :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
    """
    try:
        app = _find_app_context().app
    except RuntimeError:
        raise RuntimeError(
            "flask_cdn_stack.url_for needs to know the app: call it in a request or inside `with app.app_context():`."
        ) from None
    try:
        urls: CDNUrls = app.extensions[EXTENSION_NAME]
    except KeyError:
        return app.url_for(endpoint, **values)
    return urls.build(endpoint, values)


def _set_template_global(app: Flask, urls: CDNUrls) -> None:
    # The environment is not created here: an app may still change jinja_options after init_app.
    create = app.create_jinja_environment

    def create_jinja_environment() -> Environment:
        environment = create()
        environment.globals["url_for"] = urls.url_for
        return environment

    app.create_jinja_environment = create_jinja_environment  # type: ignore[method-assign, assignment]
    existing: Environment | None = vars(app).get("jinja_env")
    if existing is not None:
        existing.globals["url_for"] = urls.url_for

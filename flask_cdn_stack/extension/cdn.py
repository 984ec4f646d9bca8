"""``CDN`` connects a Flask app to its CDN, and ``url_for`` works for the app of the current context."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..loading import loading
from .config import overrides_flask_url_for
from .fast_path import EXTENSION_NAME, find_app_context, make_url_for
from .state_holder import StateHolder
from .template_globals import CSPSource, make_globals
from .urls import CDNUrls

if TYPE_CHECKING:
    from flask import Flask
    from jinja2 import Environment

    from .fast_path import BuildsUrls


class CDN:
    """Makes ``url_for`` return the CDN's URLs for an app's static files.

    All state is in ``app.extensions["cdn"]`` and none on the object, so one object serves any number of apps. The
    ``CDN_*`` config keys are read at the first ``url_for``; they are listed in
    :doc:`the reference </reference/config-keys>`.

    :param app: the app; leave it out in a factory and call :meth:`init_app` there.
    """

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Replace the templates' ``url_for``, and ``app.url_for`` where ``CDN_OVERRIDE_FLASK_URL_FOR`` is on.

        Templates also get ``cdn_integrity``, ``cdn_importmap`` and ``cdn_csp_source``. If the config has
        ``FLASK_ASSETS_USE_CDN`` or ``FLASK_ASSETS_USE_S3``, Flask-Assets imports ``url_for`` from this package instead
        of ``flask_cdn`` or ``flask_s3``, unless the app has imported that one itself.

        :param clock: returns seconds from any fixed point; decides when time stamps and the manifest are read again.
        :raises RuntimeError: the app has a CDN already.
        :raises SettingsError: ``CDN_OVERRIDE_FLASK_URL_FOR`` is not a boolean.
        """
        install(app, CDNUrls(app, StateHolder(app, clock=clock)))

    @staticmethod
    def reload(app: Flask) -> None:
        """Read config and manifest again. Calls that are under way still use those that they began with.

        If this raises an error, the app keeps its present config and manifest.

        :raises RuntimeError: the app has no CDN.
        :raises SettingsError: a ``CDN_*`` value is wrong.
        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        find_urls(app).reload()

    @staticmethod
    def csp_source(app: Flask) -> str:
        """Return the CDN as a source for a Content-Security-Policy header, such as ``https://d111.cloudfront.net``.

        Call it when the config is complete: it reads the config, as the first ``url_for`` does. The text is empty while
        URLs are the app's own. It has a scheme only if ``CDN_HTTPS`` or ``CDN_DOMAIN`` says which; browsers otherwise
        use the page's. Templates have it as ``cdn_csp_source``. (Content Security Policy Level 3, section 2.3.1.)

        :raises RuntimeError: the app has no CDN.
        :raises SettingsError: a ``CDN_*`` value is wrong.
        """
        return str(CSPSource(find_urls(app)))


url_for = make_url_for(find_app_context)


def install(app: Flask, urls: CDNUrls) -> None:
    """Register ``urls`` in ``app.extensions``, in the app's templates and, if the config says so, as ``app.url_for``.

    The defaults in ``urls.written`` are written into the config. Flask-Assets is served as in :meth:`CDN.init_app`.

    :raises RuntimeError: the app has a CDN already.
    :raises SettingsError: ``CDN_OVERRIDE_FLASK_URL_FOR`` is not a boolean.
    """
    override = overrides_flask_url_for(app.config)
    if EXTENSION_NAME in app.extensions:
        raise _refuse(f"The Flask app {app.name!r} has a CDN already: call CDN(app) or init_app(app) once.")
    _set_template_globals(app, make_globals(urls))
    if override:
        app.url_for = urls.app_url_for  # type: ignore[method-assign]
    extensions: dict[str, BuildsUrls] = app.extensions
    extensions[EXTENSION_NAME] = urls
    # A copy: if the app changes one of its lists in place, that must differ from the default.
    app.config.update(deepcopy(dict(urls.written)))
    if app.config.get("FLASK_ASSETS_USE_CDN") or app.config.get("FLASK_ASSETS_USE_S3"):
        # Imported here, because few apps have these settings.
        with loading:
            from .peer_modules import serve_flask_assets

        serve_flask_assets(app.config, __name__)


def _refuse(message: str) -> RuntimeError:
    with loading:
        from ..troubleshooting import see

    error = RuntimeError(message)
    error.add_note(see(message))
    return error


def find_urls(app: Flask) -> CDNUrls:
    """Return the object that builds an app's CDN URLs.

    :raises RuntimeError: the app has no CDN.
    """
    if EXTENSION_NAME not in app.extensions:
        raise _refuse(f"The Flask app {app.name!r} has no CDN: call CDN(app) or init_app(app) first.")
    urls: CDNUrls = app.extensions[EXTENSION_NAME]
    return urls


def _set_template_globals(app: Flask, added: Mapping[str, Any]) -> None:
    # The environment is not created here: an app may still change jinja_options after init_app.
    create = app.create_jinja_environment

    def create_jinja_environment() -> Environment:
        environment = create()
        environment.globals.update(added)
        return environment

    app.create_jinja_environment = create_jinja_environment  # type: ignore[method-assign, assignment]
    existing: Environment | None = vars(app).get("jinja_env")
    if existing is not None:
        existing.globals.update(added)

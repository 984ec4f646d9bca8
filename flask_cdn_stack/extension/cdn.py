"""``CDN`` ties one Flask app to its CDN, and ``url_for`` finds that app."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..loading import loading
from .config import overrides_flask_url_for
from .fast_path import EXTENSION_NAME, BuildsUrls, find_app_context, make_url_for
from .state_holder import StateHolder
from .template_globals import CSPSource, make_globals
from .urls import CDNUrls

if TYPE_CHECKING:
    from flask import Flask
    from jinja2 import Environment


class CDN:
    """Makes ``url_for`` give the CDN's URLs for an app's static files.

    Everything is kept in ``app.extensions["cdn"]`` and nothing on the object, so one object serves any number
    of apps. The ``CDN_*`` config keys are read at the first ``url_for``, and are listed in
    :doc:`the reference </reference/config-keys>`.

    :param app: the app; leave it out in a factory and call :meth:`init_app` there.
    """

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Replace the templates' ``url_for``, and ``app.url_for`` where ``CDN_OVERRIDE_FLASK_URL_FOR`` is on.

        Templates get ``cdn_integrity``, ``cdn_importmap`` and ``cdn_csp_source`` beside it. Where the config has
        ``FLASK_ASSETS_USE_CDN`` or ``FLASK_ASSETS_USE_S3``, Flask-Assets finds this package by the peer's name.

        :param clock: seconds from any fixed point; says when a file's time stamp is looked up again.
        :raises RuntimeError: the app has a CDN already.
        :raises SettingsError: ``CDN_OVERRIDE_FLASK_URL_FOR`` is not a boolean.
        """
        install(app, CDNUrls(app, StateHolder(app, clock=clock)))

    @staticmethod
    def reload(app: Flask) -> None:
        """Read config and manifest again. Calls under way finish with what they began with.

        Where this raises an error, the app goes on with the config and manifest that it has.

        :raises RuntimeError: the app has no CDN.
        :raises SettingsError: a ``CDN_*`` value is wrong.
        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        find_urls(app).reload()

    @staticmethod
    def csp_source(app: Flask) -> str:
        """Return the CDN as a source for a Content-Security-Policy header, such as ``https://d111.cloudfront.net``.

        It reads the config, as the first URL does, so call it when that is complete. Empty while URLs are the app's
        own. Without ``CDN_HTTPS`` it has no scheme, which then is the page's.
        Templates have it as ``cdn_csp_source``. (Content Security Policy Level 3, section 2.3.1.)

        :raises RuntimeError: the app has no CDN.
        :raises SettingsError: a ``CDN_*`` value is wrong.
        """
        return str(CSPSource(find_urls(app)))


url_for = make_url_for(find_app_context)


def install(app: Flask, urls: CDNUrls) -> None:
    """Make ``urls`` the app's: in ``app.extensions``, in its templates and, where the config says so, ``app.url_for``.

    The defaults that it stands on are written into the config. Flask-Assets is served where it imports from a peer.

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
    # A copy, because an app may change a list of them in place, which has to be seen.
    app.config.update(deepcopy(dict(urls.written)))
    if app.config.get("FLASK_ASSETS_USE_CDN") or app.config.get("FLASK_ASSETS_USE_S3"):
        # Here, because few apps let Flask-Assets do that.
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
    """Return what builds an app's URLs.

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

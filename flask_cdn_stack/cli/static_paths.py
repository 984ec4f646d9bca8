"""Completes the settings for a template: reads the static paths from the app if the settings do not name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..assets.collect import select_files
from ..errors import AppError
from ..settings.model import Settings
from .app_process import open_app
from .app_questions import MAX_AGE, find_origin
from .call import Call

_HINT = (
    "It is loaded to find the paths of its static files, unless app_origin.paths in the settings names them. "
    "`flask-cdn-stack init` writes a config file that it can import."
)


class Resolved(NamedTuple):
    """Complete settings, and if the app was loaded, its config for :func:`warn_of_no_cache`."""

    settings: Settings
    config: Mapping[str, Any] | None = None


def resolve_paths(call: Call) -> Resolved:
    """Fill in ``app_origin.paths`` from the app, if CloudFront fetches from it and the settings do not name them.

    :raises AppError: the app does not load.
    :raises SettingsError: the app serves static files from ``/``, or has none.
    """
    settings = call.project.settings
    if not asks_app(settings):
        return Resolved(settings)
    try:
        with open_app() as app:
            app.ask(call.app_place, find_origin, select_files(call.project).extra)
            paths, config = app.answer()
    except AppError as error:
        error.add_hint(_HINT, "\n")
        raise
    return Resolved(settings.replace(app_origin=settings.app_origin.replace(paths=paths)), config)


def asks_app(settings: Settings) -> bool:
    """Return whether the app has to be loaded to complete the settings."""
    return settings.has_app_origin and settings.app_origin.paths is None


def warn_of_no_cache(call: Call, config: Mapping[str, Any]) -> None:
    """Warn if CloudFront would fetch a file from the app for every request, because the app forbids caching.

    :param config: :data:`~.app_questions.MAX_AGE` of the app's config.
    """
    settings = call.project.settings
    if settings.origin == "app" and not settings.delivery.ttl.min and not config[MAX_AGE]:
        call.output.warn(
            "The app answers for its static files with Cache-Control: no-cache, so CloudFront asks it every time. "
            "Set SEND_FILE_MAX_AGE_DEFAULT in the app's config, in seconds, such as 31536000: the URLs change with the "
            "files."
        )

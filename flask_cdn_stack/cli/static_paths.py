"""The settings as a stack is made from them: what the file leaves to the app is asked of the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..assets.static_paths import find_static_paths
from ..errors import AppError
from .app_process import open_app

if TYPE_CHECKING:
    from flask import Flask

    from ..settings.model import Settings
    from .call import Call

_MAX_AGE = "SEND_FILE_MAX_AGE_DEFAULT"

_HINT = (
    "It is loaded for the paths of its static files, and not where app_origin.paths in the settings names them. "
    "`flask-cdn-stack init` writes a config file that it can import."
)


class Resolved(NamedTuple):
    """Settings that leave nothing open, and what :func:`warn_of_no_cache` needs of an app that had to be asked."""

    settings: Settings
    config: Mapping[str, Any] | None = None


def resolve_paths(call: Call) -> Resolved:
    """Fill ``app_origin.paths`` from the app, where CloudFront asks it and the settings do not name them.

    :raises AppError: the app does not load.
    :raises SettingsError: it serves static files from ``/``, or none at all.
    """
    settings = call.project.settings
    if not asks_app(settings):
        return Resolved(settings)
    try:
        with open_app() as app:
            app.ask(call.app_place, find_origin)
            paths, config = app.answer()
    except AppError as error:
        error.add_hint(_HINT, "\n")
        raise
    return Resolved(settings.replace(app_origin=settings.app_origin.replace(paths=paths)), config)


def find_origin(app: Flask) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the paths at which an app serves static files, and :func:`pick_config` of it.

    :raises SettingsError: it serves them from ``/``, or none at all.
    """
    return find_static_paths(app), pick_config(app)


def pick_config(app: Flask) -> dict[str, Any]:
    """Return what :func:`warn_of_no_cache` needs of an app's config."""
    return {_MAX_AGE: app.config.get(_MAX_AGE)}


def asks_app(settings: Settings) -> bool:
    """Say whether the app has to be loaded for what the settings leave open."""
    return settings.has_app_origin and settings.app_origin.paths is None


def warn_of_no_cache(call: Call, config: Mapping[str, Any]) -> None:
    """Say so where CloudFront would ask the app each time a file is wanted, because the app's answers want that.

    :param config: what :func:`pick_config` took of the app's.
    """
    settings = call.project.settings
    if settings.origin == "app" and not settings.delivery.ttl.min and not config[_MAX_AGE]:
        call.output.warn(
            "The app answers for its static files with Cache-Control: no-cache, so CloudFront asks it every time. "
            "Set SEND_FILE_MAX_AGE_DEFAULT in the app's config, in seconds, such as 31536000: the URLs change with the "
            "files."
        )

"""The settings as a stack is made from them: what the file leaves to the app is asked of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flask import Flask

    from ..settings.model import Settings
    from .call import Call

_HINT = (
    "It is loaded for the paths of its static files, and not where app_origin.paths in the settings names them. "
    "`flask-cdn-stack init` writes a config file that it can import."
)


class Resolved(NamedTuple):
    """Settings that leave nothing open, and the app where it had to be asked."""

    settings: Settings
    app: Flask | None = None


def resolve_paths(call: Call) -> Resolved:
    """Fill ``app_origin.paths`` from the app, where CloudFront asks it and the settings do not name them.

    :raises AppError: the app does not load.
    :raises SettingsError: it serves static files from ``/``, or none at all.
    """
    from ..assets.static_paths import find_static_paths
    from ..errors import AppError

    settings = call.project.settings
    if not asks_app(settings):
        return Resolved(settings)
    try:
        app = call.load_app(checked=False)
    except AppError as error:
        error.hint = f"{error.hint}\n{_HINT}"
        raise
    origin = settings.app_origin.replace(paths=find_static_paths(app))
    return Resolved(settings.replace(app_origin=origin), app)


def asks_app(settings: Settings) -> bool:
    """Say whether the app has to be loaded for what the settings leave open."""
    return settings.has_app_origin and settings.app_origin.paths is None


def warn_of_no_cache(call: Call, app: Flask) -> None:
    """Say so where CloudFront would ask the app each time a file is wanted, because the app's answers want that."""
    settings = call.project.settings
    if settings.origin == "app" and not settings.delivery.ttl.min and not app.config.get("SEND_FILE_MAX_AGE_DEFAULT"):
        call.output.warn(
            "The app answers for its static files with Cache-Control: no-cache, so CloudFront asks it every time. "
            "Set SEND_FILE_MAX_AGE_DEFAULT in the app's config, in seconds, such as 31536000: the URLs change with the "
            "files."
        )

"""Functions that read what commands need from the loaded app. They run in the app's process, which imports this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..assets.collect import Collection, Selection, collect_assets
from ..assets.extra import ExtraFolder
from ..assets.static_paths import find_static_paths
from ..errors import SettingsError
from ..extension.config import read_config

if TYPE_CHECKING:
    from flask import Flask

    from ..verify.model import Page

#: Key of Flask's config for how long static files may be cached.
MAX_AGE = "SEND_FILE_MAX_AGE_DEFAULT"


def find_assets(
    app: Flask, selection: Selection, prefix: str, fingerprint: str | None, local: tuple[str, ...] | None
) -> tuple[Collection, dict[str, Any]]:
    """Return an app's assets, and :data:`MAX_AGE` of its config.

    :param fingerprint: the mode that ``CDN_FINGERPRINT`` must have, or None for any.
    :param local: globs of the files that the app serves itself, for the scan of its templates; None: no scan.
    :raises SettingsError: the app's ``CDN_*`` values cannot be used, or have another mode.
    """
    read_config(app.config)
    if fingerprint is not None:
        _check_fingerprint(app.config, fingerprint)
    collection = collect_assets(app, selection, prefix)
    if local is not None:
        from ..assets.template_scan import scan_templates  # only the app's process scans

        collection = scan_templates(app, collection, local)
    return collection, _pick_config(app)


class AppFacts(NamedTuple):
    """How many static files an app has, whether it has the extension, and warnings about files."""

    files: int
    has_extension: bool
    warnings: tuple[str, ...]


def look_over(app: Flask, selection: Selection, prefix: str, fingerprint: str | None) -> AppFacts:
    """Return what is known of an app without reading its static files.

    :raises CDNStackError: as :func:`find_assets`.
    """
    from ..extension.fast_path import EXTENSION_NAME  # imports Flask, which the main process avoids

    collection, _ = find_assets(app, selection, prefix, fingerprint, None)
    return AppFacts(len(collection.assets), EXTENSION_NAME in app.extensions, tuple(collection.warnings))


def find_origin(app: Flask, extra: tuple[ExtraFolder, ...]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the URL paths of an app's static and extra files, and :data:`MAX_AGE` of its config.

    :raises SettingsError: the app serves static files from ``/``, or has none.
    """
    return find_static_paths(app, extra), _pick_config(app)


def find_pages(app: Flask, paths: tuple[str, ...]) -> tuple[Page, ...]:
    """Return an app's pages at these URL paths, and the pages that they link to."""
    from ..verify.app_pages import read_app_pages  # only the app's process reads them

    return read_app_pages(app, paths)


def _pick_config(app: Flask) -> dict[str, Any]:
    return {MAX_AGE: app.config.get(MAX_AGE)}


def _check_fingerprint(config: dict[str, Any], fingerprint: str) -> None:
    own = config.get("CDN_FINGERPRINT") or "query"
    if config.get("CDN_DOMAIN") and own != fingerprint:
        raise SettingsError(
            f"The app's CDN_FINGERPRINT is {own!r}, the settings' assets.fingerprint {fingerprint!r}: the app's URLs "
            "would lead nowhere.",
            "Let the app take its values from the generated config file, or say the same in both.",
        )

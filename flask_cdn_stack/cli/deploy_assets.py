"""The app's static files, as a deploy asks the app for them and gets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from ..assets.collect import Collection, Selection
    from ..assets.hashes import FileHashes
    from ..release.parties import Files
    from .app_process import LoadedApp
    from .call import Call


@contextmanager
def asking_for_files(
    call: Call, app: LoadedApp, *, any_config: bool, allow_missing: bool, rehash: bool
) -> Iterator[Callable[[], Files]]:
    """Begin to load the app, and give what waits for its static files and returns them; it warns of what is left out.

    What was hashed in the block is kept for later runs.

    :param any_config: take the app as it is, even if its config is for another mode of checksums.
    :param allow_missing: keep references in style sheets that lead nowhere.
    :param rehash: believe nothing of what earlier runs found.
    """
    from ..assets.collect import select_files
    from ..assets.hashes import FileHashes, load_hashes, save_hashes
    from .cache import find_hashes_file

    settings = call.project.settings.assets
    cache = find_hashes_file(call.project.folder)
    fingerprint = None if any_config else settings.fingerprint
    app.ask(call.app_place, find_assets, select_files(call.project, cache), settings.prefix, fingerprint)
    hashes: list[FileHashes] = []

    def read() -> Files:
        hashes.append(FileHashes(load_hashes(cache) if cache and not rehash else {}))
        return _read_files(call, app, hashes[0], allow_missing)

    try:
        yield read
    finally:
        if cache and hashes and hashes[0].is_new:
            save_hashes(cache, hashes[0].lasting)


def find_assets(
    app: Flask, selection: Selection, prefix: str, fingerprint: str | None
) -> tuple[Collection, dict[str, Any]]:
    """Return an app's assets, and :func:`~.static_paths.pick_config` of it.

    :param fingerprint: the mode that its config must have, or None for any.
    :raises SettingsError: its ``CDN_*`` values cannot be used, or have another mode.
    """
    from ..assets.collect import collect_assets
    from ..extension.config import read_config
    from .static_paths import pick_config

    read_config(app.config)
    if fingerprint is not None:
        _check_fingerprint(app.config, fingerprint)
    return collect_assets(app, selection, prefix), pick_config(app)


def _read_files(call: Call, app: LoadedApp, hashes: FileHashes, allow_missing: bool) -> Files:
    from ..release.failures import shorten
    from ..release.files import make_files
    from .static_paths import warn_of_no_cache

    collection, config = app.answer()
    warn_of_no_cache(call, config)
    for warning in collection.warnings:
        call.output.warn(warning)
    if collection.shadowed:
        call.output.warn(f"Not published, because Flask serves something else there: {shorten(collection.shadowed)}.")
    return make_files(collection, call.project.settings, hashes, allow_missing)


def _check_fingerprint(config: dict[str, Any], fingerprint: str) -> None:
    from ..errors import SettingsError

    own = config.get("CDN_FINGERPRINT") or "query"
    if config.get("CDN_DOMAIN") and own != fingerprint:
        raise SettingsError(
            f"The app's CDN_FINGERPRINT is {own!r}, the settings' assets.fingerprint {fingerprint!r}: the app's URLs "
            "would lead nowhere.",
            "Let the app take its values from the generated config file, or say the same in both.",
        )

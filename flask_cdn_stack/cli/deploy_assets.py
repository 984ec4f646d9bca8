"""The app's static files, as a deploy asks the app for them and gets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..assets.collect import select_files
from ..assets.hashes import FileHashes
from ..assets.saved_hashes import load_hashes, save_hashes
from ..release.failures import shorten
from .app_process import LoadedApp
from .app_questions import find_assets
from .cache import find_hashes_file
from .call import Call
from .output import count
from .static_paths import warn_of_no_cache
from .upload_progress import UploadProgress

if TYPE_CHECKING:
    from ..release.parties import Files


@contextmanager
def asking_for_files(
    call: Call, app: LoadedApp, progress: UploadProgress, *, any_config: bool, allow_missing: bool, rehash: bool
) -> Iterator[Callable[[], Files]]:
    """Begin to load the app, and give what waits for its static files and returns them; it warns of what is left out.

    What was hashed in the block is kept for later runs.

    :param progress: shows what is going on.
    :param any_config: take the app as it is, even if its config is for another mode of checksums.
    :param allow_missing: keep references in style sheets that lead nowhere.
    :param rehash: believe nothing of what earlier runs found.
    """
    settings = call.project.settings.assets
    cache = find_hashes_file(call.project.folder)
    fingerprint = None if any_config else settings.fingerprint
    app.ask(call.app_place, find_assets, select_files(call.project, cache), settings.prefix, fingerprint)
    hashes: list[FileHashes] = []

    def read() -> Files:
        progress.preparing(lambda: "Loading the app, and collecting its files")
        found = FileHashes(load_hashes(cache) if cache and not rehash else {})
        hashes.append(found)
        files = _read_files(call, app, found, allow_missing)
        total = count(len(files.collection.assets), "file")
        progress.preparing(lambda: f"Hashed {found.number:,} of {total}")
        return files

    try:
        yield read
    finally:
        if cache and hashes and hashes[0].is_new:
            save_hashes(cache, hashes[0].lasting)


def _read_files(call: Call, app: LoadedApp, hashes: FileHashes, allow_missing: bool) -> Files:
    from ..release.files import make_files  # while the app is loaded

    collection, config = app.answer()
    warn_of_no_cache(call, config)
    for warning in collection.warnings:
        call.output.warn(warning)
    if collection.shadowed:
        call.output.warn(f"Not published, because Flask serves something else there: {shorten(collection.shadowed)}.")
    return make_files(collection, call.project.settings, hashes, allow_missing)

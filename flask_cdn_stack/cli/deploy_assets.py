"""Gets the app's static files from its process, for a deploy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..assets.collect import select_files
from ..assets.hashes import FileHashes
from ..assets.known_hashes import KnownHashes, load_hashes, save_hashes
from ..release.failures import shorten
from .app_process import LoadedApp
from .app_questions import find_assets
from .cache import find_hashes_file
from .call import Call
from .output import count
from .static_paths import warn_of_no_cache
from .upload_progress import UploadProgress

if TYPE_CHECKING:
    from ..assets.style_links import MissingReferences
    from ..release.parties import Files


@contextmanager
def asking_for_files(
    call: Call,
    app: LoadedApp,
    progress: UploadProgress,
    *,
    any_config: bool,
    missing: MissingReferences | None,
    rehash: bool,
) -> Iterator[Callable[[], Files]]:
    """Start to load the app, and yield a function that waits for its static files and returns them.

    That function warns of files that are not published. At the end of the block, new hashes are saved for later runs.

    :param progress: shows the present step.
    :param any_config: accept the app even if its ``CDN_FINGERPRINT`` differs from the settings.
    :param missing: what to do with references to missing files, instead of the settings' value; None: the settings'.
    :param rehash: ignore the hashes of earlier runs.
    """
    settings = call.project.settings.assets
    cache = find_hashes_file(call.project.folder)
    fingerprint = None if any_config else settings.fingerprint
    local = settings.local if settings.scan_templates else None
    app.ask(call.app_place, find_assets, select_files(call.project, cache), settings.prefix, fingerprint, local)
    hashes: list[FileHashes] = []

    def read() -> Files:
        progress.preparing(lambda: "Loading the app, and collecting its files")
        known = load_hashes(cache) if cache and not rehash else KnownHashes()
        found = FileHashes(known.files, styles=known.styles)
        hashes.append(found)
        files = _read_files(call, app, found, missing)
        total = count(len(files.collection.assets), "file")
        progress.preparing(lambda: f"Hashed {found.number:,} of {total}")
        return files

    try:
        yield read
    finally:
        if cache and hashes and hashes[0].is_new:
            save_hashes(cache, KnownHashes(hashes[0].lasting, hashes[0].styles))


def _read_files(call: Call, app: LoadedApp, hashes: FileHashes, missing: MissingReferences | None) -> Files:
    from ..release.files import make_files  # imported while the app loads

    collection, config = app.answer()
    warn_of_no_cache(call, config)
    for warning in collection.warnings:
        call.output.warn(warning)
    if collection.shadowed:
        call.output.warn(f"Not published, because Flask serves something else there: {shorten(collection.shadowed)}.")
    return make_files(collection, call.project.settings, hashes, missing)

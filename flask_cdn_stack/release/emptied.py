"""Finds files that a deploy would drop from the published release because a static folder is missing or empty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..assets.collect import Collection, StaticFolder
from ..errors import ManifestError, StateError
from ..manifest import parse_manifest, render_manifest
from .records import ReleaseRecord, manifest_checksum
from .state import State

ReadRelease = Callable[[str], ReleaseRecord | None]


def find_emptied(state: State, collection: Collection, read: ReadRelease) -> str:
    """Return a line for each static folder that is missing or empty, and had files in the published release.

    The release record is read only if a folder is empty and the state has objects that may be from it.

    :param read: returns the record of a release by its id, or None if it is gone.
    :return: the lines; empty if there are no such folders.
    """
    if state.release is None:
        return ""
    if not collection.assets:
        had_none = state.manifest == manifest_checksum(render_manifest({}))
        return "" if had_none else f"There is no file to publish, and the published release {state.release} has some."
    # Several folders may be served below the same path.
    filled = {folder.prefix for folder in collection.folders if not folder.is_empty}
    empty = [folder for folder in collection.folders if folder.is_empty and folder.prefix not in filled]
    if not any(key.startswith(folder.prefix) for folder in empty for key in state.objects):
        return ""
    numbers = _count_keys(empty, collection.folders, _find_published(state, state.release, read))
    return "\n".join(
        f"{folder.endpoint}: {folder.folder} is missing or has no file, and the published release {state.release} has "
        f"{numbers[folder]:,} of it."
        for folder in empty
        if numbers[folder]
    )


def _find_published(state: State, release: str, read: ReadRelease) -> Iterable[str]:
    try:
        record = read(release)
        return state.objects if record is None else parse_manifest(record.manifest)
    except (StateError, ManifestError):  # without the record, the objects of all releases are the best guess
        return state.objects


def _count_keys(
    empty: Sequence[StaticFolder], folders: Sequence[StaticFolder], keys: Iterable[str]
) -> dict[StaticFolder, int]:
    # A key belongs to the endpoint with the longest path that the key begins with.
    inner_first = sorted(folders, key=lambda folder: len(folder.prefix), reverse=True)
    numbers = dict.fromkeys(empty, 0)
    for key in keys:
        owner = next((folder for folder in inner_first if key.startswith(folder.prefix)), None)
        if owner in numbers:
            numbers[owner] += 1
    return numbers

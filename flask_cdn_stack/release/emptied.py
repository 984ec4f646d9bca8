"""What a deploy would take out of the published release because a static folder is missing, or has no file any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..assets.collect import Collection, StaticFolder
from ..errors import ManifestError, StateError
from ..manifest import parse_manifest, render_manifest
from .records import ReleaseRecord, manifest_checksum
from .state import State

ReadRelease = Callable[[str], ReleaseRecord | None]


def find_emptied(state: State, collection: Collection, read: ReadRelease) -> str:
    """Return a sentence for each static folder that is missing or empty, and had files in the published release.

    That the release has files at all, the state tells. Which ones, only its record does: it is read where a folder is
    empty while the bucket has objects that may be of it.

    :param read: returns the record of a release by its id, or None where it is gone.
    :return: lines; empty where there is nothing to say.
    """
    if state.release is None:
        return ""
    if not collection.assets:
        had_none = state.manifest == manifest_checksum(render_manifest({}))
        return "" if had_none else f"There is no file to publish, and the published release {state.release} has some."
    # Several folders may be served below one path.
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
    except (StateError, ManifestError):  # then what all releases have had is the best that is known
        return state.objects


def _count_keys(
    empty: Sequence[StaticFolder], folders: Sequence[StaticFolder], keys: Iterable[str]
) -> dict[StaticFolder, int]:
    # A key belongs to the endpoint with the longest path that it lies below.
    inner_first = sorted(folders, key=lambda folder: len(folder.prefix), reverse=True)
    numbers = dict.fromkeys(empty, 0)
    for key in keys:
        owner = next((folder for folder in inner_first if key.startswith(folder.prefix)), None)
        if owner in numbers:
            numbers[owner] += 1
    return numbers

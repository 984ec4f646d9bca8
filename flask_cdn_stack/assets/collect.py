"""Collecting an app's static files, named by the app's own URL map."""

from __future__ import annotations

import filecmp
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import UNREADABLE, AssetError, AssetReadError
from ..naming import asset_key, compile_globs
from .extra import ExtraFolder
from .odd_names import refuse_names, why_uncarried, why_unserved
from .places import FileURLs, find_places

if TYPE_CHECKING:
    from flask import Flask

    from ..settings.model import Project

#: Most links to folders that are followed on one path. Folders that link to each other have factorially many paths.
MAX_LINKS = 3

#: Most paths that are named in warnings of one kind; the rest are counted.
MAX_REMARKS = 10

# Linux shows processes and devices as files here, among them environments with passwords, and their sizes are not
# right. Below /dev/shm are ordinary files in memory.
_SYSTEM_FOLDER = re.compile(r"/(proc|sys|dev)(?!/shm/)(/|$)")

# IO_REPARSE_TAG_MOUNT_POINT (Microsoft, "Reparse point tags"); Python defines it on Windows only.
_JUNCTION = 0xA0000003

_DANGLING = "is a broken link; it is not published."
_CIRCULAR = "is a link to a folder that it lies in; it is not followed."
_TOO_DEEP = f"is a link to a folder, below {MAX_LINKS} others; it is not followed, though Flask serves what is in it."
_UNREADABLE = "is a link whose target cannot be read; it is not followed."
_OF_THE_SYSTEM = "leads to the system's own /proc, /sys or /dev; it is not published, though Flask serves it."
_OUTSIDE = "is a link out of the static folder; it is published, as Flask serves it too."
_NO_FILE = "is not a file; it is not published."
_OWN = "is flask-cdn-stack's own file; it is not published."


class Asset(NamedTuple):
    """A static file, with its key from the app's URL map.

    ``key`` is the decoded URL path without leading slash, ``url_path`` the same percent-encoded.
    """

    key: str
    url_path: str
    endpoint: str
    file: str


def _take_all(path: str) -> bool:
    return True


class Selection(NamedTuple):
    """Which files are collected: globs over the key, whether hidden files are, and a test of the path.

    ``path_test`` is called with the path within the static folder, with slashes, and returns whether to collect it.
    ``own`` are real paths of files that this tool writes or reads, which are never assets. ``extra`` are folders
    besides the static ones.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    hidden: bool = False
    path_test: Callable[[str], object] = _take_all
    own: frozenset[str] = frozenset()
    extra: tuple[ExtraFolder, ...] = ()

    def predicate(self) -> Callable[[str], bool]:
        """Return a function that tests a key."""
        included = compile_globs(self.include) if self.include else lambda key: True
        excluded = compile_globs(self.exclude)
        return lambda key: (self.hidden or not _is_hidden(key)) and included(key) and not excluded(key)


#: All files except hidden ones.
EVERYTHING = Selection()


class StaticFolder(NamedTuple):
    """An endpoint with its folder, the beginning of its keys, and whether the folder is missing or empty."""

    endpoint: str
    folder: str
    prefix: str
    is_empty: bool


class Collection(NamedTuple):
    """The collected files: assets in the order of their keys, paths that another view serves, and warnings.

    ``folders`` are the folders that were searched.
    """

    assets: tuple[Asset, ...]
    shadowed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    folders: tuple[StaticFolder, ...] = ()


def select_files(project: Project, *others: Path | None) -> Selection:
    """Return which files the settings publish: neither this tool's own, such as the manifest, nor ``others``."""
    settings = project.settings.assets
    # A manifest that listed itself would change with each deploy.
    own = (project.manifest_file, project.config_file, project.file, *others)
    paths = frozenset(os.path.realpath(file) for file in own if file)
    extra = tuple(
        ExtraFolder(
            str(project.folder / each.folder), each.url, each.endpoint, each.argument, f"assets.extra[{number}]"
        )
        for number, each in enumerate(settings.extra)
    )
    return Selection(settings.include, settings.exclude, settings.hidden, own=paths, extra=extra)


def collect_assets(app: Flask, selection: Selection = EVERYTHING, prefix: str = "") -> Collection:
    """Collect the files of the app's static folder, of every blueprint's, and of the extra folders.

    A path at which Flask would serve something else is listed as shadowed. Links are followed as Flask follows them,
    even out of the folder, with a warning. A fourth link on one path, and a file whose name Flask cannot serve, are
    left out with a warning.

    :param prefix: origin path in the bucket; counts towards the length of keys.
    :raises AssetError: names that cannot be published, all in one message, or two files for one URL.
    :raises AssetReadError: a folder cannot be read, or one of two files for one URL.
    """
    wanted = selection.predicate()
    found: dict[str, Asset] = {}
    shadowed: list[str] = []
    warnings: list[str] = []
    folders: list[StaticFolder] = []
    refused: dict[str, str] = {}
    for endpoint, folder, urls, before in find_places(app, selection.extra, warnings):
        remarks = _Remarks()
        names, own = _walk_folder(folder, warnings, selection.own)
        start = asset_key(urls.build("x")).removesuffix("x")
        folders.append(StaticFolder(endpoint, folder, start, all(name in own or _is_hidden(name) for name in names)))
        for name in names:
            asset = _name_asset(urls, endpoint, folder, name)
            if not (selection.path_test(name) and wanted(asset.key)):
                continue
            if name in own:
                warnings.append(f"{asset.file} {_OWN}")
                continue
            if before and any(os.path.isfile(os.path.join(each, name)) for each in before):
                continue
            if remark := why_unserved(name):
                remarks.add(remark, asset.file, asset.file)
                continue
            served = urls.serves(asset.key, name)
            if served is None:
                continue
            if not served:
                shadowed.append(asset.key)
            elif problem := why_uncarried(asset.key, prefix):
                refused[asset.file] = problem
            elif asset.key not in found:
                found[asset.key] = asset
            else:
                _check_same_file(found[asset.key], asset)
        warnings += [*remarks.sentences(folder), *urls.remarks()]
    refuse_names(refused)
    if not found:
        warnings.append("The app has no static files to publish.")
    assets = tuple(found[key] for key in sorted(found))
    return Collection(assets, tuple(sorted(shadowed)), tuple(dict.fromkeys(warnings)), tuple(folders))


def _walk_folder(folder: str, warnings: list[str], own: frozenset[str]) -> tuple[list[str], set[str]]:
    """Return the sorted paths of all files in a folder, and those of them that are this tool's ``own``."""
    if not os.path.isdir(folder):
        return [], set()
    remarks = _Remarks()
    names: list[str] = []
    found: set[str] = set()
    own_names = {os.path.basename(path).casefold() for path in own}
    # Folders yet to read: path, path within the static folder, real paths of the folders above, and links followed.
    pending: list[tuple[str, str, tuple[str, ...], int]] = [(folder, "", (os.path.realpath(folder),), 0)]
    while pending:
        path, place, parents, links = pending.pop()
        inner = []
        for entry in _list_folder(path):
            if (entry.name.casefold() in own_names or is_link(entry)) and _is_own(entry, parents[-1], own):
                names.append(place + entry.name)
                found.add(place + entry.name)
                continue
            remark = _remark_on(entry, parents, links)
            if remark:
                remarks.add(remark, entry.path, os.path.join(parents[-1], entry.name))
            if remark not in (None, _OUTSIDE):
                continue
            if entry.is_dir():
                real = _find_real(entry, parents[-1])
                inner.append((entry.path, f"{place}{entry.name}/", (*parents, real), links + is_link(entry)))
            else:
                names.append(place + entry.name)
        pending += reversed(inner)
    warnings += remarks.sentences(folder)
    return sorted(names), found


def is_link(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a symbolic link or a junction of Windows, which ``is_symlink`` does not report."""
    return entry.is_symlink() or (
        entry.is_dir() and getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) == _JUNCTION
    )


def _find_real(entry: os.DirEntry[str], parent: str) -> str:
    return os.path.realpath(entry.path) if is_link(entry) else os.path.join(parent, entry.name)


def _is_own(entry: os.DirEntry[str], parent: str, own: frozenset[str]) -> bool:
    real = _find_real(entry, parent)
    if real in own:
        return True
    # On macOS and Windows names of files and folders are not case-sensitive.
    name = entry.name.casefold()
    return any(_is_same(real, path) for path in own if os.path.basename(path).casefold() == name)


def _is_same(first: str, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def _list_folder(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise AssetReadError.unreadable(folder, error, "Change its permissions, then retry.") from error


def _remark_on(entry: os.DirEntry[str], parents: tuple[str, ...], links: int) -> str | None:
    if is_link(entry):
        try:
            target = os.path.realpath(entry.path)
        except OSError:
            return _UNREADABLE
        if _SYSTEM_FOLDER.match(target):
            return _OF_THE_SYSTEM
        if not os.path.exists(target):
            return _DANGLING
        if target in parents:
            return _CIRCULAR
        if links == MAX_LINKS and entry.is_dir():
            return _TOO_DEEP
        if entry.is_dir() or entry.is_file():
            return None if Path(target).is_relative_to(parents[0]) else _OUTSIDE
    elif links and _SYSTEM_FOLDER.fullmatch(os.path.join(parents[-1], entry.name)):
        return _OF_THE_SYSTEM
    return None if entry.is_dir() or entry.is_file() else _NO_FILE


class _Remarks:
    """Warnings about paths: one for each file or link, under the first path that leads to it."""

    def __init__(self) -> None:
        self._paths: dict[str, dict[str, str]] = {}

    def add(self, remark: str, path: str, real: str) -> None:
        self._paths.setdefault(remark, {}).setdefault(real, path)

    def sentences(self, folder: str) -> Iterator[str]:
        for remark, paths in self._paths.items():
            for path in list(paths.values())[:MAX_REMARKS]:
                yield f"{path if path.isprintable() else repr(path)} {remark}"
            if (more := len(paths) - MAX_REMARKS) > 0:
                yield f"In {folder} {more} more: each {remark}"


def _name_asset(urls: FileURLs, endpoint: str, folder: str, name: str) -> Asset:
    # Bytes that are not UTF-8 are replaced, so that globs can exclude the file. It is not published in any case.
    readable = os.fsencode(name).decode("utf-8", "replace")
    url_path = urls.build(readable)
    return Asset(key=asset_key(url_path), url_path=url_path, endpoint=endpoint, file=os.path.join(folder, name))


def _check_same_file(first: Asset, second: Asset) -> None:
    try:
        if os.path.samefile(first.file, second.file) or filecmp.cmp(first.file, second.file, shallow=False):
            return
    except OSError as error:
        hint = "Change its permissions or exclude it, then retry."
        raise AssetReadError.unreadable(error.filename or second.file, error, hint, code=UNREADABLE) from error
    raise AssetError(
        f"Two files for one URL, /{first.url_path}: "
        f"{first.file} ({first.endpoint}) and {second.file} ({second.endpoint}).",
        "Give one of the endpoints another static_url_path, or one of assets.extra another url; a CDN has one host "
        "for both.",
    )


def _is_hidden(key: str) -> bool:
    return any(segment.startswith(".") and segment != ".well-known" for segment in key.split("/"))

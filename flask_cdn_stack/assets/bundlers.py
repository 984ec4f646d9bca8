"""Finds files whose names already contain a hash, by the manifests that bundlers write.

The forms are those of Vite (guide, "Backend Integration"), of webpack's plugins webpack-manifest-plugin,
webpack-assets-manifest and webpack-bundle-tracker (their readmes), of Create React App, of esbuild (API, "Metafile"),
and of those plugins of Rspack, Rollup and Parcel that write the same.
"""

from __future__ import annotations

import errno
import json
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import product

from ..errors import AssetReadError
from ..regular_files import read_regular
from .collect import Asset
from .odd_names import MAX_KEY_BYTES

#: Paths at which bundlers write their manifests, relative to the output folder.
MANIFESTS = (
    ".vite/manifest.json",
    "manifest.json",
    "asset-manifest.json",
    "assets-manifest.json",
    "parcel-manifest.json",
    "webpack-stats.json",
    "meta.json",
)

#: Largest file, in bytes, that is read as a manifest.
MAX_MANIFEST_BYTES = 16 * 1024 * 1024

# What may be a hash after the logical name: eight characters after a hyphen, as in Vite, or at least eight that are not
# just a word. "main.bundle.js" is also made from "main.js", but keeps its name when its bytes change.
_ADDED_HASH = re.compile(r"-[\w-]{8}|.*(?:(?=[a-z_-]*[A-Z0-9])[\w-]{8}|[a-f]{8}).*", re.ASCII | re.DOTALL)

# What a name must contain if it is not made from the logical name.
_HASH_ALONE = re.compile(r"(?<![^\W_])(?=[a-f]*[0-9])[0-9a-f]{8,}(?![^\W_])", re.ASCII)


def find_bundled(assets: Iterable[Asset]) -> frozenset[str]:
    """Return the keys of the assets whose names contain a hash, by the bundlers' manifests.

    An asset counts if a manifest maps another name to it and its own name contains a possible hash; builds without
    hashes map names too. Manifests are sought in the assets' folders and in the folders above, as long as file path
    and URL path agree, and one more; they need not be published. Other files, and files that cannot be read, are
    ignored.
    """
    keys: dict[str, list[str]] = {}
    places = set()
    for asset in assets:
        file = asset.file.replace(os.sep, "/")
        keys.setdefault(file, []).append(asset.key)
        places.add((posixpath.dirname(file), posixpath.dirname(asset.key)))
    verdicts: dict[str, bool] = {}
    for folder in {folder for place in places for folder in _folders_up(*place)}:
        for logical, path in _read_manifests(folder):
            meant = _find_file(keys, folder, path)
            if meant is not None and (verdict := _judge_name(logical, path)) is not None:
                verdicts[meant] = verdict and verdicts.get(meant, True)
    return frozenset(key for file, carries_hash in verdicts.items() if carries_hash for key in keys[file])


def _folders_up(folder: str, url_folder: str) -> Iterator[str]:
    yield folder
    for name in reversed(url_folder.split("/")):
        folder, _, last = folder.rpartition("/")
        yield folder
        if last != name:
            return


def _read_manifests(folder: str) -> Iterator[tuple[str, str]]:
    for name in MANIFESTS:
        yield from _read_names(_read_json(f"{folder}/{name}"))


def _read_json(file: str) -> object:
    try:
        return json.loads(read_regular(file, MAX_MANIFEST_BYTES))
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.EIO):  # probably a manifest
            raise AssetReadError.unreadable(file, error) from error
        return None
    except (ValueError, RecursionError):
        return None


def _read_names(content: object) -> Iterator[tuple[str, str]]:
    """Yield logical names, each with the path that replaces it."""
    match content:
        case {"status": str(), "chunks": dict(chunks), **rest}:
            yield from _read_tracked(chunks, rest.get("assets"))
        case {"inputs": dict(), "outputs": dict(outputs)}:
            yield from _read_metafile(outputs)
        case {"files": dict(entries)} | {"assets": dict(entries)} | dict(entries):
            for name, entry in entries.items():
                yield from _read_entry(name, entry)


def _read_entry(name: str, entry: object) -> Iterator[tuple[str, str]]:
    match entry:
        case str(path) | {"src": str(path), "integrity": _}:
            yield name, path
        case {"file": str(file), **rest}:
            names = _texts([name, rest.get("name")])
            yield from product(names, [file, *_texts(rest.get("css")), *_texts(rest.get("assets"))])


def _read_metafile(outputs: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of esbuild's metafile: an output is named by its entry point, by its input, or as a chunk."""
    for path, output in outputs.items():
        match output:
            case {"inputs": dict(inputs), **rest}:
                yield from product([*_texts([rest.get("entryPoint")]), *inputs, "chunk"], [path])


def _read_tracked(chunks: dict[str, object], assets: object) -> Iterator[tuple[str, str]]:
    """Yield the pairs of webpack-bundle-tracker: since version 1 chunks hold names of assets, before that the assets.

    An asset's name is relative to the output folder, and the file may lie elsewhere; ``path`` is absolute.
    """
    details = assets if isinstance(assets, dict) else {}
    for name, files in chunks.items():
        for file in files if isinstance(files, list) else ():
            match details.get(file) if isinstance(file, str) else file:
                case {"path": str(path)} | {"name": str(path)}:
                    yield name, path
    for asset in details.values():
        match asset:
            case {"sourceFilename": str(source), "path": str(path)}:
                yield source, path


def _texts(values: object) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _find_file(files: Iterable[str], folder: str, path: str) -> str | None:
    """Return the file below a folder that a path names; a host or public path in front of it is ignored."""
    segments = path.removeprefix("./").split("/")
    if len(path) > 4 * MAX_KEY_BYTES or ".." in segments:
        return None
    candidates = (f"{folder}/{'/'.join(segments[start:])}" for start in range(len(segments)))
    return next((file for file in candidates if file in files), None)


def _judge_name(logical: str, path: str) -> bool | None:
    """Return whether a name is the logical name with a hash; None if it is neither that nor a bare hash."""
    base = posixpath.basename(logical)
    name = posixpath.splitext(posixpath.basename(path))[0]
    rest = name.removeprefix(base if name.startswith(base) else posixpath.splitext(base)[0])
    if rest != name and not rest[:1].isalnum():
        return _ADDED_HASH.fullmatch(rest) is not None
    return True if _HASH_ALONE.search(name) else None

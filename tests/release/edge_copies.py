"""What the edge may hold of each key, kept beside the objects of a bucket in memory.

A viewer may ask at any moment, so the edge may hold whatever lay under a key since it was last told to forget it. The
copies lie in the bucket's own dictionary, under names that no test takes for an asset: so they are part of every world.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import unquote

from flask_cdn_stack.naming import quote_key
from flask_cdn_stack.release.state import State

_FOLDER = ".edge/"


def show(objects: dict[str, bytes], key: str) -> None:
    """Let the edge take a copy of what lies under a key now; of our own folder it may read nothing."""
    if key in objects and not key.startswith("."):
        objects[f"{_FOLDER}{key}/{hashlib.sha256(objects[key]).hexdigest()}"] = objects[key]


def forget(objects: dict[str, bytes], paths: Iterable[str]) -> None:
    """Drop the copies of keys that are covered by invalidation paths; a viewer may ask again at once."""
    stems = [(unquote(path.removesuffix("*")).removeprefix("/"), path.endswith("*")) for path in paths]
    for copy in [name for name in objects if name.startswith(_FOLDER)]:
        key = _key_of(copy)
        if any(key.startswith(stem) if is_open else key == stem for stem, is_open in stems):
            del objects[copy]
            show(objects, key)


def check_copies(objects: dict[str, bytes], state: State) -> None:
    """The edge holds nothing but what is there, except where the record says that it has still to forget it."""
    known = state.unknown_keys("") | state.doomed_keys()
    for copy, data in objects.items():
        if copy.startswith(_FOLDER):
            key = _key_of(copy)
            is_right = objects.get(key) == data
            assert is_right or key in known or quote_key(key) in state.owed, f"the edge may go on serving an old {key}"


def _key_of(copy: str) -> str:
    return copy.removeprefix(_FOLDER).rpartition("/")[0]

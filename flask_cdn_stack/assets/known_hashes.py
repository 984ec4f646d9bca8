"""Stores hashes of files between runs, in a file in the user's cache folder."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..json_text import cut_table, encode_compact
from ..regular_files import open_regular
from .hashes import FileHash
from .oddities import ODDITIES
from .secrets import RULES
from .style_links import Mention
from .styles import StyleFacts, StyleMemory

_CHECKSUM = re.compile(r"[0-9a-f]{64}")
_KINDS = {"", *ODDITIES}


class KnownHashes(NamedTuple):
    """What runs know of files and of style sheets, by path."""

    files: dict[str, FileHash] = {}
    styles: StyleMemory = StyleMemory()


def load_hashes(path: Path) -> KnownHashes:
    """Return what an earlier run saved; empty if there is no such file, or it is damaged.

    A file from a version that judged first bytes by other rules is ignored, too.
    """
    files: dict[str, FileHash] = {}
    facts: dict[str, StyleFacts] = {}
    try:
        with open_regular(path) as lines:
            head = json.loads(lines.readline())
            if head["rules"] != RULES:
                return KnownHashes()
            for line in lines:
                part = json.loads(line)
                files.update((file, _read_entry(entry)) for file, entry in part.get("files", {}).items())
                facts.update((file, _read_facts(entry)) for file, entry in part.get("styles", {}).items())
        return KnownHashes(files, _read_memory(facts, head["world"], head["warnings"]))
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return KnownHashes()


def _read_entry(entry: object) -> FileHash:
    match entry:
        case [str(sha), int(size), int(mtime), int(ctime), int(inode), bool(secret), str(oddity)] if (
            _CHECKSUM.fullmatch(sha) and oddity in _KINDS
        ):
            # Mostly both times are the same: one number for them saves 3 MB for a hundred thousand files.
            return FileHash(sha, size, mtime, mtime if ctime == mtime else ctime, inode, secret, oddity)
    raise ValueError(f"{entry!r} is no hash")


def _read_memory(facts: dict[str, StyleFacts], world: object, warnings: object) -> StyleMemory:
    match world, warnings:
        case str(), list() if all(isinstance(text, str) for text in warnings):
            return StyleMemory(facts, world, tuple(warnings))
    raise ValueError("That is nothing of style sheets")


def _read_facts(entry: object) -> StyleFacts:
    match entry:
        case [str(source), list() | None as mentions, str(written), str(version), str(checksum), int(size)] if all(
            map(_CHECKSUM.fullmatch, (source, checksum))
        ):
            found = None if mentions is None else tuple(map(_read_mention, mentions))
            return StyleFacts(source, found, written, version, checksum, size)
    raise ValueError(f"{entry!r} is nothing of a style sheet")


def _read_mention(entry: Any) -> Mention:
    url, kind, line, times = entry
    if not (type(url) is type(kind) is str and type(line) is type(times) is int):
        raise ValueError(f"{entry!r} is no mention")
    return Mention(url, kind, line, times)


def _divide(hashes: KnownHashes) -> Iterator[dict[str, Any]]:
    """Yield what is saved, in parts of a line each: text as long as the file would stay in the process's memory."""
    yield {"rules": RULES, "world": hashes.styles.world, "warnings": hashes.styles.warnings}
    yield from ({"files": part} for part in cut_table(hashes.files.items()))
    yield from ({"styles": part} for part in cut_table(hashes.styles.facts.items()))


def save_hashes(path: Path, hashes: KnownHashes) -> None:
    """Save hashes for later runs, atomically. If the folder cannot be written to, nothing is saved."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError:
        return
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{encode_compact(part)}\n" for part in _divide(hashes))
        os.replace(name, path)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(name)
        if not isinstance(error, OSError):
            raise

"""Checks that the URLs which apps build by their config lead to the files of an earlier release.

A manifest lists files, but not how they are named: that is in the app's config, which follows the current settings.
A release record says which settings it was made with; records of early versions are judged by their keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from ..assets.published_names import Naming
from ..errors import RefusedError
from ..manifest import parse_kept
from ..naming import MANIFEST_KEY, compile_globs, hashed_path
from ..quantities import count
from .records import ReleaseRecord, read_manifest

# The defaults in path mode, for a release whose names do not show them.
_USUAL_LENGTH = 16


class _Difference(NamedTuple):
    setting: str
    made: str
    wanted: str


def names_hold_checksums(record: ReleaseRecord) -> bool:
    """Return whether objects of a release have a checksum in their name, so that a URL's bytes never change."""
    if record.naming is not None:
        return record.naming.holds_checksums
    return bool(parse_kept(record.manifest)) or _find_length(record, read_manifest(record)) is not None


def release_naming(record: ReleaseRecord) -> Naming:
    """Return the naming of a release, from its record or, if that does not say, from its keys."""
    if record.naming is not None:
        return record.naming
    checksums, carry_hash = read_manifest(record), parse_kept(record.manifest)
    found = _find_length(record, checksums)
    mode, length = "path" if found or carry_hash else "query", found or _USUAL_LENGTH
    kept = [
        key
        for key, checksum in checksums.items()
        if key not in carry_hash and hashed_path(key, checksum[:length]) not in record.objects
    ]
    return Naming(
        mode,
        length,
        keep_names=tuple(sorted(kept)) if mode == "path" else (),
        plain_copies=checksums.keys() <= record.objects.keys(),
        publish_manifest=MANIFEST_KEY in record.objects,
    )


def check_naming(record: ReleaseRecord, wanted: Naming) -> None:
    """Refuse a release if the URLs that apps build do not lead to all of its files.

    :param wanted: the naming by the current settings.
    :raises RefusedError: they do not; the message names the settings to change.
    """
    keys = wanted.find_keys(record.manifest).values()
    astray = sorted(key for key in keys if key not in record.objects)
    if astray:
        raise _refusal(record, wanted, astray, len(keys))
    if wanted.publish_manifest and MANIFEST_KEY not in record.objects:
        raise RefusedError(
            f"Release {record.id} was made without assets.publish_manifest: apps that fetch {MANIFEST_KEY} from the "
            "CDN would go on linking to the files of the present release. Nothing was changed.",
            "Set assets.publish_manifest: false if no app fetches it, and roll back again; or check out the sources of "
            "that release and run `flask-cdn-stack deploy` instead.",
        )


def find_uncopied(record: ReleaseRecord, wanted: Naming) -> list[str]:
    """Return the plain copies that the settings ask for and that a release does not have."""
    if not wanted.has_copies:
        return []
    return sorted(read_manifest(record).keys() - record.objects.keys())


def _find_length(record: ReleaseRecord, checksums: dict[str, str]) -> int | None:
    """Return the length of the checksums in a release's names; None if the names have none."""
    for key in record.objects.keys() - checksums.keys():
        found = re.fullmatch(r"(.*)\.([0-9a-f]{8,64})(\.[^./]*)?", key, re.DOTALL)
        if found and checksums.get(found[1] + (found[3] or ""), "").startswith(found[2]):
            return len(found[2])
    return None


def _refusal(record: ReleaseRecord, wanted: Naming, astray: list[str], files: int) -> RefusedError:
    found = list(_differences(record, release_naming(record), wanted))
    made = ", ".join(f"{item.setting}: {item.made}" for item in found)
    now = ", ".join(f"{item.setting}: {item.wanted}" for item in found)
    missing = f"{len(astray):,} of its {count(files, 'file')}, such as {astray[0]}"
    if not found:
        return RefusedError(
            f"Release {record.id} has no object where apps would look for {missing}. Nothing was changed.",
            "Check out the sources of that release and run `flask-cdn-stack deploy` instead.",
        )
    return RefusedError(
        f"Release {record.id} was made with {made}. With {now}, as the settings say, apps would find nothing where "
        f"they look for {missing}. Nothing was changed.",
        f"Set {made} in the settings and roll back again; apps then need the config file that this writes.",
    )


def _differences(record: ReleaseRecord, made: Naming, wanted: Naming) -> Iterator[_Difference]:
    if made.mode != wanted.mode:
        yield _Difference("assets.fingerprint", made.mode, wanted.mode)
    if made.immutable != wanted.immutable:
        yield _Difference("assets.immutable", *(str(naming.immutable).lower() for naming in (made, wanted)))
    if not made.holds_checksums:
        return
    if made.checksum_length != wanted.checksum_length:
        yield _Difference("assets.checksum_length", str(made.checksum_length), str(wanted.checksum_length))
    if made.mode != "path":
        return
    keys = read_manifest(record).keys() - parse_kept(record.manifest)
    was_kept, is_kept = compile_globs(made.keep_names), compile_globs(wanted.keep_names)
    if any(was_kept(key) != is_kept(key) for key in keys):
        names = made.keep_names if record.naming else _mend_names(wanted.keep_names, keys, made)
        yield _Difference("assets.keep_names", _show(names), _show(wanted.keep_names))


def _mend_names(globs: tuple[str, ...], keys: set[str], made: Naming) -> tuple[str, ...]:
    """Return globs for the names that a release kept, as close to the current settings as possible."""
    was_kept = compile_globs(made.keep_names)
    hashed = [key for key in keys if not was_kept(key)]
    fitting = tuple(glob for glob in globs if not any(map(compile_globs([glob]), hashed)))
    is_kept = compile_globs(fitting)
    return fitting + tuple(sorted(key for key in keys if was_kept(key) and not is_kept(key)))


def _show(names: tuple[str, ...]) -> str:
    return json.dumps(list(names), ensure_ascii=False)

"""Finds the differences between an app's files, the published release, and the objects in the bucket."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from ..assets.fingerprint import Build
from ..manifest import parse_manifest
from .ownership import doubtful_keys
from .plan import PlannedUpload, make_plan
from .state import State

#: How a key differs. In the app: a file is not published (``new``), its bytes or headers differ (``changed``), or it is
#: gone (``removed``). In the bucket: a published object is gone (``missing``), or somebody else has overwritten it
#: (``foreign-change``).
Kind = Literal["new", "changed", "removed", "missing", "foreign-change"]

_NOTHING = Build((), "")


class Difference(NamedTuple):
    """A key that differs. A difference between bucket and record is reported before one between app and release."""

    key: str
    kind: Kind


def find_differences(
    build: Build | None,
    state: State,
    published: AbstractSet[str] = frozenset(),
    stored: Mapping[str, str] | None = None,
) -> tuple[Difference, ...]:
    """Return the differences that a deploy would resolve, by key. Without a build, the app is not compared.

    Keys that another run may be writing count as changed, as the next deploy uploads them; keys that are being deleted
    are left out.

    :param published: the keys of the published release.
    :param stored: ETags of the objects in the bucket by key, if it was listed.
    """
    plan = make_plan(build or _NOTHING, state, "", stored=stored)
    doubtful = frozenset(doubtful_keys(build or _NOTHING, state))
    gone = published - {item.key for item in build.objects} if build else frozenset()
    kinds: dict[str, Kind] = dict.fromkeys(gone, "removed")
    kinds |= {key: "missing" if etag is None else "foreign-change" for key, etag in plan.lost.items()}
    kinds |= {item.key: _kind(item, state, stored or {}, doubtful) for item in plan.uploads}
    return tuple(Difference(key, kinds[key]) for key in sorted(kinds))


def compare_manifests(before: str | None, after: str) -> tuple[Difference, ...]:
    """Return how the files of a manifest differ from an earlier one's, by plain key; None is an empty manifest.

    :raises ManifestError: a manifest is damaged.
    """
    old, new = parse_manifest(before) if before is not None else {}, parse_manifest(after)
    kinds: dict[str, Kind] = {key: "new" if key not in old else "changed" for key in new if new[key] != old.get(key)}
    kinds |= dict.fromkeys(old.keys() - new.keys(), "removed")
    return tuple(Difference(key, kinds[key]) for key in sorted(kinds))


def _kind(item: PlannedUpload, state: State, stored: Mapping[str, str], doubtful: AbstractSet[str]) -> Kind:
    if item.reason == "missing":
        return "foreign-change" if item.key in stored else "missing"
    if item.reason == "new":
        return "foreign-change" if item.key in stored and item.key in doubtful else "new"
    return "changed" if item.key in state.objects else "new"

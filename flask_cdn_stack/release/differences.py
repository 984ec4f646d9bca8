"""What differs between an app's files, what is published of them, and what lies in the bucket."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from ..assets.fingerprint import Build
from ..manifest import parse_manifest
from .ownership import doubtful_keys
from .plan import PlannedUpload, make_plan
from .state import State

#: How a key differs. The app has what is not published (``new``), has other bytes or headers for it (``changed``), or
#: has it no longer (``removed``); the bucket has lost what was published (``missing``), or holds what no deploy has put
#: there (``foreign-change``).
Kind = Literal["new", "changed", "removed", "missing", "foreign-change"]

_NOTHING = Build((), "")


class Difference(NamedTuple):
    """A key that differs; how the bucket differs from its record counts before how the app does from the release."""

    key: str
    kind: Kind


def find_differences(
    build: Build | None,
    state: State,
    published: AbstractSet[str] = frozenset(),
    stored: Mapping[str, str] | None = None,
) -> tuple[Difference, ...]:
    """Return what a deploy would mend, by key; of the app nothing where there is no build.

    What another run may be writing counts as changed, as the next deploy uploads it; what is being deleted does not
    count.

    :param published: the keys of the published release.
    :param stored: ETags by key of what lies in the bucket, where that was looked up.
    """
    plan = make_plan(build or _NOTHING, state, "", stored=stored)
    doubtful = frozenset(doubtful_keys(build or _NOTHING, state))
    gone = published - {item.key for item in build.objects} if build else frozenset()
    kinds: dict[str, Kind] = dict.fromkeys(gone, "removed")
    kinds |= {key: "missing" if etag is None else "foreign-change" for key, etag in plan.lost.items()}
    kinds |= {item.key: _kind(item, state, stored or {}, doubtful) for item in plan.uploads}
    return tuple(Difference(key, kinds[key]) for key in sorted(kinds))


def compare_manifests(before: str | None, after: str) -> tuple[Difference, ...]:
    """Return how the files of a manifest differ from those of an earlier one, by plain key; None is one of no files.

    :raises ManifestError: one of them is damaged.
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

"""Plans a rollback from the old release's record and the state. No network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple
from urllib.parse import unquote

from ..assets.headers import headers_finder
from ..aws.invalidations import Invalidation
from ..naming import quote_key
from ..settings.asset_groups import SOON_SECONDS
from ..settings.model import Assets
from .ownership import find_unnamed
from .records import ReleaseRecord, manifest_checksum
from .release_naming import release_naming
from .state import ObjectRecord, State

#: Returns the id of the headers of a plain copy, by key; empty if the edge caches it for long.
CopyHeaders = Callable[[str], str]

#: Why an object is copied back.
RestoreReason = Literal["changed", "headers", "interrupted", "missing"]


class PlannedCopy(NamedTuple):
    """An object to copy back from an earlier version, and the reason.

    ``interrupted``: another run may have overwritten it. ``missing``: it was deleted, or somebody changed it.
    """

    key: str
    reason: RestoreReason


@dataclass(frozen=True)
class Rollback:
    """The plan or the result of a rollback.

    ``target`` is the old release. ``release`` is the published one, or the new one once it is published. ``copies`` are
    made from earlier versions. ``replaced`` are the URL paths whose earlier objects the edge may have cached.
    ``publishes`` is False if nothing is to be done. ``foreign`` are keys to restore under which there is a foreign
    object. ``fleeting`` are plain copies that are cached only briefly. ``invalidation`` is what will be or was
    invalidated.
    """

    target: ReleaseRecord
    release: str | None
    copies: tuple[PlannedCopy, ...]
    replaced: frozenset[str]
    publishes: bool
    foreign: tuple[str, ...] = ()
    fleeting: frozenset[str] = frozenset()
    invalidation: Invalidation = field(default_factory=Invalidation)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys to write."""
        return tuple(item.key for item in self.copies)

    def settle(self, state: State) -> State:
        """Return the state unchanged: a rollback's plan finds no errors in it."""
        return state


def copy_headers_finder(settings: Assets) -> CopyHeaders:
    """Return a function for the id of a plain copy's headers, by the settings; empty if the edge caches it for long."""
    find_headers = headers_finder(settings)

    def find(key: str) -> str:
        headers = find_headers(key, "copy")
        return headers.id if headers.edge_seconds <= SOON_SECONDS else ""

    return find


def plan_rollback(
    target: ReleaseRecord,
    state: State,
    run: str,
    stored: Mapping[str, str],
    copy_headers: CopyHeaders = lambda key: "",
) -> Rollback:
    """Compare a release with the state and the bucket, and return the plan.

    :param run: this run's id; keys that only this run has claimed are known.
    :param stored: ETags of the objects in the bucket by key. Objects that somebody deleted or changed are restored,
        too.
    """
    unknown = state.unknown_keys(run)
    reasons: dict[str, RestoreReason | None] = {
        key: "interrupted" if key in unknown else _reason(state.objects.get(key), record, stored.get(key))
        for key, record in sorted(target.objects.items())
    }
    copies = tuple(PlannedCopy(key, reason) for key, reason in reasons.items() if reason)
    foreign = tuple(find_unnamed(state, stored.keys() & {item.key for item in copies}))
    publishes = bool(copies) or manifest_checksum(target.manifest) != state.manifest
    changed = [item.key for item in copies if item.reason == "changed"]
    fleeting = _find_fleeting(target, state, changed, copy_headers)
    plan = Rollback(target, state.release, copies, frozenset(), publishes, foreign, fleeting)
    return replace(plan, replaced=frozenset(replaced_paths(plan, state, unknown).values()))


def replaced_paths(plan: Rollback, state: State, unknown: AbstractSet[str]) -> dict[str, str]:
    """Return the URL paths, by key, whose earlier objects the edge may have cached."""
    paths = url_paths(plan.target)
    known = (key for key in plan.keys if key in state.objects or key in unknown or key in plan.foreign)
    replaced = (key for key in known if key not in plan.fleeting)
    return {key: paths.get(key) or quote_key(key) for key in replaced}


def url_paths(record: ReleaseRecord) -> dict[str, str]:
    """Return the URL paths in a release's manifest, by key."""
    paths = (line.partition("  ")[2] for line in record.manifest.splitlines() if not line.startswith("#"))
    return {unquote(path): path for path in paths}


def _find_fleeting(
    target: ReleaseRecord, state: State, changed: Iterable[str], copy_headers: CopyHeaders
) -> frozenset[str]:
    """Return plain copies to which no page rendered with the manifest links, and which are cached only briefly."""
    leads_to = release_naming(target).find_keys(target.manifest)
    copies = [key for key in changed if leads_to.get(key, key) != key]
    return frozenset(
        key for key in copies if state.objects[key].headers == target.objects[key].headers == copy_headers(key)
    )


def _reason(known: ObjectRecord | None, wanted: ObjectRecord, etag: str | None) -> RestoreReason | None:
    if known is None or known.etag != etag:
        return "missing"
    if known.checksum != wanted.checksum:
        return "changed"
    return "headers" if known.headers != wanted.headers else None

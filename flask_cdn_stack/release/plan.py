"""Plans a deploy from the build and the state. No network."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from ..assets.fingerprint import AssetObject, Build
from ..assets.published_names import Naming
from ..settings.asset_groups import SOON_SECONDS
from .records import manifest_checksum
from .state import ObjectRecord, State, disprove

#: Why an object is uploaded.
Reason = Literal["new", "changed", "headers", "interrupted", "missing"]


class PlannedUpload(NamedTuple):
    """An object to upload, and why."""

    asset: AssetObject
    reason: Reason

    @property
    def key(self) -> str:
        """The object's key."""
        return self.asset.key


class PlannedDeletion(NamedTuple):
    """An object to delete, and why: no release needs it, or a dead run left it and no release names it."""

    key: str
    reason: Literal["unneeded", "interrupted"]


class Plan(NamedTuple):
    """The plan of a deploy.

    ``unchanged`` are the keys that need no upload. ``replaced`` are the URL paths whose earlier objects the edge may
    have cached. ``publishes`` is False if this release is published already. ``lost`` are keys of other releases that
    somebody has deleted or changed, if the bucket was listed, each with the ETag found there; this app has no file to
    restore them from. ``naming`` is the build's.
    """

    uploads: tuple[PlannedUpload, ...]
    unchanged: tuple[str, ...]
    replaced: frozenset[str]
    manifest: str
    publishes: bool
    lost: Mapping[str, str | None] = {}
    naming: Naming | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys to upload."""
        return tuple(item.key for item in self.uploads)

    @property
    def manifest_checksum(self) -> str:
        """The SHA-256 of the manifest's text, which identifies the published release in the state."""
        return manifest_checksum(self.manifest)

    def settle(self, state: State) -> State:
        """Return the state with ``lost`` objects corrected."""
        return disprove(state, self.lost) if self.lost else state


def make_plan(
    build: Build,
    state: State,
    run: str,
    uploaded: Mapping[str, ObjectRecord] | None = None,
    stored: Mapping[str, str] | None = None,
    taken: AbstractSet[str] = frozenset(),
) -> Plan:
    """Compare a build with the state, and return the plan.

    :param run: this run's id; keys that only this run has claimed are known.
    :param uploaded: what this run has uploaded already, early or for a plan that was overtaken.
    :param stored: ETags of the objects in the bucket by key, if it was listed.
    :param taken: keys of foreign objects that are taken over; the edge may have cached them.
    """
    uploaded = uploaded or {}
    unknown = state.unknown_keys(run)
    uploads = []
    unchanged = []
    for asset in build.objects:
        known = state.objects.get(asset.key) or uploaded.get(asset.key)
        reason = _reason(asset, known, asset.key in unknown)
        if reason is None and known and stored is not None and stored.get(asset.key) != known.etag:
            reason = "missing"
        if reason:
            uploads.append(PlannedUpload(asset, reason))
        else:
            unchanged.append(asset.key)
    lost = {} if stored is None else _find_lost(build, state, stored, unknown)
    replaced = frozenset(filter(None, (replaced_path(item, state, taken) for item in uploads)))
    plan = Plan(tuple(uploads), tuple(unchanged), replaced, build.manifest, True, lost, build.naming)
    publishes = bool(uploads) or plan.manifest_checksum != state.manifest or not uploaded.keys() <= state.objects.keys()
    return plan._replace(publishes=publishes)


def replaced_path(item: PlannedUpload, state: State, taken: AbstractSet[str] = frozenset()) -> str | None:
    """Return the URL path to invalidate for an object; None if it replaces nothing that the edge may have cached.

    Plain copies need no invalidation if they and their predecessors are cached only briefly: pages rendered with the
    manifest do not link to them.
    """
    known, headers = state.objects.get(item.asset.key), item.asset.headers
    if known is None and item.reason != "interrupted" and item.asset.key not in taken:
        return None
    # The headers with which the edge has fetched an unknown object are not known.
    is_certain = item.reason not in ("interrupted", "missing")
    was_alike = is_certain and known is not None and known.headers == headers.id
    is_dropped = item.asset.kind == "copy" and was_alike and headers.edge_seconds <= SOON_SECONDS
    return None if is_dropped else item.asset.url_path


def _find_lost(
    build: Build, state: State, stored: Mapping[str, str], unknown: AbstractSet[str]
) -> dict[str, str | None]:
    others = state.objects.keys() - {asset.key for asset in build.objects} - unknown - state.doomed_keys()
    return {key: stored.get(key) for key in sorted(others) if stored.get(key) != state.objects[key].etag}


def _reason(asset: AssetObject, known: ObjectRecord | None, unknown: bool) -> Reason | None:
    if unknown:
        return "interrupted"
    if known is None:
        return "new"
    if known.checksum != asset.checksum:
        return "changed"
    return "headers" if known.headers != asset.headers.id else None

"""What a deploy will do, decided from the build and the state alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from ..assets.fingerprint import AssetObject, Build
from .invalidation import find_invalidations, is_charged
from .records import manifest_checksum
from .state import ObjectRecord, State

#: Why an object is uploaded.
Reason = Literal["new", "changed", "headers", "interrupted", "missing"]


class PlannedUpload(NamedTuple):
    """An object to upload, and why."""

    asset: AssetObject
    reason: Reason


class Plan(NamedTuple):
    """A deploy before it is done.

    ``unchanged`` names the keys that need no upload, ``invalidations`` the paths that the edge forgets;
    ``publishes`` is False where the published release is this one already. ``lost`` are keys of other releases, deleted
    or changed by hand as far as that was looked up: there is no file here to mend them with. ``charged`` says that
    the month has no free paths left for the invalidations.
    """

    uploads: tuple[PlannedUpload, ...]
    unchanged: tuple[str, ...]
    invalidations: tuple[str, ...]
    manifest: str
    publishes: bool
    lost: tuple[str, ...] = ()
    charged: bool = False

    @property
    def manifest_checksum(self) -> str:
        """SHA-256 of the manifest's text, by which the state knows the published release."""
        return manifest_checksum(self.manifest)


def make_plan(
    build: Build,
    state: State,
    run: str,
    uploaded: Mapping[str, ObjectRecord] | None = None,
    stored: Mapping[str, str] | None = None,
    asked: int = 0,
) -> Plan:
    """Compare a build with the state.

    :param run: this run's id; its own claim leaves no key unknown.
    :param uploaded: what this run has sent already, before it knew everything or before another one published.
    :param stored: ETags by key of what lies in the bucket, where that was looked up.
    :param asked: how many invalidation paths were asked for in this month.
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
    lost = () if stored is None else _find_lost(build, state, stored, unknown)
    paths = _invalidations(uploads, state, asked)
    plan = Plan(tuple(uploads), tuple(unchanged), paths, build.manifest, True, lost, is_charged(paths, asked))
    publishes = bool(uploads) or plan.manifest_checksum != state.manifest or not uploaded.keys() <= state.objects.keys()
    return plan._replace(publishes=publishes)


def _find_lost(build: Build, state: State, stored: Mapping[str, str], unknown: AbstractSet[str]) -> tuple[str, ...]:
    others = state.objects.keys() - {asset.key for asset in build.objects} - unknown - state.doomed_keys()
    return tuple(sorted(key for key in others if stored.get(key) != state.objects[key].etag))


def _reason(asset: AssetObject, known: ObjectRecord | None, unknown: bool) -> Reason | None:
    if unknown:
        return "interrupted"
    if known is None:
        return "new"
    if known.checksum != asset.checksum:
        return "changed"
    return "headers" if known.headers != asset.headers.id else None


def _invalidations(uploads: Iterable[PlannedUpload], state: State, asked: int) -> tuple[str, ...]:
    # A viewer may hold a copy only of what was there before. Plain copies are linked by nothing that was rendered with
    # the manifest, and the edge drops them soon by itself.
    return find_invalidations(
        [
            item.asset.url_path
            for item in uploads
            if item.asset.kind != "copy" and (item.asset.key in state.objects or item.reason == "interrupted")
        ],
        asked,
    )

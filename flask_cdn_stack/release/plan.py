"""What a deploy will do, decided from the assets and the state alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..assets.fingerprint import HashedAsset
from ..manifest import render_manifest
from .state import ObjectRecord, State

#: Why an object is uploaded.
Reason = Literal["new", "changed", "headers", "interrupted"]

#: Paths with a wildcard that one invalidation may hold here; CloudFront works on 15 at a time for a distribution
#: (CloudFront quotas, "Invalidations").
MAX_WILDCARDS = 10


@dataclass(frozen=True)
class PlannedUpload:
    """An asset to upload, and why."""

    asset: HashedAsset
    reason: Reason


@dataclass(frozen=True)
class Plan:
    """A deploy before it is done.

    ``unchanged`` names the keys that need no upload, ``invalidations`` the paths that the edge forgets;
    ``publishes`` is False where the published release is this one already.
    """

    uploads: tuple[PlannedUpload, ...]
    unchanged: tuple[str, ...]
    invalidations: tuple[str, ...]
    manifest: str
    publishes: bool

    @property
    def manifest_checksum(self) -> str:
        """SHA-256 of the manifest's text, by which the state knows the published release."""
        return hashlib.sha256(self.manifest.encode()).hexdigest()


def make_plan(
    assets: Sequence[HashedAsset], state: State, run: str, uploaded: Mapping[str, ObjectRecord] | None = None
) -> Plan:
    """Compare assets with the state.

    :param run: this run's id; its own claim leaves no key unknown.
    :param uploaded: what this run has sent already, before another one published.
    """
    unknown = state.unknown_keys(run)
    uploads = []
    unchanged = []
    for asset in assets:
        known = state.objects.get(asset.key) or (uploaded or {}).get(asset.key)
        reason = _reason(asset, known, asset.key in unknown)
        if reason:
            uploads.append(PlannedUpload(asset, reason))
        else:
            unchanged.append(asset.key)
    manifest = manifest_text(assets)
    plan = Plan(tuple(uploads), tuple(unchanged), _invalidations(uploads, state), manifest, publishes=True)
    publishes = bool(uploads) or plan.manifest_checksum != state.manifest
    return plan if publishes else Plan((), plan.unchanged, (), manifest, publishes=False)


def manifest_text(assets: Iterable[HashedAsset]) -> str:
    """Return the manifest of a release."""
    return render_manifest({asset.url_path: asset.checksum for asset in assets})


def _reason(asset: HashedAsset, known: ObjectRecord | None, unknown: bool) -> Reason | None:
    if unknown:
        return "interrupted"
    if known is None:
        return "new"
    if (known.checksum, known.size) != (asset.checksum, asset.size):
        return "changed"
    return "headers" if known.headers != asset.headers.id else None


def _invalidations(uploads: Iterable[PlannedUpload], state: State) -> tuple[str, ...]:
    # A viewer may hold a copy only of what was there before; with a query string there may be one for each value.
    replaced = [
        item.asset.url_path for item in uploads if item.asset.key in state.objects or item.reason == "interrupted"
    ]
    if len(replaced) <= MAX_WILDCARDS:
        return tuple(f"/{path}*" for path in replaced)
    return (f"/{common_folder(replaced)}*",)


def common_folder(paths: Sequence[str]) -> str:
    """Return the longest folder, with its trailing slash, that all paths lie in; empty at the root."""
    shared = paths[0].split("/")[:-1]
    for path in paths[1:]:
        parts = path.split("/")[:-1]
        length = next((i for i, pair in enumerate(zip(shared, parts, strict=False)) if pair[0] != pair[1]), None)
        shared = shared[: min(len(shared), len(parts)) if length is None else length]
    return "".join(f"{part}/" for part in shared)

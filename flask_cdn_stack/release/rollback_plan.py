"""What going back to an earlier release takes, decided from its record and the state alone."""

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

#: Tells, by key, the id of the headers of a plain copy; empty where the edge keeps it for long.
CopyHeaders = Callable[[str], str]

#: Why an object is copied back.
RestoreReason = Literal["changed", "headers", "interrupted", "missing"]


class PlannedCopy(NamedTuple):
    """An object that is copied back from an earlier version, and why.

    ``interrupted`` says that another run may have left it half replaced; ``missing`` that it was deleted, or changed by
    hand.
    """

    key: str
    reason: RestoreReason


@dataclass(frozen=True)
class Rollback:
    """A way back, or one that was gone.

    ``target`` is the old release, ``release`` the one that is published: the new one, once it is there. ``copies``
    are made of earlier versions, ``replaced`` are the URL paths of which the edge may hold what was there before;
    ``publishes`` is False where nothing is to be done. ``foreign`` are keys to restore under which something lies that
    nobody of ours has put there, ``fleeting`` plain copies that the edge drops soon by itself. ``invalidation`` is what
    the edge will be asked to forget, or was.
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
        """What is to be written."""
        return tuple(item.key for item in self.copies)

    def settle(self, state: State) -> State:
        """Return the state, in which nothing was found to be wrong."""
        return state


def copy_headers_finder(settings: Assets) -> CopyHeaders:
    """Return what tells the id of a plain copy's headers by the settings; empty where the edge keeps it for long."""
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
    """Compare a release with the state, and with what lies in the bucket.

    :param run: this run's id; its own claim leaves no key unknown.
    :param stored: ETags by key. What somebody deleted or changed by hand is restored too.
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
    """Return the URL paths, by key, of which the edge may hold what was there before."""
    paths = url_paths(plan.target)
    known = (key for key in plan.keys if key in state.objects or key in unknown or key in plan.foreign)
    replaced = (key for key in known if key not in plan.fleeting)
    return {key: paths.get(key) or quote_key(key) for key in replaced}


def url_paths(record: ReleaseRecord) -> dict[str, str]:
    """Return the URL paths that a release's manifest names, by key."""
    paths = (line.partition("  ")[2] for line in record.manifest.splitlines() if not line.startswith("#"))
    return {unquote(path): path for path in paths}


def _find_fleeting(
    target: ReleaseRecord, state: State, changed: Iterable[str], copy_headers: CopyHeaders
) -> frozenset[str]:
    """Return plain copies that nothing links to which was rendered with the manifest, and that are kept shortly."""
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

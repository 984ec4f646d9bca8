"""The state, which records the objects in the bucket, and the ways in which runs change it.

A run that overwrites objects first adds their keys to ``writing``; when it publishes, it removes its own entry. The
bytes of a key in any run's ``writing`` are unknown, whatever the table says. ``serial`` grows with every publication,
so no two published states are equal, and a run notices that another has published since it planned. ``owed`` are the
URL paths that are still to be invalidated; the next run does that.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from ..naming import OWN_FOLDER, VERSIONS_FOLDER, quote_key

STATE_KEY = f"{OWN_FOLDER}/state.json.gz"

#: Seconds after which a claim that was not renewed counts as left behind, if its process cannot be checked.
CLAIM_SECONDS = 3600

#: Most seconds by which two clocks can differ: S3 refuses requests from one that is more than a quarter of an hour off
#: (S3 error responses, "RequestTimeTooSkewed").
SKEW_SECONDS = 1800

#: Seconds after which the next run finishes an unfinished removal, if its process cannot be checked.
REMOVAL_SECONDS = 900


# Fewest digits of a checksum in a name.
_SHORT_CHECKSUM = 8


class ObjectRecord(NamedTuple):
    """An object's entry in the table: SHA-256 and size of its bytes, ETag and version id, and the id of its headers.

    The checksum is empty if somebody has changed the object by hand.
    """

    checksum: str
    size: int
    etag: str
    version: str | None
    headers: str


class Owner(NamedTuple):
    """The owner of a record: the names of the project and of its stack."""

    project: str = ""
    stack: str = ""


class Claim(NamedTuple):
    """The keys that a run may be overwriting, and its process, as in :class:`~.process.Process`.

    ``at`` is when the claim was made, and ``renewed`` when it was last renewed, in epoch seconds.
    """

    keys: tuple[str, ...]
    at: float
    host: str
    pid: int
    started: int | None = None
    renewed: float = 0.0

    @property
    def hold(self) -> Claim:
        """Identifies the claim, whatever keys are left in it; changes when the run renews it."""
        return self._replace(keys=())


class Removal(NamedTuple):
    """Keys that a run is deleting, and its process; ``at`` is in epoch seconds."""

    keys: tuple[str, ...]
    at: float
    host: str = ""
    pid: int = 0
    started: int | None = None


class Usage(NamedTuple):
    """The number of paths invalidated in a month (UTC), such as ``2026-11``; the first ones in a month are free."""

    month: str = ""
    paths: int = 0

    def paths_at(self, now: float) -> int:
        """Return the number in the month of ``now``, in epoch seconds."""
        return self.paths if self.month == _month(now) else 0

    def add(self, paths: int, now: float) -> Usage:
        """Return the usage with more paths, invalidated at ``now``; the number starts again with each month."""
        return Usage(_month(now), self.paths_at(now) + paths) if paths else self


def _month(now: float) -> str:
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m}"


@dataclass(frozen=True)
class State:
    """The state. ``manifest`` is the SHA-256 of the published manifest's text.

    ``owed`` are percent-encoded URL paths without leading slash. ``serial`` grows with every publication, and when a
    run records finished uploads.
    """

    serial: int = 0
    objects: Mapping[str, ObjectRecord] = field(default_factory=dict)
    release: str | None = None
    manifest: str | None = None
    releases: tuple[str, ...] = ()
    writing: Mapping[str, Claim] = field(default_factory=dict)
    removing: Mapping[str, Removal] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    owner: Owner | None = None
    owed: frozenset[str] = frozenset()

    def unknown_keys(self, run: str) -> frozenset[str]:
        """Return the keys that a run other than ``run`` may have overwritten."""
        return frozenset(key for owner, claim in self.writing.items() if owner != run for key in claim.keys)

    def doomed_keys(self) -> frozenset[str]:
        """Return the keys that are being deleted."""
        return frozenset(key for removal in self.removing.values() for key in removal.keys)

    def unnamed_keys(self, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that are neither in the table, nor in a claim, nor in a removal."""
        doubtful = self.unknown_keys("") | self.doomed_keys()
        return {key for key in keys if key not in self.objects and key not in doubtful}


def add_claim(state: State, run: str, claim: Claim) -> State:
    """Return the state with a run's claim added to the keys that the run has claimed before."""
    before = state.writing[run].keys if run in state.writing else ()
    claim = claim._replace(keys=tuple(sorted({*before, *claim.keys})))
    return replace(state, writing={**state.writing, run: claim})


def renew_claim(state: State, run: str, now: float) -> State:
    """Return the state with a run's claim renewed."""
    return replace(state, writing={**state.writing, run: state.writing[run]._replace(renewed=now)})


def record_arrivals(
    state: State,
    run: str,
    arrived: Mapping[str, ObjectRecord],
    mended: Container[str],
    left: Container[Claim],
    replaced: AbstractSet[str],
) -> State:
    """Return the state with a run's finished uploads recorded; its other keys stay claimed.

    :param mended: those of the uploaded keys that repair claims left behind, as in :func:`settle_claims`.
    :param replaced: the URL paths whose earlier objects the edge may have cached.
    """
    own = state.writing[run]
    own = own._replace(keys=tuple(key for key in own.keys if key not in arrived))
    if own == state.writing[run]:
        return state
    settled = settle_claims(state, run, mended, left)
    return replace(
        settled,
        # Other runs have planned with the earlier objects, even if the bytes are the same again.
        serial=state.serial + 1,
        objects={**state.objects, **arrived},
        writing={**settled.writing, run: own},
        owed=state.owed | replaced,
    )


def settle_claims(state: State, run: str, uploaded: Container[str], left: Container[Claim]) -> State:
    """Return the state without the claim of ``run``, and without the keys that it repaired in claims left behind.

    A claim is repaired key by key, as its keys are uploaded again. The claim of a run that may be alive stays whole.

    :param left: the holds of claims that were left behind before the upload began; a run that died later may have
        written later, too.
    """
    writing = {}
    for owner, claim in state.writing.items():
        if owner == run:
            continue
        if claim.hold in left:
            claim = claim._replace(keys=tuple(key for key in claim.keys if key not in uploaded))
        if claim.keys:
            writing[owner] = claim
    return replace(state, writing=writing)


def forget_objects(state: State, keys: AbstractSet[str]) -> State:
    """Return the state without deleted objects; their paths are then owed to the edge.

    Claims of dead runs on these keys are removed, too. Names that contain their checksum are not invalidated: they
    never have other bytes.
    """
    kept = {owner: tuple(key for key in claim.keys if key not in keys) for owner, claim in state.writing.items()}
    served = (key for key in keys if not key.startswith(f"{OWN_FOLDER}/"))
    table = state.objects
    owed = {quote_key(key) for key in served if key not in table or not holds_checksum(key, table[key].checksum)}
    return replace(
        state,
        objects={key: record for key, record in state.objects.items() if key not in keys},
        writing={owner: state.writing[owner]._replace(keys=left) for owner, left in kept.items() if left},
        owed=state.owed | owed,
    )


def holds_checksum(key: str, checksum: str) -> bool:
    """Return whether a key contains the beginning of a checksum, so that it never has other bytes."""
    top, _, rest = key.partition("/")
    parts = rest.split("/")[:1] if top == VERSIONS_FOLDER else key.rpartition("/")[2].split(".")[1:]
    return any(len(part) >= _SHORT_CHECKSUM and checksum.startswith(part) for part in parts)


def disprove(state: State, found: Mapping[str, str | None]) -> State:
    """Return the state corrected by what was found in the bucket.

    Objects that are gone are removed from the table, and nothing is owed for them. Objects that somebody has changed by
    hand stay in the table, without a checksum.

    :param found: the ETags found by key; None if there is no object.
    """
    doubtful = state.unknown_keys("") | state.doomed_keys()
    found = {key: etag for key, etag in found.items() if key in state.objects and key not in doubtful}
    gone = {key for key, etag in found.items() if etag is None}
    changed = {
        key: state.objects[key]._replace(checksum="", etag=etag, version=None) for key, etag in found.items() if etag
    }
    state = replace(state, objects={**state.objects, **changed})
    return forget_objects(state, gone) if gone else state

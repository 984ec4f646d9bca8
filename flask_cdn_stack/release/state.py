"""What the one record in the bucket says of what lies there, and how runs change it.

Whoever overwrites objects first adds their keys to ``writing``; publishing takes its own entry away again. A key in
anyone's ``writing`` is unknown, whatever the table says of it. ``serial`` grows with every publication, so that no two
published states are equal, and a run notices that another has published since it planned. ``owed`` are the URL paths
that the edge has still to forget: whoever comes next asks for them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from ..naming import OWN_FOLDER, VERSIONS_FOLDER, quote_key

STATE_KEY = f"{OWN_FOLDER}/state.json.gz"

#: Seconds after which a claim that was not renewed counts as left behind, where its process cannot be asked for.
CLAIM_SECONDS = 3600

#: Seconds that two clocks may differ: S3 refuses one that is more than a quarter of an hour off (S3 error responses,
#: "RequestTimeTooSkewed").
SKEW_SECONDS = 1800

#: Seconds after which an unfinished removal is finished by whoever comes next, where its process cannot be asked for.
REMOVAL_SECONDS = 900


# Shortest checksum that a name may hold.
_SHORT_CHECKSUM = 8


class ObjectRecord(NamedTuple):
    """What is known of one object: SHA-256 and size of its bytes, what S3 answered, and the id of its headers.

    An empty checksum is that of bytes that somebody changed by hand.
    """

    checksum: str
    size: int
    etag: str
    version: str | None
    headers: str


class Owner(NamedTuple):
    """Whose assets a record is about: the names of the project and of its stack."""

    project: str = ""
    stack: str = ""


class Claim(NamedTuple):
    """The keys that one run may be overwriting, and its process, as :class:`~.process.Process` has it.

    ``at`` is when it was made and ``renewed`` when the run last said that it goes on, in epoch seconds.
    """

    keys: tuple[str, ...]
    at: float
    host: str
    pid: int
    started: int | None = None
    renewed: float = 0.0

    @property
    def hold(self) -> Claim:
        """What stays of it when some of its keys are settled; another one once its run says that it goes on."""
        return self._replace(keys=())


class Removal(NamedTuple):
    """Keys that a run is about to delete, and its process; ``at`` is in epoch seconds."""

    keys: tuple[str, ...]
    at: float
    host: str = ""
    pid: int = 0
    started: int | None = None


class Usage(NamedTuple):
    """How many invalidation paths were asked for in a month of UTC, such as ``2026-11``: the first ones are free."""

    month: str = ""
    paths: int = 0

    def paths_at(self, now: float) -> int:
        """Return how many were asked for in the month of ``now``, in epoch seconds."""
        return self.paths if self.month == _month(now) else 0

    def add(self, paths: int, now: float) -> Usage:
        """Return the usage with paths that were asked for at ``now``; those of another month do not count any more."""
        return Usage(_month(now), self.paths_at(now) + paths) if paths else self


def _month(now: float) -> str:
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m}"


@dataclass(frozen=True)
class State:
    """The record's content. ``manifest`` is the SHA-256 of the published manifest's text.

    ``owed`` are percent-encoded URL paths without leading slash. ``serial`` grows with every publication, and with all
    that a run records of what it has sent.
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
        """Return those of the keys that nothing here names: neither the table, nor a claim, nor a removal."""
        doubtful = self.unknown_keys("") | self.doomed_keys()
        return {key for key in keys if key not in self.objects and key not in doubtful}


def add_claim(state: State, run: str, claim: Claim) -> State:
    """Return the state with a run's claim, which keeps the keys that the run has claimed before."""
    before = state.writing[run].keys if run in state.writing else ()
    claim = claim._replace(keys=tuple(sorted({*before, *claim.keys})))
    return replace(state, writing={**state.writing, run: claim})


def renew_claim(state: State, run: str, now: float) -> State:
    """Return the state in which a run has said that it goes on."""
    return replace(state, writing={**state.writing, run: state.writing[run]._replace(renewed=now)})


def record_arrivals(
    state: State,
    run: str,
    arrived: Mapping[str, ObjectRecord],
    mended: Container[str],
    left: Container[Claim],
    replaced: AbstractSet[str],
) -> State:
    """Return the state that knows what a run has sent so far; the other keys stay in its claim.

    :param mended: those keys of what was sent that mend claims left behind, as :func:`settle_claims` has them.
    :param replaced: the URL paths of which the edge may hold what was there before.
    """
    own = state.writing[run]
    own = own._replace(keys=tuple(key for key in own.keys if key not in arrived))
    if own == state.writing[run]:
        return state
    settled = settle_claims(state, run, mended, left)
    return replace(
        settled,
        # Others have planned with what was there before, even where the same is there again.
        serial=state.serial + 1,
        objects={**state.objects, **arrived},
        writing={**settled.writing, run: own},
        owed=state.owed | replaced,
    )


def settle_claims(state: State, run: str, uploaded: Container[str], left: Container[Claim]) -> State:
    """Return the state without the claim of ``run``, and without what it mended of claims left behind.

    A claim is mended key by key, as its keys are uploaded again; one of a run that may still be alive stays whole.

    :param left: the holds that were left behind before the upload began; an owner that died later may have written
        later too.
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
    """Return the state without objects that are gone; the edge has still to forget them.

    What a dead run may have written under such a key is gone with it. No other bytes will ever stand under a name that
    holds its checksum: the edge may keep those.
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
    """Say whether a name has in it the beginning of a checksum: nobody puts other bytes under it."""
    top, _, rest = key.partition("/")
    parts = rest.split("/")[:1] if top == VERSIONS_FOLDER else key.rpartition("/")[2].split(".")[1:]
    return any(len(part) >= _SHORT_CHECKSUM and checksum.startswith(part) for part in parts)


def disprove(state: State, found: Mapping[str, str | None]) -> State:
    """Return the state that knows of objects that are not as it said.

    What is gone is taken out of the table, and the edge owes nobody a copy of it. What somebody has changed by hand is
    still ours, with bytes that nobody knows.

    :param found: the ETag of what lies there by key, None for nothing.
    """
    doubtful = state.unknown_keys("") | state.doomed_keys()
    found = {key: etag for key, etag in found.items() if key in state.objects and key not in doubtful}
    gone = {key for key, etag in found.items() if etag is None}
    changed = {
        key: state.objects[key]._replace(checksum="", etag=etag, version=None) for key, etag in found.items() if etag
    }
    state = replace(state, objects={**state.objects, **changed})
    return forget_objects(state, gone) if gone else state

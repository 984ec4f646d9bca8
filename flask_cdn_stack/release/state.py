"""The one record in the bucket that says what lies there, changed only by compare-and-set.

Whoever overwrites objects first adds their keys to ``writing``; publishing takes its own entry away again. A key in
anyone's ``writing`` is unknown, whatever the table says of it. ``serial`` grows with every publication, so that no two
published states are equal, and a run notices that another has published since it planned.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..errors import ConflictError, StateError, UnreachableError
from ..json_text import encode_table
from ..naming import OWN_FOLDER

if TYPE_CHECKING:
    from ..aws.storage import StoredObject

#: Version of the record's form. A newer one is refused: it may mean what this version does not know.
FORMAT = 1

STATE_KEY = f"{OWN_FOLDER}/state.json.gz"

#: Seconds after which the claim of a run on another machine counts as left behind.
CLAIM_SECONDS = 3600

#: Seconds after which an unfinished removal is finished by whoever comes next.
REMOVAL_SECONDS = 900

#: How often a change is sent again after an answer was lost.
MAX_LOST_ANSWERS = 5

RECORD_TYPE = "application/gzip"


class ObjectRecord(NamedTuple):
    """What is known of one object: SHA-256 and size of its bytes, what S3 answered, and the id of its headers."""

    checksum: str
    size: int
    etag: str
    version: str | None
    headers: str


_RECORD_FIELDS = set(ObjectRecord._fields)


class Claim(NamedTuple):
    """The keys that one run may be overwriting; ``host`` and ``pid`` tell its process, ``at`` is in epoch seconds."""

    keys: tuple[str, ...]
    at: float
    host: str
    pid: int


class Removal(NamedTuple):
    """Keys that a run is about to delete; ``at`` is in epoch seconds."""

    keys: tuple[str, ...]
    at: float


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
    """The record's content. ``manifest`` is the SHA-256 of the published manifest's text."""

    serial: int = 0
    objects: Mapping[str, ObjectRecord] = field(default_factory=dict)
    release: str | None = None
    manifest: str | None = None
    releases: tuple[str, ...] = ()
    writing: Mapping[str, Claim] = field(default_factory=dict)
    removing: Mapping[str, Removal] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)

    def unknown_keys(self, run: str) -> frozenset[str]:
        """Return the keys that a run other than ``run`` may have overwritten."""
        return frozenset(key for owner, claim in self.writing.items() if owner != run for key in claim.keys)

    def doomed_keys(self) -> frozenset[str]:
        """Return the keys that are being deleted."""
        return frozenset(key for removal in self.removing.values() for key in removal.keys)


class Store(Protocol):
    """Where the record and the objects are: the bucket, or memory in a test."""

    def read(self, key: str) -> StoredObject | None:
        """Return an object, or None where there is none."""

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write on the condition that the ETag is unchanged, or nothing is there; return the new ETag."""

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects."""


class Snapshot(NamedTuple):
    """A state as it was read, with the ETag that a change must find unchanged (None: there was no record)."""

    state: State
    etag: str | None


def read_state(store: Store) -> Snapshot:
    """Read the record; an empty state where there is none.

    :raises StateError: it is damaged, or of a newer format.
    """
    found = store.read(STATE_KEY)
    return Snapshot(decode_state(found.data, found.path or STATE_KEY), found.etag) if found else Snapshot(State(), None)


def change_state(
    store: Store,
    snapshot: Snapshot,
    change: Callable[[State], State],
    is_done: Callable[[State], bool] = lambda state: False,
) -> Snapshot | None:
    """Apply ``change`` by compare-and-set; return the new snapshot, or None if that was overtaken.

    A conflict that comes only from other runs' claims, or from paths that they asked for, is merged and tried again;
    after anything else the caller's plan no longer holds. After any error the record is read back: a lost answer may
    have been a success, and a repeated one a conflict with itself.

    :param is_done: says of a state read back that ``change`` was applied, whatever came after it.
    """
    planned = snapshot.state
    lost = 0
    while True:
        wanted = change(snapshot.state)
        if wanted == snapshot.state:
            return snapshot
        try:
            return Snapshot(wanted, store.write(STATE_KEY, encode_state(wanted), RECORD_TYPE, snapshot.etag))
        except (ConflictError, UnreachableError) as error:
            lost += isinstance(error, UnreachableError)
            snapshot = read_state(store)
            if is_done(snapshot.state):
                return snapshot
            if replace(snapshot.state, writing=planned.writing, usage=planned.usage) != planned:
                return None
            if lost == MAX_LOST_ANSWERS:
                raise


def add_claim(state: State, run: str, claim: Claim) -> State:
    """Return the state with a run's claim, which keeps the keys that the run has claimed before."""
    before = state.writing[run].keys if run in state.writing else ()
    claim = claim._replace(keys=tuple(sorted({*before, *claim.keys})))
    return replace(state, writing={**state.writing, run: claim})


def settle_claims(state: State, run: str, uploaded: Container[str], left: Container[Claim]) -> State:
    """Return the state without the claim of ``run``, and without what it mended of claims left behind.

    A claim is mended key by key, as its keys are uploaded again; one of a run that may still be alive stays whole.

    :param left: the claims that were left behind before the upload began; an owner that died later may have written
        later too.
    """
    writing = {}
    for owner, claim in state.writing.items():
        if owner == run:
            continue
        if claim in left:
            claim = claim._replace(keys=tuple(key for key in claim.keys if key not in uploaded))
        if claim.keys:
            writing[owner] = claim
    return replace(state, writing=writing)


def encode_state(state: State) -> bytes:
    """Return the record's bytes; equal states, equal bytes."""
    content = {name: getattr(state, name) for name in ("serial", "release", "manifest", "releases")}
    claims = {
        "writing": {run: claim._asdict() for run, claim in state.writing.items()},
        "removing": {run: removal._asdict() for run, removal in state.removing.items()},
    }
    # A reader that does not know of it leaves it out of what it writes: then the month's count begins again.
    usage = {"usage": state.usage._asdict()} if state.usage.paths else {}
    return pack({"format": FORMAT, **content, **claims, **usage}, state.objects)


def decode_state(data: bytes, key: str = STATE_KEY) -> State:
    """Return the state of a record; ``key`` is what an error calls it.

    :raises StateError: it is damaged, or of a newer format.
    """
    content = unpack(data, key)
    try:
        return State(
            serial=int(content["serial"]),
            objects=decode_objects(content["objects"]),
            release=content["release"],
            manifest=content["manifest"],
            releases=tuple(content["releases"]),
            writing={run: Claim(**_read_entry(item)) for run, item in content["writing"].items()},
            removing={run: Removal(**_read_entry(item)) for run, item in content["removing"].items()},
            usage=_read_usage(content["usage"]) if "usage" in content else Usage(),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(key) from error


def _read_entry(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "keys": tuple(item["keys"]), "at": float(item["at"])}


def _read_usage(item: Mapping[str, Any]) -> Usage:
    return Usage(str(item["month"]), int(item["paths"]))


def decode_objects(content: Mapping[str, Any]) -> dict[str, ObjectRecord]:
    """Return a table of objects as :func:`unpack` left it.

    :raises AttributeError: it is no table.
    :raises TypeError: one of them is no record.
    """
    if not all(type(record) is ObjectRecord for record in content.values()):
        raise TypeError("not a record of an object")
    return dict(content)


def pack(content: Mapping[str, Any], objects: Mapping[str, ObjectRecord] | None = None) -> bytes:
    """Return gzipped JSON without a time stamp; equal values, equal bytes.

    :param objects: what its table ``objects`` holds; only some of them are in memory as text at a time.
    """
    packer = zlib.compressobj(3, wbits=31)  # above 3, twice the time saves a sixteenth
    return b"".join([*(packer.compress(piece.encode()) for piece in _dump(content, objects)), packer.flush()])


def _dump(content: Mapping[str, Any], objects: Mapping[str, ObjectRecord] | None) -> Iterator[str]:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    if objects is None:
        yield text
        return
    yield text.removesuffix("}") + ',"objects":'
    yield from encode_table((key, objects[key]._asdict()) for key in sorted(objects))
    yield "}"


def _read_object(content: dict[str, Any]) -> ObjectRecord | dict[str, Any]:
    return ObjectRecord(**content) if content.keys() == _RECORD_FIELDS else content


def unpack(data: bytes, key: str) -> dict[str, Any]:
    """Return the content of a record; what is known of an object is an :class:`ObjectRecord`.

    :raises StateError: it is damaged, or of a newer format.
    """
    try:
        content = json.loads(gzip.decompress(data), object_hook=_read_object)
        version = content["format"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise damaged(key) from error
    if version != FORMAT:
        raise StateError(
            f"The record {key} in the bucket has format {version}; this flask-cdn-stack knows format {FORMAT}.",
            "Upgrade flask-cdn-stack here too.",
        )
    return dict(content)


def damaged(key: str) -> StateError:
    """Return the error for a record that cannot be read."""
    hint = "Restore an earlier version of that object (the bucket keeps them)"
    if key.endswith(STATE_KEY):
        hint += (
            ", or delete it: "
            "the next deploy then uploads everything again, and cannot know which copies at the edge are old: "
            "invalidate /* with `aws cloudfront create-invalidation` after it"
        )
    return StateError(f"The record {key} in the bucket is damaged; nothing was changed.", f"{hint}.")

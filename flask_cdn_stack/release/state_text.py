"""Encodes records as gzipped JSON, equal values to equal bytes, and decodes them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import StateError
from ..json_text import encode_table
from .record_model import FORMAT, DamagedRecordError, NewerRecordError, encode_members, parse_state
from .state import STATE_KEY, ObjectRecord, State

# Characters of a text that are encoded at a time.
_PIECE = 65536

RECORD_TYPE = "application/gzip"


def encode_state(state: State) -> bytes:
    """Return the bytes of a state; equal states give equal bytes."""
    content = {name: getattr(state, name) for name in ("serial", "release", "manifest", "releases")}
    claims = {
        "writing": {run: claim._asdict() for run, claim in state.writing.items()},
        "removing": {run: removal._asdict() for run, removal in state.removing.items()},
    }
    # Empty members are left out; records of versions that did not write them decode the same.
    further = {
        "usage": state.usage._asdict() if state.usage.paths else None,
        "owner": state.owner._asdict() if state.owner else None,
        "owed": sorted(state.owed) or None,
    }
    given = {name: value for name, value in further.items() if value}
    return pack({"format": FORMAT, **content, **claims, **given}, state.objects)


def decode_state(data: bytes, key: str = STATE_KEY) -> State:
    """Return the state from a record's bytes; ``key`` is its name in errors.

    :raises StateError: it is damaged, or of a newer format.
    """
    with reading(key):
        return parse_state(data)


@contextmanager
def reading(key: str) -> Iterator[None]:
    """Turn errors in a record's format into one that names its key."""
    try:
        yield
    except DamagedRecordError as error:
        raise damaged(key) from error
    except NewerRecordError as error:
        raise StateError(
            f"The record {key} in the bucket has format {error.args[0]}; this flask-cdn-stack knows format {FORMAT}.",
            "Upgrade flask-cdn-stack here too.",
        ) from error


def pack(content: Mapping[str, Any], objects: Mapping[str, ObjectRecord] | None = None) -> bytes:
    """Return gzipped JSON without a time stamp; equal values give equal bytes.

    :param objects: the entries of the table ``objects``, which is encoded in parts to save memory.
    """
    packer = zlib.compressobj(3, wbits=31)  # a level above 3 takes twice the time for a sixteenth less
    return b"".join([*(packer.compress(piece.encode()) for piece in _dump(content, objects)), packer.flush()])


def _dump(content: Mapping[str, Any], objects: Mapping[str, ObjectRecord] | None) -> Iterator[str]:
    start = "{"
    for name in sorted(content):
        yield f"{start}{json.dumps(name)}:"
        yield from _dump_value(content[name])
        start = ","
    if objects is not None:
        yield ',"objects":'
        yield from encode_table(((key, objects[key]._asdict()) for key in sorted(objects)), encode_members)
    yield "}"


def _dump_value(value: object) -> Iterator[str]:
    if isinstance(value, str):  # in pieces: a manifest takes megabytes
        pieces = (value[start : start + _PIECE] for start in range(0, len(value), _PIECE))
        yield '"'
        yield from (json.dumps(piece)[1:-1] for piece in pieces)
        yield '"'
    else:
        yield json.dumps(value, sort_keys=True, separators=(",", ":"))


def damaged(key: str) -> StateError:
    """Return the error for a record that cannot be read."""
    hint = "Restore an earlier version of that object (the bucket keeps them)"
    if key.endswith(STATE_KEY):
        hint += (
            ", or delete it: the next deploy then needs --take-over, uploads everything again, and cannot know which "
            "copies at the edge are old: invalidate /* with `aws cloudfront create-invalidation` after it"
        )
    return StateError(f"The record {key} in the bucket is damaged; nothing was changed.", f"{hint}.")

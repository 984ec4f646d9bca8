"""The text of records: gzipped JSON, equal values to equal bytes, and back again."""

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

RECORD_TYPE = "application/gzip"


def encode_state(state: State) -> bytes:
    """Return the record's bytes; equal states, equal bytes."""
    content = {name: getattr(state, name) for name in ("serial", "release", "manifest", "releases")}
    claims = {
        "writing": {run: claim._asdict() for run, claim in state.writing.items()},
        "removing": {run: removal._asdict() for run, removal in state.removing.items()},
    }
    # Left out where they say nothing; a record of before they were written reads the same.
    further = {
        "usage": state.usage._asdict() if state.usage.paths else None,
        "owner": state.owner._asdict() if state.owner else None,
        "owed": sorted(state.owed) or None,
    }
    given = {name: value for name, value in further.items() if value}
    return pack({"format": FORMAT, **content, **claims, **given}, state.objects)


def decode_state(data: bytes, key: str = STATE_KEY) -> State:
    """Return the state of a record; ``key`` is what an error calls it.

    :raises StateError: it is damaged, or of a newer format.
    """
    with reading(key):
        return parse_state(data)


@contextmanager
def reading(key: str) -> Iterator[None]:
    """Let what is wrong with a record's form be an error with its key."""
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
    """Return gzipped JSON without a time stamp; equal values, equal bytes.

    :param objects: what its table ``objects`` holds; only some of them are in memory as text at a time.
    """
    packer = zlib.compressobj(3, wbits=31)  # above 3, twice the time saves a sixteenth
    return b"".join([*(packer.compress(piece.encode()) for piece in _dump(content, objects)), packer.flush()])


def _dump(content: Mapping[str, Any], objects: Mapping[str, ObjectRecord] | None) -> Iterator[str]:
    start = "{"
    for name in sorted(content):  # each by itself: a manifest takes megabytes
        yield f"{start}{json.dumps(name)}:"
        yield json.dumps(content[name], sort_keys=True, separators=(",", ":"))
        start = ","
    if objects is not None:
        yield ',"objects":'
        yield from encode_table(((key, objects[key]._asdict()) for key in sorted(objects)), encode_members)
    yield "}"


def damaged(key: str) -> StateError:
    """Return the error for a record that cannot be read."""
    hint = "Restore an earlier version of that object (the bucket keeps them)"
    if key.endswith(STATE_KEY):
        hint += (
            ", or delete it: the next deploy then needs --take-over, uploads everything again, and cannot know which "
            "copies at the edge are old: invalidate /* with `aws cloudfront create-invalidation` after it"
        )
    return StateError(f"The record {key} in the bucket is damaged; nothing was changed.", f"{hint}.")

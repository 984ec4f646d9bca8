"""Writes large values as JSON: quickly, and in pieces to save memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

#: Returns the text of a value without spaces.
encode_compact = json.JSONEncoder(separators=(",", ":")).encode

# Members that are encoded together: the json module's own iterencode is written in Python, and far slower.
_BATCH = 1000


def cut_table(members: Iterable[tuple[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the members of an object in parts of a thousand."""
    rest = iter(members)
    while batch := dict(islice(rest, _BATCH)):
        yield batch


def encode_table(members: Iterable[tuple[str, Any]], encode: Callable[[dict[str, Any]], str]) -> Iterator[str]:
    """Yield the text of a JSON object in pieces.

    :param encode: returns the compact text of a part of the members.
    """
    start = "{"
    for batch in cut_table(members):
        yield start + encode(batch)[1:-1]
        start = ","
    yield "{}" if start == "{" else "}"


def encode_lines(value: Mapping[str, Any], *, ensure_ascii: bool) -> Iterator[str]:
    """Yield the text of a JSON object in pieces, with a line for each member and for each item of a member's list."""
    encode = json.JSONEncoder(ensure_ascii=ensure_ascii).encode
    start = "{"
    for name, member in value.items():
        yield f"{start}\n  {encode(name)}: "
        start = ","
        if not isinstance(member, list) or not member:
            yield encode(member)
            continue
        for index in range(0, len(member), _BATCH):
            lines = (f"\n    {encode(item)}" for item in member[index : index + _BATCH])
            yield ("," if index else "[") + ",".join(lines)
        yield "\n  ]"
    yield "{}" if start == "{" else "\n}"

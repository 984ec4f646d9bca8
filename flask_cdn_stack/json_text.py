"""JSON of large tables: quickly, and only some of it in memory at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

# Members that become text together: json's own way to write bit by bit is in Python, and far slower.
_BATCH = 1000


def encode_table(members: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Yield the text of a JSON object in pieces."""
    rest = iter(members)
    start = "{"
    while batch := dict(islice(rest, _BATCH)):
        yield start + json.dumps(batch, separators=(",", ":"))[1:-1]
        start = ","
    yield "{}" if start == "{" else "}"

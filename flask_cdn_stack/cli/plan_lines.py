"""The lines of a plan, and how a long plan is shortened for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

#: Lines of each kind that a shortened plan shows.
LISTED = 20

_COLORS = {"new": "green", "deleted": "red"}


class PlanLine(NamedTuple):
    """One line of a plan, with its kind, such as ``new`` or ``deleted``."""

    kind: str
    text: str


def color_kind(kind: str, text: str) -> str:
    """Return a text in the colour of its kind: green for new, red for deleted, yellow for others."""
    return click.style(text, fg=_COLORS.get(kind, "yellow"))


def shorten_plan(lines: Sequence[PlanLine], way_to_all: str) -> Iterator[str]:
    """Yield the first lines of each kind, then a line with the number of the others, by kind if there are several.

    :param way_to_all: how to see all lines, as a sentence without its full stop.
    """
    left, seen = Counter[str](), Counter[str]()
    for line in lines:
        seen[line.kind] += 1
        if seen[line.kind] <= LISTED:
            yield line.text
        else:
            left[line.kind] += 1
    if left:
        kinds = f": {', '.join(f'{number:,} {kind}' for kind, number in left.items())}" if len(seen) > 1 else ""
        yield f"  ... and {left.total():,} more{kinds} ({way_to_all})"

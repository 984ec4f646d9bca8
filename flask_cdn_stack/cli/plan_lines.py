"""What would be done, a line for each thing, and how a long plan is made short for somebody at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

#: Lines of each kind that are shown where a plan is shortened.
LISTED = 20

_COLORS = {"new": "green", "deleted": "red"}


class PlanLine(NamedTuple):
    """One thing that would be done: the word for why or how, and the line that says it."""

    kind: str
    text: str


def color_kind(kind: str, text: str) -> str:
    """Return a text in the colour of what would be done: green adds, red takes away, yellow changes what is there."""
    return click.style(text, fg=_COLORS.get(kind, "yellow"))


def shorten_plan(lines: Sequence[PlanLine], way_to_all: str) -> Iterator[str]:
    """Yield the first lines of each kind, then how many more there are, of each kind where there are several.

    :param way_to_all: how all of it can be seen, as a sentence without its full stop.
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

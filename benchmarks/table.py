"""The rows of a benchmark: shown in a terminal, as JSON, and on a page of the documentation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

#: Unit of a row whose values are shares of what it is held against.
RATIO = "ratio"

HEADINGS = ("Work", "Against", "Result", "Lowest to highest", "Target", "Met")


@dataclass(frozen=True)
class Row:
    """What was done, what came out in each round, and what may come out at most, or with ``at_least`` at least.

    Without ``samples`` the row was not measured. ``limit`` is None where nothing was promised.
    """

    work: str
    against: str
    unit: str
    limit: float | None
    samples: tuple[float, ...] = ()
    note: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool | None:
        """Say whether the median keeps to the limit; None where that cannot be said."""
        if self.limit is None or not self.samples:
            return None
        found = median(self.samples)
        return found >= self.limit if self.at_least else found <= self.limit

    def cells(self) -> tuple[str, ...]:
        """Return the row's texts, one for each of the headings."""
        result = spread = "not measured"
        if self.samples:
            result = show(median(self.samples), self.unit)
            spread = f"{show(min(self.samples), self.unit)} to {show(max(self.samples), self.unit)}"
        target = "" if self.limit is None else show(self.limit, self.unit) + " at least" * self.at_least
        met = "" if self.is_met is None else "met" if self.is_met else "missed"
        return self.work, self.against, result, spread if len(self.samples) > 1 else "", target, met

    def as_json(self) -> dict[str, object]:
        """Return the row for a program to read."""
        return {
            "work": self.work,
            "against": self.against,
            "unit": self.unit,
            "median": median(self.samples) if self.samples else None,
            "samples": self.samples,
            "limit": self.limit,
            "at_least": self.at_least,
            "met": self.is_met,
            "note": self.note,
        }


def show(value: float, unit: str) -> str:
    """Return an amount as it is read best: shares below one as ``1/n``."""
    if unit != RATIO:
        return f"{_round(value)} {unit}".rstrip()
    return f"1/{_round(1 / value)}" if 0 < value < 1 else f"{_round(value)} times"


def middle(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the pair whose ratio is the median: a moment in which the machine is slow mostly meets both sides."""
    return sorted(pairs, key=lambda pair: pair[0] / pair[1])[(len(pairs) - 1) // 2]


def render_text(rows: Sequence[Row]) -> str:
    """Return the table for a terminal, with the notes behind it."""
    lines = [(*HEADINGS, ""), *((*row.cells(), row.note) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "".join(line.rstrip() + "\n" for line in padded)


def render_json(rows: Sequence[Row]) -> str:
    """Return the rows as one JSON array."""
    return json.dumps([row.as_json() for row in rows], indent=2) + "\n"


def render_rst(rows: Sequence[Row], caption: str) -> str:
    """Return the table as reStructuredText."""
    lines = [f".. list-table:: {caption}", "   :header-rows: 1", "   :widths: auto", ""]
    for cells in (HEADINGS, *(row.cells() for row in rows)):
        lines.append(f"   * - {cells[0]}")
        lines += [f"     - {cell}".rstrip() for cell in cells[1:]]
    return "\n".join(lines)


def write_table(page: Path, name: str, table: str) -> None:
    """Replace what stands on ``page`` between the two comments that name the table."""
    begin, end = markers(name)
    before, _, rest = page.read_text("utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{page.name} has no place for a table: {begin!r} and, below it, {end!r}.")
    page.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}", "utf-8")


def markers(name: str) -> tuple[str, str]:
    """Return the comments between which a generated table stands."""
    return f".. {name}: the table begins", f".. {name}: the table ends"


def _round(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"

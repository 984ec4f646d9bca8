"""The rows of the table: what is promised of the local edge, and of the commands in front of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..table import Row

PLAIN, FUNCTION = "hits", "hits with a function"
VERIFY, STATUS, DEMO = "verify", "status", "demo"


@dataclass(frozen=True)
class Amount:
    """Something that is counted or timed for itself; ``limit`` is the most of it, or with ``at_least`` the least."""

    name: str
    work: str
    unit: str
    limit: float
    at_least: bool = False

    def row(self, samples: Sequence[float]) -> Row:
        """Return the row."""
        return Row(self.work, "", self.unit, self.limit, tuple(samples), at_least=self.at_least)


AMOUNTS = (
    Amount(PLAIN, "Hits at the local edge, for a second of one core", "hits", 1_000, at_least=True),
    Amount(FUNCTION, "The same, with a CloudFront function at each", "hits", 1_000, at_least=True),
    Amount(VERIFY, "verify, 10,000 URLs through the local edge, which has none yet", "s", 60),
    Amount(DEMO, "demo, from its start until its pages are loaded", "s", 4),
    Amount(STATUS, "status, nothing differs: requests", "", 6),
)


def make_rows(samples: Mapping[str, Sequence[float]]) -> list[Row]:
    """Return all rows."""
    return [amount.row(samples[amount.name]) for amount in AMOUNTS]

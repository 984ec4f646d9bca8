"""The rows of the table: what is promised, and of what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from ..table import RATIO, Row, middle
from .cases import CASES
from .peers import PEERS

FLASK = "Flask's own"

#: What was measured, round by round: a case's nanoseconds beside Flask's own, and amounts by name.
Pairs = defaultdict[str, list[tuple[float, float]]]
Amounts = defaultdict[str, list[float]]


@dataclass(frozen=True)
class Comparison:
    """A case of ours beside Flask's own, or beside the same of a peer. ``target`` is 10 for one tenth."""

    work: str
    case: str
    target: float | None = None
    peer_case: str | None = None

    def row(self, pairs: Pairs) -> Row:
        """Return the row; against a peer it holds ratios of ratios, each to the Flask of its own process."""
        ratios = [ours / own for ours, own in pairs[self.case]]
        others = pairs[self.peer_case] if self.peer_case else [(1.0, 1.0) for _ in ratios]
        samples = [ours * own / other for ours, (other, own) in zip(ratios, others, strict=False)]
        limit = None if self.target is None else 1 / self.target
        return Row(self.work, self._against(), RATIO, limit, tuple(samples), self._note(pairs) if samples else "")

    def _against(self) -> str:
        names = {case.name: case.contender for case in CASES}
        peer = next((peer for peer in PEERS if self.peer_case and peer.name == names[self.peer_case]), None)
        return f"{peer.name} {peer.version}" if peer else FLASK

    def _note(self, pairs: Pairs) -> str:
        ours, own = middle(pairs[self.case])
        other = middle(pairs[self.peer_case])[0] if self.peer_case else own
        return f"{ours / 1e3:.2f} to {other / 1e3:.2f} µs"


@dataclass(frozen=True)
class Amount:
    """Something that is counted or weighed for itself."""

    work: str
    name: str
    unit: str
    limit: float | None = None

    def row(self, amounts: Amounts) -> Row:
        """Return the row."""
        return Row(self.work, "", self.unit, self.limit, tuple(amounts[self.name]))


COMPARISONS = (
    Comparison("As the generated config sets it", "generated", 10),
    Comparison("CDN_HTTPS = None", "as requested", 8),
    Comparison("With two url_defaults functions", "url_defaults", 6),
    Comparison("With a url_defaults function as Flask's documentation has it", "language", 1),
    Comparison("With time stamps", "timestamp", 3),
    Comparison("With neither checksum nor time stamp", "neither"),
    Comparison("A page with 40 assets", "page", 2),
    Comparison("flask.url_for itself, overridden", "flask.url_for"),
    Comparison("An endpoint that is not static", "view", 1 / 1.03),
    Comparison("Slow path: a query value besides", "query", 1),
    Comparison("Slow path: _anchor", "anchor", 1),
    Comparison("Slow path: an endpoint with a leading dot", "relative", 1),
    Comparison("Slow path: a name that is not in the manifest", "missing", 1),
    Comparison("Slow path: a time stamp, looked up each time", "timestamp forgotten"),
    Comparison("As the generated config sets it", "generated", 30, "S3"),
    Comparison("As the generated config sets it", "generated", 30, "NG"),
    Comparison("As the generated config sets it, the peer with its manifest", "generated", 100, "NG manifest"),
    Comparison(
        "As the generated config sets it, the peer as it comes (time stamps)", "generated", None, "NG timestamp"
    ),
    Comparison("As the generated config sets it", "generated", None, "CDN"),
    Comparison("As the generated config sets it", "generated", None, "digest"),
    Comparison("With time stamps", "timestamp", None, "NG timestamp"),
    Comparison("With time stamps", "timestamp", None, "CDN timestamp"),
    Comparison("A page with 40 assets", "page", None, "S3 page"),
    Comparison("A page with 40 assets", "page", None, "NG page"),
    Comparison("A page with 40 assets", "page", None, "CDN page"),
    Comparison("A page with 40 assets", "page", None, "digest page"),
)

AMOUNTS = (
    Amount("Importing CDN, after Flask", "import", "ms", 5),
    Amount("Modules then loaded that only the command line needs", "heavy", "modules", 0),
    Amount("Manifest of 10,000 lines, init_app and first url_for", "start", "ms", 15),
    Amount("The same, memory at its peak", "start peak", "MB", 4),
    Amount("The same, memory that is kept", "start kept", "MB"),
    Amount("Memory after made-up names, manifest", "growth generated", "MB", 2),
    Amount("Memory after made-up names, time stamps", "growth timestamp", "MB", 2),
    Amount("Memory after made-up names, neither", "growth neither", "MB", 2),
)


def make_rows(pairs: Pairs, amounts: Amounts) -> list[Row]:
    """Return all rows, measured or not."""
    return [row.row(pairs) for row in COMPARISONS] + [row.row(amounts) for row in AMOUNTS]

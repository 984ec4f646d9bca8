"""The rows of the table: what is promised, and of what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from ..table import RATIO, Row
from .rounds import Key, Run, Runs
from .tools import AWS, BOTO3, CREATE_ALL, OURS, RCLONE, S5CMD
from .workloads import CASES, CHANGED, MINISTACK, Case

#: Growth is linear when a further file does not take longer than this, beside one of the first ten thousand.
_LINEAR = 1.25

_INVALIDATION = "CreateInvalidation"


@dataclass(frozen=True)
class Comparison:
    """Seconds of ours, as a share of a peer's in the same round. ``limit`` is 1/4 for four times as fast."""

    case: str
    peer: str
    limit: float | None = None
    again: bool = False

    def rows(self, runs: Runs) -> Iterator[Row]:
        """Return a row for each server."""
        case = _case(self.case)
        work = case.title(again=self.again)
        for server in case.servers:
            ours, peers = (runs[Key(self.case, server, tool, self.again)] for tool in (OURS, self.peer))
            pairs = [(ours[number].seconds, peers[number].seconds) for number in sorted(ours.keys() & peers.keys())]
            samples = tuple(own / other for own, other in pairs)
            note = " to ".join(f"{median(side):.2f}" for side in zip(*pairs, strict=True)) + " s" if pairs else ""
            yield Row(f"{work}, {server}", self.peer, RATIO, self.limit, samples, note)


@dataclass(frozen=True)
class Beside:
    """Seconds of ours in one case, as a share of ours in another in the same round, with MiniStack."""

    case: str
    other: str
    limit: float | None = None
    again: bool = False

    def rows(self, runs: Runs) -> Iterator[Row]:
        """Return the row."""
        ours, others = (runs[Key(name, MINISTACK, OURS, self.again)] for name in (self.case, self.other))
        samples = tuple(ours[number].seconds / others[number].seconds for number in sorted(ours.keys() & others.keys()))
        work, other = (_case(name) for name in (self.case, self.other))
        yield Row(work.title(again=self.again), str(other.workload), RATIO, self.limit, samples)


@dataclass(frozen=True)
class Amount:
    """Something of ours that is counted or weighed for itself, with MiniStack."""

    case: str
    what: str
    unit: str
    measure: Callable[[Run], float]
    limit: float | None = None
    again: bool = False

    def rows(self, runs: Runs) -> Iterator[Row]:
        """Return the row."""
        found = runs[Key(self.case, MINISTACK, OURS, self.again)]
        work = f"{_case(self.case).title(again=self.again)}: {self.what}"
        yield Row(work, "", self.unit, self.limit, tuple(map(self.measure, found.values())))


@dataclass(frozen=True)
class Growth:
    """The seconds of a further file after the first 10,000, as a share of those of one after the first 1,000."""

    again: bool = False

    def rows(self, runs: Runs) -> Iterator[Row]:
        """Return the row."""
        few, many, most = (case for case in CASES if case.family == "growth")
        found = [runs[Key(case.name, MINISTACK, OURS, self.again)] for case in (few, many, most)]
        steps = [many.workload.files - few.workload.files, most.workload.files - many.workload.files]
        samples = []
        for number in sorted(found[0].keys() & found[1].keys() & found[2].keys()):
            start, middle, end = (runs_of_size[number].seconds for runs_of_size in found)
            if middle > start:
                samples.append((end - middle) / steps[1] / ((middle - start) / steps[0]))
        work = f"{most.title(again=self.again)}: each after {many.workload.files:,}"
        yield Row(work, f"each after {few.workload.files:,}", RATIO, _LINEAR, tuple(samples))


def _case(name: str) -> Case:
    return next(case for case in (*CASES, CHANGED) if case.name == name)


def _count_requests(run: Run) -> float:
    return sum(run.requests.values()) - _count_invalidations(run)


def _count_invalidations(run: Run) -> float:
    return run.requests.get(_INVALIDATION, 0)


def _weigh(run: Run) -> float:
    return run.megabytes


def _time(run: Run) -> float:
    return run.seconds


_GROWTH = tuple(case.name for case in CASES if case.family == "growth")
_MOST = _GROWTH[-1]

ROWS: tuple[Comparison | Beside | Amount | Growth, ...] = (
    Comparison("small", S5CMD, 1.1),
    Comparison("small", BOTO3),
    Comparison("small", RCLONE),
    Comparison("small", AWS),
    Comparison("small", CREATE_ALL),
    Comparison("many", S5CMD, 1),
    Comparison("many", BOTO3, 1 / 3),
    Comparison("many", RCLONE),
    Comparison("many", AWS, 1 / 5),
    Comparison("many", CREATE_ALL, 1 / 3),
    Comparison("large", S5CMD, 1),
    Comparison("large", RCLONE),
    Comparison("delayed", S5CMD, 1.15),
    Comparison("delayed", BOTO3, 1 / 4),
    Comparison("delayed", RCLONE),
    Comparison("delayed", AWS, 1 / 5),
    Comparison("delayed", CREATE_ALL, 1 / 20),
    Comparison("many", S5CMD, 1, again=True),
    Comparison("many", AWS, 1, again=True),
    Beside("styles", "plain", 1.2, again=True),
    Amount("many", "S3 requests", "", _count_requests, 1, again=True),
    Amount("styles", "S3 requests", "", _count_requests, 1, again=True),
    Amount("changed", "S3 requests", "", _count_requests, 5),
    Amount("changed", "invalidations", "", _count_invalidations, 1),
    Amount("small", "memory at its peak", "MB", _weigh),
    Amount("large", "memory at its peak", "MB", _weigh),
    *(Amount(name, "time", "s", _time, None, again) for again in (False, True) for name in _GROWTH),
    Growth(),
    Growth(again=True),
    *(
        Amount(name, "memory at its peak", "MB", _weigh, 300 if name == _MOST else None, again)
        for again in (False, True)
        for name in _GROWTH
    ),
)


def make_rows(runs: Runs) -> list[Row]:
    """Return all rows, measured or not."""
    return [row for rows in ROWS for row in rows.rows(runs)]

"""Tracks the progress of an operation on a stack by resource, and estimates how long it will still take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..aws.cloudformation import Change, Event

DISTRIBUTION = "AWS::CloudFront::Distribution"
_STACK = "AWS::CloudFormation::Stack"

#: Seconds that AWS roughly takes for a resource: for a distribution "5-10 minutes" (AWS's announcement of
#: CloudFormation's express mode), for others from public event logs.
TYPICAL = {
    DISTRIBUTION: 300.0,
    "AWS::S3::Bucket": 25.0,
    "AWS::KMS::Key": 60.0,
    "AWS::Route53::RecordSet": 45.0,
    "AWS::IAM::ManagedPolicy": 20.0,
    "AWS::IAM::Role": 20.0,
}
_OTHERS = 5.0

# CloudFormation works on resources in parallel unless one depends on another: what a distribution depends on comes
# before it, and these resources after it. A deletion has the reverse order, and takes as long.
_AFTER_DISTRIBUTION = (
    "AWS::S3::BucketPolicy",
    "AWS::Route53::RecordSet",
    "AWS::Logs::Delivery",
    "AWS::Logs::DeliverySource",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
)
_FORWARD = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")
_VERBS = {"Add": "CREATE", "Modify": "UPDATE", "Remove": "DELETE"}


class ResourceProgress(NamedTuple):
    """The progress of a resource. Before its first event ``status`` is empty and ``seconds`` is None.

    ``is_undone`` is True if the operation failed and the resource was, or is being, rolled back.
    """

    name: str
    type: str
    status: str
    seconds: float | None
    is_undone: bool = False


@dataclass(frozen=True)
class _Resource:
    name: str
    type: str
    verb: str
    status: str = ""
    began: float = 0.0
    ended: float | None = None
    is_undone: bool = False

    def after(self, event: Event, is_undone: bool = False) -> _Resource:
        at, verb = event.time.timestamp(), event.status.partition("_")[0]
        # Most resources have two events that are in progress: before they have a physical id, and with one.
        goes_on = self.status and self.ended is None
        ended = None if event.status.endswith("_IN_PROGRESS") else at
        began = self.began if goes_on else at
        return replace(self, verb=verb, status=event.status, began=began, ended=ended, is_undone=is_undone)

    def seconds(self, now: float) -> float | None:
        return max(0.0, (now if self.ended is None else self.ended) - self.began) if self.status else None


class StackProgress:
    """The state of a stack and its resources during one operation, kept up to date by its events."""

    def __init__(self) -> None:
        self._stack = _Resource("", _STACK, "")
        self._resources: dict[str, _Resource] = {}
        self._took: Mapping[tuple[str, str], float] = {}

    @property
    def status(self) -> str:
        """The status of the stack itself."""
        return self._stack.status

    @property
    def is_over(self) -> bool:
        """Whether the operation has ended."""
        return self._stack.ended is not None

    def expect(self, changes: Iterable[Change]) -> None:
        """Add the resources that are going to change."""
        self._resources.update(
            {item.logical_id: _Resource(item.logical_id, item.type, _VERBS.get(item.action, "")) for item in changes}
        )

    def learn(self, earlier: Iterable[Event]) -> None:
        """Take the durations for estimates from the events of earlier operations, the newest first."""
        self._took = _durations(list(earlier)[::-1])

    def take(self, event: Event) -> None:
        """Update the progress with a new event."""
        if event.type == _STACK:
            self._stack = self._stack.after(event)
            return
        name = self._name(event)
        before = self._resources.get(name) or _Resource(name, event.type, "")
        self._resources[name] = before.after(event, is_undone="ROLLBACK" in self.status)

    def resources(self, now: float) -> Sequence[ResourceProgress]:
        """Return the progress of each resource, in the order in which they were added.

        :param now: epoch seconds.
        """
        items = list(self._resources.values())
        return [
            ResourceProgress(item.name, item.type, item.status, item.seconds(now), item.is_undone) for item in items
        ]

    def seconds(self, now: float) -> float | None:
        """Return for how many seconds the operation has been running; None if it has not begun."""
        return self._stack.seconds(now)

    def seconds_left(self, now: float) -> float | None:
        """Return an estimate of the seconds that are left; None if there is none, such as for a rollback."""
        if self.status not in _FORWARD:
            return None
        steps: dict[int, float] = {}
        for item in list(self._resources.values()):
            left = 0.0 if item.ended is not None else max(0.0, self._typical(item) - (item.seconds(now) or 0.0))
            steps[_step(item.type)] = max(left, steps.get(_step(item.type), 0.0))
        return sum(steps.values())

    def _name(self, event: Event) -> str:
        # A replaced resource is deleted at the end, under the same logical id as its successor.
        name, before = event.logical_id, self._resources.get(event.logical_id)
        is_former = (
            self.status.endswith("_CLEANUP_IN_PROGRESS") and before and before.status and before.verb != "DELETE"
        )
        return f"{name} (former)" if is_former and event.status.startswith("DELETE_") else name

    def _typical(self, item: _Resource) -> float:
        return self._took.get((item.name, item.verb), TYPICAL.get(item.type, _OTHERS))


def _step(kind: str) -> int:
    return 1 if kind == DISTRIBUTION else 2 if kind in _AFTER_DISTRIBUTION else 0


def _durations(events: Iterable[Event]) -> dict[tuple[str, str], float]:
    resources: dict[str, _Resource] = {}
    took = {}
    for event in events:
        before = resources.get(event.logical_id) or _Resource(event.logical_id, event.type, "")
        item = resources[event.logical_id] = before.after(event)
        if item.ended is not None and event.status.endswith("_COMPLETE"):
            took[item.name, item.verb] = item.ended - item.began
    return took


def slow_step(changes: Iterable[Change]) -> str:
    """Return a sentence on the change that will take long on AWS; empty if there is none."""
    if all(item.type != DISTRIBUTION for item in changes):
        return ""
    return f"The distribution takes about {TYPICAL[DISTRIBUTION] / 60:.0f} minutes (estimate)."

"""What is known of an operation while it goes on: states, times, and how long it may still take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flask_cdn_stack.aws.cloudformation import Change, Event
from flask_cdn_stack.stack.progress import TYPICAL, ResourceProgress, StackProgress, slow_step

_BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
_STACK, _BUCKET = "AWS::CloudFormation::Stack", "AWS::S3::Bucket"
_DISTRIBUTION, _POLICY = "AWS::CloudFront::Distribution", "AWS::S3::BucketPolicy"
_CHANGES = [
    Change("Add", "Bucket", _BUCKET, ""),
    Change("Add", "Distribution", _DISTRIBUTION, ""),
    Change("Add", "BucketPolicy", _POLICY, ""),
]

Told = tuple[float, str, str, str]


def at(seconds: float) -> float:
    """Return a moment of the operation in epoch seconds."""
    return _BEGAN.timestamp() + seconds


def event(seconds: float, name: str, kind: str, status: str) -> Event:
    """Return what happened then."""
    return Event(f"{name}{seconds}", _BEGAN + timedelta(seconds=seconds), name, kind, status, "")


def follow(*told: Told, changes: list[Change] = _CHANGES) -> StackProgress:
    """Return what came of an operation's events."""
    progress = StackProgress()
    progress.expect(changes)
    for item in told:
        progress.take(event(*item))
    return progress


def states(progress: StackProgress, seconds: float) -> list[tuple[str, str, float | None]]:
    """Return name, state and time of each resource."""
    return [(item.name, item.status, item.seconds) for item in progress.resources(at(seconds))]


_BEGINNING: list[Told] = [
    (0, "shop-cdn", _STACK, "CREATE_IN_PROGRESS"),
    (2, "Bucket", _BUCKET, "CREATE_IN_PROGRESS"),
    (5, "Bucket", _BUCKET, "CREATE_IN_PROGRESS"),
]


def test_what_is_planned_is_there_from_the_beginning() -> None:
    """A resource's time goes from its first event to its last, as AWS's clock says."""
    progress = follow(*_BEGINNING)

    assert states(progress, 10) == [
        ("Bucket", "CREATE_IN_PROGRESS", 8),
        ("Distribution", "", None),
        ("BucketPolicy", "", None),
    ]
    assert (progress.status, progress.seconds(at(10)), progress.is_over) == ("CREATE_IN_PROGRESS", 10, False)
    progress.take(event(25, "Bucket", _BUCKET, "CREATE_COMPLETE"))
    assert states(progress, 60)[0] == ("Bucket", "CREATE_COMPLETE", 23)
    # This machine's clock is late.
    progress.take(event(65, "Distribution", _DISTRIBUTION, "CREATE_IN_PROGRESS"))
    assert states(progress, 60)[1] == ("Distribution", "CREATE_IN_PROGRESS", 0)


def test_a_replaced_resource_is_deleted_when_the_rest_is_done() -> None:
    """It has a line of its own then; what was to be removed has one anyway."""
    changes = [
        Change("Modify", "Role", "AWS::IAM::Role", "True"),
        Change("Remove", "Function", "AWS::CloudFront::Function", ""),
    ]
    progress = follow(
        (0, "shop-cdn", _STACK, "UPDATE_IN_PROGRESS"),
        (1, "Role", "AWS::IAM::Role", "UPDATE_IN_PROGRESS"),
        (4, "Role", "AWS::IAM::Role", "UPDATE_COMPLETE"),
        (5, "shop-cdn", _STACK, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        (6, "Role", "AWS::IAM::Role", "DELETE_IN_PROGRESS"),
        (7, "Function", "AWS::CloudFront::Function", "DELETE_IN_PROGRESS"),
        (8, "Function", "AWS::CloudFront::Function", "DELETE_COMPLETE"),
        (9, "Role", "AWS::IAM::Role", "DELETE_COMPLETE"),
        (9, "shop-cdn", _STACK, "UPDATE_COMPLETE"),
        changes=changes,
    )  # fmt: skip

    assert states(progress, 20) == [
        ("Role", "UPDATE_COMPLETE", 3),
        ("Function", "DELETE_COMPLETE", 1),
        ("Role (former)", "DELETE_COMPLETE", 3),
    ]
    assert (progress.seconds(at(20)), progress.is_over) == (9, True)


def test_what_a_failed_creation_made_is_deleted_in_its_own_line() -> None:
    """Nothing is left of it, and the time is the deletion's; nobody knows how long a rollback takes."""
    progress = follow(
        *_BEGINNING,
        (25, "Bucket", _BUCKET, "CREATE_COMPLETE"),
        (30, "Distribution", _DISTRIBUTION, "CREATE_FAILED"),
        (31, "shop-cdn", _STACK, "ROLLBACK_IN_PROGRESS"),
        (32, "Bucket", _BUCKET, "DELETE_IN_PROGRESS"),
        (34, "Bucket", _BUCKET, "DELETE_COMPLETE"),
    )

    assert states(progress, 40)[:2] == [("Bucket", "DELETE_COMPLETE", 2), ("Distribution", "CREATE_FAILED", 0)]
    assert [item.is_undone for item in progress.resources(at(40))] == [True, False, False]
    assert progress.seconds_left(at(40)) is None
    assert progress.seconds(at(40)) == 40


_SLOW, _QUICK = TYPICAL[_DISTRIBUTION], TYPICAL[_BUCKET]


@pytest.mark.parametrize(
    ("told", "now", "left"),
    [
        ([], 0, None),
        (_BEGINNING[:1], 0, _QUICK + _SLOW + 5),
        (_BEGINNING, 12, _QUICK - 10 + _SLOW + 5),
        ([*_BEGINNING, (25, "Bucket", _BUCKET, "CREATE_COMPLETE"),
          (26, "Distribution", _DISTRIBUTION, "CREATE_IN_PROGRESS")], 86, _SLOW - 60 + 5),
        ([*_BEGINNING, (26, "Distribution", _DISTRIBUTION, "CREATE_COMPLETE")], 999, 5),
    ],
)  # fmt: skip
def test_how_long_it_may_still_take(told: list[Told], now: float, left: float | None) -> None:
    """One resource after another, as far as one needs the other, by what each takes."""
    assert follow(*told).seconds_left(at(now)) == left


def test_how_long_it_took_before() -> None:
    """Counts more than what is usual, for the same resource and the same kind of change."""
    progress = follow(
        (0, "shop-cdn", _STACK, "UPDATE_IN_PROGRESS"), changes=[Change("Modify", "Distribution", _DISTRIBUTION, "")]
    )
    earlier = [
        event(-500, "Distribution", _DISTRIBUTION, "CREATE_IN_PROGRESS"),
        event(-400, "Distribution", _DISTRIBUTION, "CREATE_COMPLETE"),
        event(-300, "Distribution", _DISTRIBUTION, "UPDATE_IN_PROGRESS"),
        event(-260, "Distribution", _DISTRIBUTION, "UPDATE_FAILED"),
    ]
    progress.learn(earlier[::-1])
    assert progress.seconds_left(at(0)) == _SLOW

    earlier += [
        event(-200, "Distribution", _DISTRIBUTION, "UPDATE_IN_PROGRESS"),
        event(-50, "Distribution", _DISTRIBUTION, "UPDATE_COMPLETE"),
    ]
    progress.learn(earlier[::-1])
    assert progress.seconds_left(at(0)) == 150


def test_an_operation_that_somebody_else_began() -> None:
    """What it will change is not known; what happens is shown all the same."""
    progress = follow(
        (0, "shop-cdn", _STACK, "DELETE_IN_PROGRESS"), (1, "Bucket", _BUCKET, "DELETE_SKIPPED"), changes=[]
    )

    assert progress.resources(at(5)) == [ResourceProgress("Bucket", _BUCKET, "DELETE_SKIPPED", 0)]


def test_the_slow_step() -> None:
    """A distribution, and nothing else."""
    assert slow_step(_CHANGES) == "The distribution takes about 5 minutes (estimate)."
    assert slow_step(_CHANGES[:1]) == ""

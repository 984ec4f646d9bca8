"""What CloudFormation answers on AWS and no local server does, with prepared answers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from flask_cdn_stack.aws.cloudformation import ChangeSet, Event
from flask_cdn_stack.errors import AWSError, StackFailedError
from flask_cdn_stack.stack.stack_plan import StackPlan, discard_change, execute_change, prepare_change
from flask_cdn_stack.stack.waiting import POLL_SECONDS, StackWaiter
from tests.stack.conftest import ARN, MakeProject, PreparedConnection

PLAN = StackPlan("shop-cdn", "us-east-1", "123456789012", True, ChangeSet("cs", ARN, ()), None)
OLD = ("Old", "CREATE_COMPLETE", "")


def begins(prepared: PreparedConnection) -> None:
    """Prepare that a change set is executed."""
    prepared.events(OLD)
    prepared.stubber.add_response("execute_change_set", {})


def test_a_quota_that_is_met(prepared: PreparedConnection) -> None:
    """Comes with its figure and the way out, before what to do then."""
    begins(prepared)
    prepared.stack("ROLLBACK_COMPLETE")
    kind = "AWS::CloudFront::CachePolicy"
    prepared.events(OLD, ("CachePolicy", "CREATE_FAILED", f"Limit exceeded for resource of type '{kind}'."), kind=kind)

    with pytest.raises(StackFailedError) as caught:
        execute_change(prepared, PLAN, StackWaiter())

    assert caught.value.hint == (
        'Custom cache policies of an account: 20 (CloudFront developer guide, "Quotas"). '
        "With delivery.cache_policy_id the stack uses an existing one.\n"
        "Fix the cause, then run `flask-cdn-stack provision` again."
    )


def test_waiting(prepared: PreparedConnection) -> None:
    """Longer each time up to a limit; each event is told once, in order, while it goes on, earlier ones before it."""
    begins(prepared)
    told: list[tuple[str, str, str]] = []
    for number in range(8):
        told.append(("A", f"CREATE_IN_PROGRESS {number}", ""))
        prepared.stack("CREATE_IN_PROGRESS")
        prepared.events(OLD, *told)
    told.append(("shop-cdn", "CREATE_COMPLETE", ""))
    prepared.stack("CREATE_COMPLETE")
    prepared.events(OLD, *told)
    pauses: list[float] = []
    seen: list[str] = []

    @contextmanager
    def following() -> Iterator[None]:
        seen.append("begins")
        yield
        seen.append("ends")

    def note(events: Iterable[Event]) -> None:
        seen.extend(f"{event.logical_id} before" for event in events)

    waiter = StackWaiter(pauses.append, lambda event: seen.append(event.status), on_earlier=note, following=following)
    execute_change(prepared, PLAN, waiter)

    assert seen == ["Old before", "begins", *(status for _, status, _ in told), "ends"]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1], len(pauses)) == (*POLL_SECONDS, 8)


def test_a_stack_that_vanishes(prepared: PreparedConnection) -> None:
    """Someone deleted it meanwhile."""
    begins(prepared)
    prepared.no_stack()

    with pytest.raises(AWSError, match="vanished"):
        execute_change(prepared, PLAN, StackWaiter())


def test_a_refused_template(prepared: PreparedConnection, make_project: MakeProject) -> None:
    """Says what the validation found, and leaves neither change set nor stack."""
    prepared.no_stack()
    prepared.makes_change_set(Status="FAILED", StatusReason="Validation failed")
    prepared.stack("REVIEW_IN_PROGRESS")
    reasons = [{"ValidationPath": "/Resources/Bucket", "ValidationStatusReason": "exists"}]
    prepared.stubber.add_response("describe_events", {"OperationEvents": reasons})
    prepared.discards()

    message = "^CloudFormation refuses the template: Validation failed\n  /Resources/Bucket: exists"
    with pytest.raises(StackFailedError, match=message):
        prepare_change(prepared, make_project(), "{}", StackWaiter())


@pytest.mark.parametrize("seconds", [1.2, -3600.0])
def test_a_look_that_is_stale(prepared: PreparedConnection, seconds: float) -> None:
    """Is taken again: this machine slept, or its clock was set. After some looks the stack stays."""
    prepared.stubber.add_response("delete_change_set", {}, {"ChangeSetName": "cs"})
    for _ in range(5):
        prepared.stubber.add_response("list_change_sets", {"Summaries": []}, {"StackName": ARN})
        prepared.stack("REVIEW_IN_PROGRESS")
    times = itertools.count(0, seconds)

    kept = discard_change(prepared, PLAN, StackWaiter(clock=lambda: next(times)))

    assert kept == "The stack shop-cdn stays as it is: CloudFormation answers too slowly to be sure of it."


def test_a_change_set_that_is_interrupted(prepared: PreparedConnection, make_project: MakeProject) -> None:
    """Ctrl-C while it is worked out takes it back."""
    prepared.no_stack()
    prepared.makes_change_set(Status="CREATE_IN_PROGRESS")
    prepared.discards()

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_change(prepared, make_project(), "{}", StackWaiter(sleep=interrupt))

"""Two first runs at once: whatever order their requests come in, a stack that anyone executed is never deleted."""

from __future__ import annotations

from typing import cast

import pytest

from flask_cdn_stack.aws.cloudformation import CloudFormation, Stack
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import StackFailedError
from flask_cdn_stack.naming import PROJECT_TAG
from flask_cdn_stack.stack.deletion import delete_dead_stack
from flask_cdn_stack.stack.stack_plan import prepare_change
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.stack.fake_cloudformation import FakeConnection, Faulty, Service, every_end
from tests.stack.first_runs import PROJECT, TEMPLATE, Clock, Sleep, carry_out, decline, recover


def decline_blindly(fake: FakeConnection, sleep: Sleep, clock: Clock) -> object:
    """Do as a program would that does not look at what it deletes."""
    connection, waiting = cast("Connection", fake), StackWaiter(sleep, clock=clock)
    plan = prepare_change(connection, PROJECT, TEMPLATE, waiting)
    assert plan.change_set
    CloudFormation(connection).delete_stack(plan.change_set.stack_id)
    return ""


YES, NO = Faulty(carry_out), Faulty(decline)
REPEATED = Faulty(carry_out, "execute_change_set")
UNANSWERED = Faulty(carry_out, "execute_change_set", repeated=False)


@pytest.mark.parametrize(
    ("first", "second"), [(YES, YES), (YES, NO), (REPEATED, NO), (UNANSWERED, YES), (UNANSWERED, NO)]
)
def test_what_was_executed_stays(first: Faulty, second: Faulty) -> None:
    """Whoever executed it, and whether the answer came or not; who is told that it is there finds it there."""
    ends = list(every_end(first, second))

    assert len(ends) > 10
    for world in ends:
        assert world.service.killed == []
        endings = [run.end for run in world.runs]
        created = [found for found in endings if isinstance(found, Stack)]
        assert len(world.service.living()) == (1 if created else 0), endings
        others = [found for found in endings if not isinstance(found, Stack | str)]
        assert all(isinstance(found, StackFailedError) for found in others), others


def delete_dead(fake: FakeConnection, sleep: Sleep, clock: Clock) -> object:
    """Delete what is left of a failed creation, and do no more."""
    waiting = StackWaiter(sleep, clock=clock)
    return delete_dead_stack(CloudFormation(cast("Connection", fake)), "dead", "ROLLBACK_COMPLETE", waiting)


@pytest.mark.parametrize("second", [Faulty(delete_dead), Faulty(delete_dead, "delete_stack")])
def test_who_deletes_what_is_dead(second: Faulty) -> None:
    """Never deletes what another run has made in its place meanwhile."""
    tags = [{"Key": PROJECT_TAG, "Value": PROJECT.name}]
    dead = {"StackName": "shop-cdn", "StackId": "dead", "StackStatus": "ROLLBACK_COMPLETE", "Tags": tags}
    service = Service(stacks={"dead": {**dead, "TemplateBody": TEMPLATE}})

    ends = list(every_end(Faulty(recover), second, service=service))

    assert len(ends) > 3
    for world in ends:
        assert world.service.killed == []
        assert [stack["StackStatus"] for stack in world.service.living()] == ["CREATE_COMPLETE"]


def test_who_leaves_last_leaves_nothing() -> None:
    """Two runs that are both declined."""
    for world in every_end(NO, NO):
        assert world.service.living() == []


def test_the_search_finds_what_it_looks_for() -> None:
    """A program that does not look deletes a living stack in some order."""
    assert any(world.service.killed for world in every_end(YES, Faulty(decline_blindly)))

"""Creating and updating the stack, against the local AWS."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.aws.cloudformation import CloudFormation, Event, Stack
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import RefusedError, StackFailedError
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.naming import PROJECT_TAG
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Project, Settings
from flask_cdn_stack.stack.recovery import Recovery
from flask_cdn_stack.stack.stack_plan import discard_change, execute_change, prepare_change
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.stack.conftest import MakeProject

CAUSE = "The specified cache policy does not exist. (NoSuchCachePolicy: 00000000-0000-0000-0000-000000000000)"


def template(project: Project, *, broken: bool = False) -> str:
    """Return the project's template; a broken one names a cache policy that no account has."""
    text = render_template(project.settings)
    broken_text = text.replace(
        "CachePolicyId: !Ref 'CachePolicy'", "CachePolicyId: 00000000-0000-0000-0000-000000000000"
    )
    assert broken_text != text
    return broken_text if broken else text


def provision(connection: Connection, project: Project, waiting: StackWaiter, *, broken: bool = False) -> Stack:
    plan = prepare_change(connection, project, template(project, broken=broken), waiting, lambda recovery: None)
    return execute_change(connection, plan, waiting)


def refuse(recovery: Recovery) -> None:
    raise RefusedError(f"{recovery.stack.name} stays.")


def living_stacks(client: Any) -> dict[str, str]:
    pages = client.get_paginator("list_stacks").paginate()
    found = [item for page in pages for item in page["StackSummaries"]]
    return {item["StackName"]: item["StackStatus"] for item in found if item["StackStatus"] != "DELETE_COMPLETE"}


def change_sets(client: Any, project: Project) -> list[str]:
    """Return the change sets that wait to be executed."""
    found = client.list_change_sets(StackName=project.stack)["Summaries"]
    return [item["ChangeSetName"] for item in found if item["ExecutionStatus"] == "AVAILABLE"]


def test_create(
    connection: Connection, client: Any, make_project: MakeProject, waiting: StackWaiter, events: list[Event]
) -> None:
    """The plan says what comes, the events say that it came, and the stack says whose it is."""
    project = make_project(Settings(tags={"team": "web"}))
    plan = prepare_change(connection, project, template(project), waiting)

    assert plan.creates
    assert plan.before is None
    assert (plan.stack, plan.region, plan.account) == (project.stack, "us-east-1", "000000000000")
    assert {(change.action, change.logical_id) for change in plan.changes} >= {
        ("Add", "Bucket"),
        ("Add", "Distribution"),
    }
    assert not events

    stack = execute_change(connection, plan, waiting)
    assert stack.status == "CREATE_COMPLETE"
    assert stack.tags == {"team": "web", PROJECT_TAG: "shop"}
    assert {"CdnDomain", "DistributionId", "BucketName"} <= set(stack.outputs)
    assert living_stacks(client)[project.stack] == "CREATE_COMPLETE"
    times = [event.time for event in events]
    assert times == sorted(times)
    assert len({event.id for event in events}) == len(events)
    assert (events[-1].logical_id, events[-1].status) == (project.stack, "CREATE_COMPLETE")


def test_a_discarded_update_leaves_the_stack(
    connection: Connection, client: Any, make_project: MakeProject, waiting: StackWaiter
) -> None:
    """As it was, without the change set."""
    provision(connection, make_project(), waiting)
    project = make_project(Settings(delivery=Delivery(ipv6=False)))
    plan = prepare_change(connection, project, template(project), waiting)
    assert len(change_sets(client, project)) == 1

    assert discard_change(connection, plan, waiting) == ""
    assert change_sets(client, project) == []
    assert living_stacks(client)[project.stack] == "CREATE_COMPLETE"


def test_a_failed_creation(
    connection: Connection, client: Any, make_project: MakeProject, waiting: StackWaiter
) -> None:
    """Says the first cause first; a dry run refuses what is left, the next run replaces it."""
    project = make_project()
    with pytest.raises(StackFailedError) as caught:
        provision(connection, project, waiting, broken=True)

    lines = caught.value.message.splitlines()
    assert lines[0] == f"The stack {project.stack} failed; what was done has been undone. First cause:"
    assert lines[1].startswith("  Distribution (AWS::CloudFront::Distribution): ")
    assert lines[1].endswith(CAUSE)
    assert caught.value.exit_code == 1
    assert living_stacks(client)[project.stack] == "ROLLBACK_COMPLETE"

    with pytest.raises(StackFailedError, match="ROLLBACK_COMPLETE") as caught:
        prepare_change(connection, project, template(project), waiting)
    assert "`flask-cdn-stack provision`" in caught.value.hint
    with pytest.raises(RefusedError):
        prepare_change(connection, project, template(project), waiting, refuse)
    assert living_stacks(client)[project.stack] == "ROLLBACK_COMPLETE"

    assert provision(connection, project, waiting).status == "CREATE_COMPLETE"


def test_a_failed_update(
    connection: Connection, client: Any, make_project: MakeProject, waiting: StackWaiter, events: list[Event]
) -> None:
    """Is undone; what was there serves on, and the next update works."""
    before = provision(connection, make_project(), waiting)
    with pytest.raises(StackFailedError, match="what was done has been undone") as caught:
        provision(connection, make_project(), waiting, broken=True)

    assert caught.value.message.splitlines()[1].endswith(CAUSE)
    after = CloudFormation(connection).describe_stack(before.id)
    assert after is not None
    assert (after.status, after.outputs) == ("UPDATE_ROLLBACK_COMPLETE", before.outputs)

    project = make_project(Settings(delivery=Delivery(ipv6=False)))
    assert provision(connection, project, waiting).status == "UPDATE_COMPLETE"

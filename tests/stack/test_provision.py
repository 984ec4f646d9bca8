"""Creating and updating the stack, against the local AWS."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.aws.cloudformation import CloudFormation, Stack
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import RefusedError, StackFailedError
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Project, Settings
from flask_cdn_stack.stack.recovery import Recovery
from flask_cdn_stack.stack.stack_plan import execute_change, prepare_change
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

    with pytest.raises(StackFailedError, match="ROLLBACK_COMPLETE") as caught:
        prepare_change(connection, project, template(project), waiting)
    assert "`flask-cdn-stack provision`" in caught.value.hint
    with pytest.raises(RefusedError):
        prepare_change(connection, project, template(project), waiting, refuse)
    (left,) = client.describe_stacks(StackName=project.stack)["Stacks"]
    assert left["StackStatus"] == "ROLLBACK_COMPLETE"

    assert provision(connection, project, waiting).status == "CREATE_COMPLETE"


def test_a_failed_update(connection: Connection, make_project: MakeProject, waiting: StackWaiter) -> None:
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

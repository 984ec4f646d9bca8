"""Stacks with access logs, made and changed on a local AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import StackFailedError
from flask_cdn_stack.infrastructure.template import build_template, render_template
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.stack.stack_plan import execute_change, prepare_change
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.stack.conftest import MakeProject

V2 = Settings(delivery=Delivery(logs="v2"))


def test_logs_come_and_go(connection: Connection, make_project: MakeProject, waiting: StackWaiter) -> None:
    """With a stack, and out of it again."""
    types = []
    for settings in (V2, Settings()):
        project = make_project(settings)
        plan = prepare_change(connection, project, render_template(settings), waiting)
        types.append({(change.action, change.type) for change in plan.changes if "::Logs::" in change.type})
        assert execute_change(connection, plan, waiting).status.endswith("E_COMPLETE")

    kinds = ("AWS::Logs::Delivery", "AWS::Logs::DeliveryDestination", "AWS::Logs::DeliverySource")
    assert types == [{("Add", kind) for kind in kinds}, {("Remove", kind) for kind in kinds}]


def forget_policy(resources: dict[str, Any]) -> None:
    del resources["LogBucketPolicy"]
    del resources["LogDelivery"]["DependsOn"]


def log_elsewhere(resources: dict[str, Any]) -> None:
    resources["LogSource"]["Properties"]["ResourceArn"] = "arn:aws:cloudfront::000000000000:distribution/E0"


def write_another_format(resources: dict[str, Any]) -> None:
    resources["LogDestination"]["Properties"]["OutputFormat"] = "csv"


@pytest.mark.parametrize(
    ("break_it", "cause"),
    [
        (forget_policy, "does not let the logs of"),
        (log_elsewhere, "There is no resource"),
        (write_another_format, "csv is no output format"),
    ],
)
def test_a_delivery_that_does_not_fit(
    connection: Connection,
    make_project: MakeProject,
    waiting: StackWaiter,
    break_it: Callable[[dict[str, Any]], None],
    cause: str,
) -> None:
    """Fails the stack: what the other tests accept was looked at."""
    template = build_template(V2)
    break_it(template["Resources"])
    plan = prepare_change(connection, make_project(V2), json.dumps(template), waiting)

    with pytest.raises(StackFailedError, match=cause):
        execute_change(connection, plan, waiting)

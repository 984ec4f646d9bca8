"""Requests to CloudFormation for a stack that is stuck: its failed resources, and the ways to recover it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from .cloudformation import Stack
from .failures import translate_errors
from .session import Connection


class StackResource(NamedTuple):
    """One resource of a stack as CloudFormation lists it; ``physical_id`` is its name or id in its own service.

    ``drift`` is ``MODIFIED`` or ``DELETED`` if it was found to be changed outside of the stack.
    """

    logical_id: str
    type: str
    physical_id: str
    status: str
    reason: str
    drift: str = ""


def list_resources(connection: Connection, stack: Stack) -> tuple[StackResource, ...]:
    """Return the resources of a stack (CloudFormation API reference, "ListStackResources")."""
    found: list[StackResource] = []
    with translate_errors("cloudformation:ListStackResources", f"stack {stack.name}"):
        pages = connection.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.id)
        for page in pages:
            found += [_resource(item) for item in page["StackResourceSummaries"]]
    return tuple(found)


def continue_rollback(connection: Connection, stack: Stack, skipped: Sequence[str], role_arn: str | None) -> None:
    """Continue the rollback of an update that is stuck, and skip resources.

    CloudFormation counts skipped resources as rolled back, whatever state they are in (CloudFormation API reference,
    "ContinueUpdateRollback").
    """
    skipping = {"ResourcesToSkip": list(skipped)} if skipped else {}
    with translate_errors("cloudformation:ContinueUpdateRollback", f"stack {stack.name}"):
        connection.client("cloudformation").continue_update_rollback(
            StackName=stack.id, ClientRequestToken=_token(), **skipping, **_role(role_arn)
        )


def roll_back(connection: Connection, stack: Stack, role_arn: str | None) -> None:
    """Roll back an update that failed and was kept as it was (CloudFormation API reference, "RollbackStack")."""
    with translate_errors("cloudformation:RollbackStack", f"stack {stack.name}"):
        connection.client("cloudformation").rollback_stack(
            StackName=stack.id, ClientRequestToken=_token(), **_role(role_arn)
        )


def set_protection(connection: Connection, stack: Stack, is_protected: bool) -> None:
    """Turn a stack's termination protection on or off."""
    with translate_errors("cloudformation:UpdateTerminationProtection", f"stack {stack.name}"):
        connection.client("cloudformation").update_termination_protection(
            StackName=stack.id, EnableTerminationProtection=is_protected
        )


def _token() -> str:
    # botocore retries unanswered requests; by the token, CloudFormation recognises one that it has had already.
    return f"flask-cdn-stack-{uuid.uuid4().hex}"


def _role(role_arn: str | None) -> dict[str, str]:
    return {"RoleARN": role_arn} if role_arn else {}


def _resource(item: dict[str, Any]) -> StackResource:
    return StackResource(
        item["LogicalResourceId"],
        item["ResourceType"],
        item.get("PhysicalResourceId", ""),
        item["ResourceStatus"],
        item.get("ResourceStatusReason", ""),
        item.get("DriftInformation", {}).get("StackResourceDriftStatus", ""),
    )

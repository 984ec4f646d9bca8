"""Finds what went wrong with a change set or a stack, as plain values.

``DescribeEvents`` groups events by operation, and includes the findings of hooks and of the validation before
deployment; a change set's own status reason only names those (CloudFormation user guide, "Validate stack deployments").
By a stack's name alone it returns the newest operation, which after a failure is the rollback, without failures. So it
is called with the operation's id (CloudFormation API reference, ``DescribeStacks``, ``LastOperations``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..errors import AWSError
from .cloudformation import Event, Stack, failed_hook
from .failures import translate_errors
from .patience import Patience
from .session import Connection

STACK = "AWS::CloudFormation::Stack"

# DescribeEvents, OperationType: the operations that were requested. The rollback is an operation of its own.
_CHANGES = ("CREATE_STACK", "UPDATE_STACK")


class Problem(NamedTuple):
    """What was refused or failed, and why.

    :param place: a path within the template, or the resource's logical id.
    :param type: the type of the resource; empty if it is not known.
    :param check: the validation or the hook that refused it.
    """

    place: str
    type: str
    reason: str
    check: str = ""

    def __str__(self) -> str:
        of_type = f" ({self.type})" if self.type and not self.place.startswith("/") else ""
        where = f"{self.place}{of_type}: " if self.place else ""
        return f"{where}{self.reason}{f' [{self.check}]' if self.check else ''}"


def read_change_set_problems(connection: Connection, change_set_id: str, patience: Patience) -> list[Problem]:
    """Return everything that was found wrong with a change set, the oldest first.

    :param change_set_id: its ARN; by its name alone it is not found.
    :raises AWSError: the events cannot be read, or boto3 is too old for that.
    """
    return _read_problems(connection, patience, ChangeSetName=change_set_id)


def read_stack_problems(connection: Connection, stack: Stack, patience: Patience) -> list[Problem]:
    """Return what failed in a stack's last change, or in its deletion.

    If the service names no operations, it is called with the stack's id, which after a rollback returns nothing.

    :raises AWSError: the events cannot be read, or boto3 is too old for that.
    """
    # A stack may be deleted because it failed; that operation is not the cause.
    wanted = ("DELETE_STACK",) if stack.status == "DELETE_FAILED" else _CHANGES
    last = next((operation.id for operation in stack.operations if operation.type in wanted), None)
    return _read_problems(connection, patience, **({"OperationId": last} if last else {"StackName": stack.id}))


def find_problems(events: Iterable[Event]) -> list[Problem]:
    """Return what failed in a stack's events, without the stack itself.

    :param events: the oldest first.
    """
    failed = (event for event in events if event.hook or (event.status.endswith("_FAILED") and event.type != STACK))
    return _once(Problem(event.logical_id, event.type, event.reason, event.hook) for event in failed)


def _read_problems(connection: Connection, patience: Patience, **which: str) -> list[Problem]:
    client = connection.client("cloudformation")
    if not hasattr(client, "describe_events"):
        raise AWSError("This boto3 cannot ask for them.", "Install a newer one: pip install --upgrade boto3")
    events: list[dict[str, Any]] = []
    token: dict[str, str] = {}

    def read() -> dict[str, Any]:
        with translate_errors("cloudformation:DescribeEvents", *which.values()):
            return dict(client.describe_events(**which, Filters={"FailedEvents": True}, **token))

    while True:
        page = patience.ask(connection, read)
        events += page.get("OperationEvents", ())
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    # The newest come first, and some have the same time.
    events.reverse()
    events.sort(key=_seconds)
    return _once(problem for item in events for problem in _judge(item))


def _seconds(item: dict[str, Any]) -> float:
    return float(item["Timestamp"].timestamp()) if "Timestamp" in item else 0.0


def _judge(item: dict[str, Any]) -> Iterator[Problem]:
    """Yield what an event of DescribeEvents says went wrong, without mere warnings."""
    name, kind = item.get("LogicalResourceId", ""), item.get("ResourceType", "")
    if reason := item.get("ValidationStatusReason"):
        if item.get("ValidationFailureMode") != "WARN":
            yield Problem(item.get("ValidationPath") or name, kind, reason, item.get("ValidationName", ""))
    elif hook := failed_hook(item):
        yield Problem(name, kind, item.get("HookStatusReason") or "refused without a reason", hook)
    elif kind != STACK and (item.get("ResourceStatus", "").endswith("_FAILED") or _is_provisioning_error(item)):
        yield Problem(name, kind, item.get("ResourceStatusReason", ""))


def _is_provisioning_error(item: dict[str, Any]) -> bool:
    return item.get("EventType") == "PROVISIONING_ERROR" and bool(item.get("ResourceStatusReason"))


def _once(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))

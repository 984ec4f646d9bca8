"""What a stack consists of, which stack a resource belongs to, and stacks that are deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..errors import AWSError
from .failures import translate_errors
from .session import Connection

#: States of a resource that is in the stack no more.
GONE = {"DELETE_COMPLETE", "DELETE_SKIPPED"}


class StackResource(NamedTuple):
    """A resource of a stack; ``id`` is how it is known outside of the stack, empty where it was not made."""

    logical_id: str
    type: str
    id: str
    status: str = ""


def list_resources(connection: Connection, stack_id: str) -> tuple[StackResource, ...]:
    """Return what a stack consists of.

    :raises AWSError: AWS refused or could not be reached.
    """
    pages = _list(connection, "ListStackResources", StackName=stack_id)
    return tuple(_resource(item) for page in pages for item in page["StackResourceSummaries"])


def find_owning_stack(connection: Connection, physical_id: str) -> str | None:
    """Return the name of the stack that a resource of this region belongs to, None where it is in no stack.

    :raises AWSError: AWS refused or could not be reached.
    """
    try:
        with translate_errors("cloudformation:DescribeStackResources", physical_id):
            answer = connection.client("cloudformation").describe_stack_resources(PhysicalResourceId=physical_id)
    except AWSError as error:
        if "does not exist" in error.message:
            return None
        raise
    # Of deleted stacks it tells for 90 days.
    found = (item for item in answer["StackResources"] if item["ResourceStatus"] not in GONE)
    return next((str(item["StackName"]) for item in found if item.get("PhysicalResourceId") == physical_id), None)


def find_deleted_stack(connection: Connection, name: str) -> str | None:
    """Return the id of the stack of a name that was deleted last, None where there was none for 90 days.

    (CloudFormation API reference, "ListStacks".)

    :raises AWSError: AWS refused or could not be reached.
    """
    found = [
        item
        for page in _list(connection, "ListStacks", StackStatusFilter=["DELETE_COMPLETE"])
        for item in page["StackSummaries"]
        if item["StackName"] == name
    ]
    newest = max(found, key=lambda item: item.get("DeletionTime") or item["CreationTime"], default=None)
    return newest and str(newest["StackId"])


def _list(connection: Connection, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    with translate_errors(f"cloudformation:{operation}", parameters.get("StackName", "")):
        method = {"ListStacks": "list_stacks", "ListStackResources": "list_stack_resources"}[operation]
        yield from connection.client("cloudformation").get_paginator(method).paginate(**parameters)


def _resource(item: dict[str, Any]) -> StackResource:
    return StackResource(
        item["LogicalResourceId"], item["ResourceType"], item.get("PhysicalResourceId", ""), item["ResourceStatus"]
    )

"""Finds the stack that a resource belongs to, and deleted stacks."""

from __future__ import annotations

from ..errors import AWSError
from .failures import translate_errors
from .session import Connection

#: States of a resource that is no longer in the stack.
GONE = {"DELETE_COMPLETE", "DELETE_SKIPPED"}


def find_owning_stack(connection: Connection, physical_id: str) -> str | None:
    """Return the name of the stack that a resource of this region belongs to; None if it is in no stack.

    :raises AWSError: AWS refused or could not be reached.
    """
    try:
        with translate_errors("cloudformation:DescribeStackResources", physical_id):
            answer = connection.client("cloudformation").describe_stack_resources(PhysicalResourceId=physical_id)
    except AWSError as error:
        if "does not exist" in error.message:
            return None
        raise
    # The answer includes stacks that were deleted in the last 90 days.
    found = (item for item in answer["StackResources"] if item["ResourceStatus"] not in GONE)
    return next((str(item["StackName"]) for item in found if item.get("PhysicalResourceId") == physical_id), None)


def find_deleted_stack(connection: Connection, name: str) -> str | None:
    """Return the id of the last deleted stack with a name; None if none was deleted in the last 90 days.

    (CloudFormation API reference, "ListStacks".)

    :raises AWSError: AWS refused or could not be reached.
    """
    found = []
    with translate_errors("cloudformation:ListStacks"):
        pages = connection.client("cloudformation").get_paginator("list_stacks")
        for page in pages.paginate(StackStatusFilter=["DELETE_COMPLETE"]):
            found += [item for item in page["StackSummaries"] if item["StackName"] == name]
    newest = max(found, key=lambda item: item.get("DeletionTime") or item["CreationTime"], default=None)
    return newest and str(newest["StackId"])

"""Stacks and change sets as AWS has them, where MiniStack makes a run's mistake look harmless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers, provisioners

_Parameters = Mapping[str, Any]
_Answer = tuple[int, Mapping[str, str], bytes]
_Handler = Callable[[_Parameters], _Answer]


def apply() -> None:
    """Keep the id of a stack under review, list change sets by the stack's id, hand on tags, and refuse in AWS's words.

    The stack of a resource is found by the resource.

    ``Stack.StackId`` is "unique" and stays as long as the stack does; ExecuteChangeSet answers InvalidChangeSetStatus
    to a repeat, and a stack in ROLLBACK_COMPLETE takes no change set (CloudFormation API reference). A change set that
    alters nothing but outputs can be executed, and lists no change.
    """
    operations = handlers._ACTION_HANDLERS
    operations["CreateChangeSet"] = _create_change_set(_find_outputs(operations["CreateChangeSet"]))
    operations["ExecuteChangeSet"] = _execute_change_set(operations["ExecuteChangeSet"])
    operations["ListChangeSets"] = _list_change_sets(operations["ListChangeSets"])
    operations["DescribeStackResources"] = _describe_resources(operations["DescribeStackResources"])
    # CloudFormation user guide, "Resource tag": a stack's tags are those of its buckets too.
    provisioners._STACK_TAG_PROPERTY["AWS::S3::Bucket"] = ("Tags", "list")


def _create_change_set(create: _Handler) -> _Handler:
    def create_strictly(parameters: _Parameters) -> _Answer:
        stack = handlers._resolve_stack(first(parameters, "StackName"))
        if stack is None or first(parameters, "ChangeSetType") != "CREATE":
            return create(parameters)
        if stack["StackStatus"] == "ROLLBACK_COMPLETE":
            return refuse(f"Stack:{stack['StackId']} is in ROLLBACK_COMPLETE state and can not be updated.")
        if stack["StackStatus"] not in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
            change_set = first(parameters, "ChangeSetName")
            return refuse(
                f"Stack [{stack['StackName']}] already exists and cannot be created again with the changeSet "
                f"[{change_set}]."
            )
        return _create_in(stack, create, parameters)

    return create_strictly


def _find_outputs(create: _Handler) -> _Handler:
    def create_strictly(parameters: _Parameters) -> _Answer:
        stack = handlers._resolve_stack(first(parameters, "StackName"))
        status, headers, body = create(parameters)
        name = first(parameters, "ChangeSetName")
        for made in cloudformation._change_sets.values():
            if stack and made["ChangeSetName"] == name and "didn't contain changes" in made["StatusReason"]:
                before, after = stack.get("_template", {}), made["_template"]
                if before.get("Outputs") != after.get("Outputs"):
                    made.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")
        return status, headers, body

    return create_strictly


def _create_in(stack: dict[str, Any], create: _Handler, parameters: _Parameters) -> _Answer:
    """Create a change set in a stack under review, for which MiniStack makes another in its place."""
    name, kept = stack["StackName"], stack["StackId"]
    if stack["StackStatus"] != "REVIEW_IN_PROGRESS":
        return create(parameters)
    events = cloudformation._stack_events[kept]
    status, headers, body = create({**parameters, "StackName": [name]})
    if status != 200:
        cloudformation._stacks[name], cloudformation._stack_events[kept] = stack, events
        return status, headers, body
    made = cloudformation._stacks[name]["StackId"]
    for change_set in cloudformation._change_sets.values():
        if change_set["StackId"] == made:
            change_set["StackId"] = kept
    cloudformation._stack_events.pop(made, None)
    cloudformation._stacks[name] = stack
    return status, headers, body.replace(made.encode(), kept.encode())


def _execute_change_set(execute: _Handler) -> _Handler:
    def execute_strictly(parameters: _Parameters) -> _Answer:
        name = first(parameters, "ChangeSetName")
        change_set = cloudformation._change_sets.get(name)
        if change_set is not None and change_set["ExecutionStatus"] != "AVAILABLE":
            status = change_set["ExecutionStatus"]
            return refuse(
                f"ChangeSet [{name}] cannot be executed in its current execution status of [{status}]",
                "InvalidChangeSetStatus",
            )
        return execute(parameters)

    return execute_strictly


def _list_change_sets(list_all: _Handler) -> _Handler:
    def list_strictly(parameters: _Parameters) -> _Answer:
        asked = first(parameters, "StackName")
        stack = handlers._resolve_stack(asked)
        if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
            return refuse(f"Stack [{asked}] does not exist")
        return list_all({**parameters, "StackName": [stack["StackName"]]})

    return list_strictly


def _describe_resources(describe: _Handler) -> _Handler:
    """Find the stack that a resource belongs to, by the name that the resource has outside of it."""

    def describe_strictly(parameters: _Parameters) -> _Answer:
        asked = first(parameters, "PhysicalResourceId")
        if not asked:
            return describe(parameters)
        for stack in cloudformation._stacks.values():
            held = stack.get("_resources", {}).values()
            if stack["StackStatus"] != "DELETE_COMPLETE" and asked in {item["PhysicalResourceId"] for item in held}:
                return describe({**parameters, "StackName": [stack["StackName"]]})
        return refuse(f"Stack for {asked} does not exist")

    return describe_strictly


def first(parameters: _Parameters, key: str) -> str:
    """Return a parameter of a request, or nothing."""
    value = parameters.get(key)
    return str((value[0] if isinstance(value, list) else value) or "")


def refuse(message: str, code: str = "ValidationError") -> _Answer:
    """Return an error of CloudFormation's."""
    body = (
        '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{escape(message)}</Message></Error><RequestId>strict</RequestId></ErrorResponse>"
    )
    return 400, {"Content-Type": "text/xml"}, body.encode()

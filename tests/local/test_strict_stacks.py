"""The server for tests keeps stacks and change sets as AWS does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flask_cdn_stack.local.launcher import LocalAWS
from tests.local.published_site import client

_TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


def _ask(stacks: Any, stack: str, name: str, body: str = _TEMPLATE) -> tuple[str, str]:
    answer = stacks.create_change_set(StackName=stack, ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=body)
    return answer["Id"], answer["StackId"]


def _listed(stacks: Any, stack: str) -> set[str]:
    return {item["ChangeSetId"] for item in stacks.list_change_sets(StackName=stack)["Summaries"]}


def _status(stacks: Any, stack: str) -> str:
    return str(stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])


def test_a_stack_under_review_stays_the_same(strict_aws: LocalAWS) -> None:
    """With each further change set, one that is refused, and the one that is executed, which ends the others."""
    stacks = client(strict_aws, "cloudformation")
    first, stack = _ask(stacks, "reviewed", "first")
    second, same = _ask(stacks, "reviewed", "second")

    assert same == stack
    assert _listed(stacks, stack) == _listed(stacks, "reviewed") == {first, second}
    with pytest.raises(ClientError, match="Template"):
        _ask(stacks, "reviewed", "broken", "{")
    assert _listed(stacks, stack) == {first, second}

    stacks.execute_change_set(ChangeSetName=second)
    stacks.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 50})
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        stacks.execute_change_set(ChangeSetName=first)
    with pytest.raises(ClientError, match=r"InvalidChangeSetStatus.*execution status of \[EXECUTE_COMPLETE\]"):
        stacks.execute_change_set(ChangeSetName=second)


def test_a_stack_under_review_is_deleted_by_its_id(strict_aws: LocalAWS) -> None:
    """With its change sets; the next one of that name is another."""
    stacks = client(strict_aws, "cloudformation")
    _, stack = _ask(stacks, "short", "first")
    stacks.delete_stack(StackName=stack)
    stacks.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 50})
    for name in ("short", stack):
        with pytest.raises(ClientError, match="does not exist"):
            stacks.list_change_sets(StackName=name)
    _, other = _ask(stacks, "short", "first")

    assert other != stack
    stacks.delete_stack(StackName=stack)
    assert _status(stacks, "short") == "REVIEW_IN_PROGRESS"

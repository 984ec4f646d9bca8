"""Stacks and change sets as values."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from flask_cdn_stack.aws.cloudformation import Change, ChangeSet, CloudFormation, Stack
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import AWSError, StackFailedError
from tests.aws.conftest import MakeStubbed

ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop-cdn/1"
TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"Out": {"Value": "one"}}})


def wait_for(find: Callable[[], Any]) -> Any:
    """Return what is found as soon as something is."""
    for _ in range(500):
        if found := find():
            return found
        time.sleep(0.02)
    raise TimeoutError


def change(cloudformation: CloudFormation, name: str, *, create: bool, template: str = TEMPLATE) -> ChangeSet:
    prepared = cloudformation.create_change_set(
        "values", name, template, create=create, tags={"b": "2", "a": "1"}, token=name
    )
    assert cloudformation.find_change_set("values", name) == prepared
    found: ChangeSet = wait_for(lambda: cloudformation.describe_change_set(prepared.id))
    assert found.stack_id == prepared.stack_id
    return found


def finish(cloudformation: CloudFormation, stack: str) -> str:
    def status() -> str | None:
        found = cloudformation.describe_stack(stack)
        return None if found and found.status.endswith("_IN_PROGRESS") else found.status if found else "absent"

    return str(wait_for(status))


def test_a_stacks_life(connection: Connection) -> None:
    """Absent, under review, created, as it was told, unchanged, gone."""
    cloudformation = CloudFormation(connection)
    assert cloudformation.describe_stack("values") is None

    first = change(cloudformation, "first", create=True)
    assert (first.changes, first.failure) == ((Change("Add", "Topic", "AWS::SNS::Topic", ""),), "")
    under_review = cloudformation.describe_stack("values")
    assert under_review is not None
    assert under_review.status == "REVIEW_IN_PROGRESS"
    assert under_review.id == first.stack_id

    assert cloudformation.list_change_sets(first.stack_id) == {first.id}
    assert cloudformation.find_execution(first.id) == "AVAILABLE"
    cloudformation.execute_change_set(first.id, token="first")
    assert finish(cloudformation, first.stack_id) == "CREATE_COMPLETE"
    stack = cloudformation.describe_stack("values")
    assert stack is not None
    assert (stack.name, stack.outputs, stack.tags) == ("values", {"Out": "one"}, {"a": "1", "b": "2"})
    assert stack.account == "000000000000"

    assert cloudformation.find_execution(first.id) == "EXECUTE_COMPLETE"
    events = list(cloudformation.events("values"))
    assert "first" in {event.token for event in events}
    assert len({event.id for event in events}) == len(events)
    newest_first = [(event.logical_id, event.status) for event in events]
    assert newest_first[0] == ("values", "CREATE_COMPLETE")
    assert newest_first.index(("Topic", "CREATE_COMPLETE")) < newest_first.index(("Topic", "CREATE_IN_PROGRESS"))

    same = change(cloudformation, "same", create=False)
    assert same.is_empty
    cloudformation.delete_change_set(same.id)
    summaries = connection.client("cloudformation").list_change_sets(StackName="values")["Summaries"]
    assert "same" not in [summary["ChangeSetName"] for summary in summaries]

    cloudformation.delete_stack(first.stack_id)
    assert finish(cloudformation, first.stack_id) == "DELETE_COMPLETE"
    assert cloudformation.list_change_sets(first.stack_id) == set()
    assert cloudformation.describe_stack("values") is None


def test_what_cannot_be_done(connection: Connection) -> None:
    """Names the operation and the stack."""
    cloudformation = CloudFormation(connection)

    with pytest.raises(AWSError, match=r"cloudformation:CreateChangeSet on stack values failed: .*Template"):
        change(cloudformation, "broken", create=True, template="{")
    with pytest.raises(StackFailedError, match="The change set nowhere is gone"):
        cloudformation.describe_change_set("nowhere")
    assert cloudformation.find_execution("nowhere") is None
    assert cloudformation.find_change_set("no-stack", "nowhere") is None


def test_other_errors_than_absence(stubbed: MakeStubbed) -> None:
    """Do not make a stack absent, or provision would try to create it."""
    connection, stubber = stubbed("cloudformation")
    stubber.add_client_error("describe_stacks", "ValidationError", "Stack with id shop-cdn does not exist", 400)
    stubber.add_client_error("describe_stacks", "Throttling", "Rate exceeded", 400)
    cloudformation = CloudFormation(connection)

    assert cloudformation.describe_stack("shop-cdn") is None
    with pytest.raises(AWSError, match="Rate exceeded") as caught:
        cloudformation.describe_stack("shop-cdn")
    assert caught.value.hint == "AWS is busy: run the same command again in a minute."


def page(status: str, names: list[str], token: str | None = None, **more: str) -> dict[str, Any]:
    changes = [
        {"Type": "Resource", "ResourceChange": {"Action": "Modify", "LogicalResourceId": name, "ResourceType": "T"}}
        for name in names
    ]
    following = {"NextToken": token} if token else {}
    return {"Status": status, "ChangeSetId": "cs", "StackId": ARN, "Changes": changes, **following, **more}


def test_a_long_change_set(stubbed: MakeStubbed) -> None:
    """Is read page by page, once it has been worked out; hooks among its changes are passed over."""
    connection, stubber = stubbed("cloudformation")
    stubber.add_response("describe_change_set", page("CREATE_IN_PROGRESS", []))
    asked = {"ChangeSetName": "cs", "IncludePropertyValues": True}
    stubber.add_response("describe_change_set", page("CREATE_COMPLETE", ["A"], "next"), asked)
    last = page("CREATE_COMPLETE", ["B"])
    last["Changes"].append({"Type": "Resource", "HookInvocationCount": 1})
    stubber.add_response("describe_change_set", last, {**asked, "NextToken": "next"})
    cloudformation = CloudFormation(connection)

    assert cloudformation.describe_change_set("cs") is None
    found = cloudformation.describe_change_set("cs")
    assert found == ChangeSet("cs", ARN, (Change("Modify", "A", "T", ""), Change("Modify", "B", "T", "")))
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("reason", "failure", "empty"),
    [
        ("The submitted information didn't contain changes. Submit different information to create a change set.",
         "The submitted information didn't contain changes.", True),
        ("No updates are to be performed.", "No updates are to be performed.", True),
        ("Validation failed for resource Bucket", "Validation failed for resource Bucket", False),
        (None, "no reason given", False),
    ],
)  # fmt: skip
def test_a_change_set_that_failed(stubbed: MakeStubbed, reason: str | None, failure: str, empty: bool) -> None:
    """Either there was nothing to do, or the template is refused."""
    connection, stubber = stubbed("cloudformation")
    more = {"StatusReason": reason} if reason else {}
    stubber.add_response("describe_change_set", page("FAILED", [], **more))
    found = CloudFormation(connection).describe_change_set("cs")

    assert found is not None
    assert found.failure.startswith(failure)
    assert found.is_empty is empty


def test_a_service_that_gives_no_values(stubbed: MakeStubbed) -> None:
    """Is asked without them, once it has said that it does not know the parameter; any other no stays one."""
    connection, stubber = stubbed("cloudformation")
    refusal = "Unknown parameter: IncludePropertyValues"
    stubber.add_client_error("describe_change_set", "ValidationError", refusal, 400)
    for token in ("next", None):
        asked = {"ChangeSetName": "cs"} if token else {"ChangeSetName": "cs", "NextToken": "next"}
        stubber.add_response("describe_change_set", page("CREATE_COMPLETE", ["A"], token), asked)
    stubber.add_client_error("describe_change_set", "AccessDenied", "no", 403)
    cloudformation = CloudFormation(connection)

    found = cloudformation.describe_change_set("cs")
    assert found is not None
    assert len(found.changes) == 2
    with pytest.raises(AWSError, match="AWS denied"):
        cloudformation.describe_change_set("cs")
    stubber.assert_no_pending_responses()


def test_events_over_several_pages(stubbed: MakeStubbed) -> None:
    """Are one list, read only as far as it is asked for."""
    connection, stubber = stubbed("cloudformation")
    for number in (1, 2):
        event = {
            "StackId": ARN,
            "StackName": "shop-cdn",
            "EventId": str(number),
            "Timestamp": datetime(2026, 1, number, tzinfo=UTC),
            "LogicalResourceId": "Bucket",
        }
        token = {"NextToken": "next"} if number == 1 else {}
        stubber.add_response("describe_stack_events", {"StackEvents": [event], **token})
    events = CloudFormation(connection).events("shop-cdn")

    assert next(events).id == "1"
    with pytest.raises(AssertionError):
        stubber.assert_no_pending_responses()
    assert [(event.id, event.type, event.status, event.reason) for event in events] == [("2", "", "", "")]


@pytest.mark.parametrize(
    ("answer", "hook"),
    [
        ({"HookStatus": "HOOK_COMPLETE_FAILED", "HookFailureMode": "FAIL"}, "hook Org::Tags, PRE_PROVISION"),
        ({"HookStatus": "HOOK_FAILED"}, "hook Org::Tags, PRE_PROVISION"),
        ({"HookStatus": "HOOK_COMPLETE_FAILED", "HookFailureMode": "WARN"}, ""),
        ({"HookStatus": "HOOK_COMPLETE_SUCCEEDED", "HookFailureMode": "FAIL"}, ""),
    ],
)
def test_an_event_of_a_hook(stubbed: MakeStubbed, answer: dict[str, str], hook: str) -> None:
    """Names the hook where it refused, and why; one that only warns refuses nothing."""
    connection, stubber = stubbed("cloudformation")
    told = {"HookType": "Org::Tags", "HookInvocationPoint": "PRE_PROVISION", "HookStatusReason": "no tag", **answer}
    event = {"StackId": ARN, "StackName": "s", "EventId": "1", "Timestamp": datetime(2026, 1, 1, tzinfo=UTC), **told}
    stubber.add_response("describe_stack_events", {"StackEvents": [{**event, "LogicalResourceId": "Bucket"}]})

    (found,) = CloudFormation(connection).events("s")

    assert (found.hook, found.reason) == (hook, "no tag")


def test_last_operations(stubbed: MakeStubbed) -> None:
    """Are in the order of the service: a rollback stands before what it undid."""
    connection, stubber = stubbed("cloudformation")
    stack = {"StackName": "s", "StackStatus": "ROLLBACK_COMPLETE", "CreationTime": datetime(2026, 1, 1, tzinfo=UTC)}
    last = [{"OperationType": "ROLLBACK", "OperationId": "2"}, {"OperationType": "CREATE_STACK", "OperationId": "1"}]
    stubber.add_response("describe_stacks", {"Stacks": [{**stack, "StackId": ARN, "LastOperations": last}]})

    found = CloudFormation(connection).describe_stack("s")

    assert found is not None
    assert [tuple(operation) for operation in found.operations] == [("ROLLBACK", "2"), ("CREATE_STACK", "1")]


@pytest.mark.parametrize(("identifier", "account"), [(ARN, "123456789012"), ("shop-cdn", "")])
def test_account(identifier: str, account: str) -> None:
    """Is in the stack's ARN."""
    assert Stack("shop-cdn", identifier, "CREATE_COMPLETE", "").account == account

"""What is said of a change that failed, by the documented shapes of what CloudFormation tells of it.

No local server validates change sets or has hooks, and none names the operations of a stack.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_cdn_stack.aws.cloudformation import ChangeSet, CloudFormation, Event, Operation, Stack
from flask_cdn_stack.aws.patience import Patience
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.aws.stack_events import Problem
from flask_cdn_stack.stack.following import follow
from flask_cdn_stack.stack.stack_failures import explain, find_left_over, read_causes, refused_template, stack_failure
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.stack.conftest import ARN, PreparedConnection

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = Patience(lambda text: None, lambda seconds: None, lambda: 0.0)
WHOLE = "AWS::CloudFormation::Stack"
OPERATIONS = (Operation("ROLLBACK", "r"), Operation("UPDATE_STACK", "u"), Operation("CREATE_STACK", "c"))

TURN = ("shop-cdn", WHOLE, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [A, B].")
CANCELLED = ("A", "AWS::S3::Bucket", "CREATE_FAILED", "Resource creation cancelled")
REAL = ("B", "AWS::SNS::Topic", "CREATE_FAILED", "no")
UNDONE = "The stack shop-cdn failed; what was done has been undone. First cause:"


def events(*rows: tuple[str, str, str, str]) -> list[Event]:
    """Return events in the order of time."""
    return [Event(str(n), BEGAN, name, kind, status, reason) for n, (name, kind, status, reason) in enumerate(rows)]


def fail(prepared: PreparedConnection, *rows: tuple[str, str, str, str], **stack: Any) -> str:
    """Return the message for a stack to which this happened."""
    described = Stack(**{"name": "shop-cdn", "id": ARN, "status": "ROLLBACK_COMPLETE", "reason": "", **stack})
    done = events(*rows)
    return stack_failure(described, done, read_causes(prepared, described, done, PATIENCE)).message


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([CANCELLED, REAL, TURN], [UNDONE, "  B (AWS::SNS::Topic): no"]),
        ([REAL, TURN, ("C", "AWS::SNS::Topic", "DELETE_FAILED", "in use")],
         [UNDONE, "  B (AWS::SNS::Topic): no", "While it was being undone:", "  C (AWS::SNS::Topic): in use"]),
        ([REAL, TURN, ("C", "AWS::SNS::Topic", "DELETE_COMPLETE", "")], [UNDONE, "  B (AWS::SNS::Topic): no"]),
        ([("shop-cdn", WHOLE, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"), ("A", "T", "UPDATE_FAILED", "in use")],
         [UNDONE, "  A (T): in use"]),
        ([("A", "T", "UPDATE_FAILED", "Resource update cancelled"), ("A", "T", "UPDATE_FAILED", "no")],
         [UNDONE, "  A (T): no"]),
        ([("shop-cdn", WHOLE, "ROLLBACK_IN_PROGRESS", "Role arn:aws:iam::1:role/r is invalid or cannot be assumed")],
         [UNDONE, f"  shop-cdn ({WHOLE}): Role arn:aws:iam::1:role/r is invalid or cannot be assumed"]),
        ([CANCELLED], [UNDONE, "  A (AWS::S3::Bucket): Resource creation cancelled"]),
        ([REAL, ("C", "T", "CREATE_FAILED", "also no")], [UNDONE, "  B (AWS::SNS::Topic): no", "  C (T): also no"]),
        ([("shop-cdn", WHOLE, "CREATE_IN_PROGRESS", "User Initiated")],
         [UNDONE, f"  shop-cdn ({WHOLE}): CloudFormation gives no reason."]),
    ],
    ids=["consequence", "both ways", "rollback", "back only", "update", "no resource", "cancelled", "two", "no reason"],
)  # fmt: skip
def test_the_first_real_cause(prepared: PreparedConnection, rows: list[Any], expected: list[str]) -> None:
    """Is of the way forward; what failed on the way back is another matter."""
    assert fail(prepared, *rows).splitlines() == expected


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", "what was done has been undone"),
        ("UPDATE_ROLLBACK_FAILED", "it is now UPDATE_ROLLBACK_FAILED"),
        ("CREATE_FAILED", "it is now CREATE_FAILED"),
        ("DELETE_COMPLETE", "what was done has been deleted again"),
    ],
)
def test_how_it_ended(prepared: PreparedConnection, status: str, outcome: str) -> None:
    """Is said beside the cause."""
    assert fail(prepared, REAL, status=status).startswith(f"The stack shop-cdn failed; {outcome}. First cause:\n  B")


def test_what_an_update_could_not_delete() -> None:
    """Is no failure of it: the stack is as it should be, and something is left beside it."""
    kind = "AWS::CloudFront::CachePolicy"
    done = events(
        ("shop-cdn", WHOLE, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
        ("Old", kind, "DELETE_FAILED", "CachePolicyInUse"),
    )

    (said,) = find_left_over(done)

    assert said.startswith(
        f"CloudFormation has left Old ({kind}), which it could not delete: CachePolicyInUse\nAnother"
    )
    assert list(find_left_over(events(("Old", kind, "DELETE_COMPLETE", "")))) == []


def test_a_deletion_that_failed(prepared: PreparedConnection) -> None:
    """Is an operation of its own, and what failed of an earlier one is none of its causes."""
    operations = (Operation("DELETE_STACK", "d"), *OPERATIONS)
    stack = Stack("shop-cdn", ARN, "DELETE_FAILED", "", operations=operations)
    answer(prepared, failed_detail(0, "Bucket", "The bucket you tried to delete is not empty", "AWS::S3::Bucket"),
           OperationId="d")  # fmt: skip

    error = stack_failure(stack, [], read_causes(prepared, stack, [], PATIENCE))

    assert error.message.startswith("The stack shop-cdn could not be deleted; it is now DELETE_FAILED. First cause:\n")
    assert error.hint.startswith("`flask-cdn-stack destroy --empty-bucket` removes what is in it")
    assert error.hint.endswith("Remove the cause, then run `flask-cdn-stack destroy` again.")


def detail(seconds: float, **what: Any) -> dict[str, Any]:
    """Return an event of DescribeEvents."""
    return {"EventId": str(seconds), "Timestamp": BEGAN + timedelta(seconds=seconds), **what}


def failed_detail(seconds: float, name: str, reason: str, kind: str = "AWS::SNS::Topic") -> dict[str, Any]:
    status = {"ResourceType": kind, "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": reason}
    return detail(seconds, LogicalResourceId=name, EventType="PROVISIONING_ERROR", **status)


def answer(prepared: PreparedConnection, *items: dict[str, Any], token: str = "", **which: str) -> None:
    """Prepare a page of failed events."""
    more = {"NextToken": token} if token else {}
    expected = {"Filters": {"FailedEvents": True}, **which}
    prepared.stubber.add_response("describe_events", {"OperationEvents": list(items), **more}, expected)


def test_the_operation_that_was_asked_for(prepared: PreparedConnection) -> None:
    """Is read, not the rollback, which is the newest; over all pages, the oldest failure first, each once."""
    answer(prepared, failed_detail(3, "C", "also no"), token="more", OperationId="u")
    twice = failed_detail(2, "B", "no")
    cancelled = failed_detail(2, "A", "Resource creation cancelled")
    answer(prepared, cancelled, twice, twice, OperationId="u", NextToken="more")

    said = fail(prepared, REAL, operations=OPERATIONS)

    assert said.splitlines() == [UNDONE, "  B (AWS::SNS::Topic): no", "  C (AWS::SNS::Topic): also no"]


@pytest.mark.parametrize("denied", [True, False])
def test_an_operation_that_tells_nothing(prepared: PreparedConnection, denied: bool) -> None:
    """Or of which nothing may be read: what was followed tells the cause."""
    if denied:
        prepared.stubber.add_client_error("describe_events", "AccessDenied", "no", 403)
    else:
        answer(prepared, OperationId="u")

    assert fail(prepared, CANCELLED, REAL, TURN, operations=OPERATIONS).endswith(
        "First cause:\n  B (AWS::SNS::Topic): no"
    )


HOOK = {"HookType": "Org::Tags", "HookInvocationPoint": "PRE_PROVISION", "HookStatusReason": "no tag"}


def test_a_hook_that_refused(prepared: PreparedConnection) -> None:
    """Says why; what CloudFormation says of the resource beside it says less. One that only warns is no cause."""
    failed = {"LogicalResourceId": "A", "ResourceType": "AWS::S3::Bucket", **HOOK, "HookStatus": "HOOK_COMPLETE_FAILED"}
    refused = detail(1, EventType="HOOK_INVOCATION_ERROR", **failed, HookFailureMode="FAIL")
    warned = detail(
        0, EventType="HOOK_INVOCATION_ERROR", **{**failed, "HookType": "Org::Other"}, HookFailureMode="WARN"
    )
    reported = failed_detail(2, "A", "The following hook(s) failed: [Org::Tags]", "AWS::S3::Bucket")
    answer(prepared, reported, refused, warned, OperationId="u")

    said = fail(prepared, operations=OPERATIONS)

    assert said.splitlines()[1:] == ["  A (AWS::S3::Bucket): no tag [hook Org::Tags, PRE_PROVISION]"]


def test_a_hook_among_the_stacks_events() -> None:
    """The same where there is no DescribeEvents: its event has the status of the resource, which goes on."""
    hooked = Event("1", BEGAN, "A", "AWS::S3::Bucket", "CREATE_IN_PROGRESS", "no tag", hook="hook Org::Tags")
    reported = events(("A", "AWS::S3::Bucket", "CREATE_FAILED", "The following hook(s) failed: [Org::Tags]"))
    error = stack_failure(Stack("shop-cdn", ARN, "ROLLBACK_COMPLETE", ""), [hooked, *reported])

    assert error.message.splitlines()[1:] == ["  A (AWS::S3::Bucket): no tag [hook Org::Tags]"]
    assert error.hint.startswith("A hook of your account")


VALIDATION = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early "
    "Validation errors, use the DescribeEvents API for detailed failure information."
)


def validation(path: str, reason: str, **more: Any) -> dict[str, Any]:
    return detail(0, EventType="VALIDATION_ERROR", ValidationPath=path, ValidationStatusReason=reason, **more)


def test_all_that_validation_found(prepared: PreparedConnection) -> None:
    """Two things wrong with one resource are two lines; a warning is none, and each has its way out."""
    taken = "Resource of type 'AWS::S3::Bucket' with identifier 'shop' already exists."
    of_bucket = {"LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket"}
    answer(
        prepared,
        validation("/Resources/Role/Properties", "Required property [A] not found"),
        validation("/Resources/Role/Properties", "Required property [B] not found"),
        validation("/Resources/Old", "The bucket 'old' is not empty", **of_bucket, ValidationFailureMode="WARN"),
        validation(
            "/Resources/Bucket/Properties/BucketName",
            taken,
            **of_bucket,
            ValidationName="NAME_CONFLICT_VALIDATION",
            ValidationFailureMode="FAIL",
        ),
        ChangeSetName="cs",
    )

    error = refused_template(prepared, ChangeSet("cs", ARN, (), VALIDATION), PATIENCE)

    assert error.message.splitlines() == [
        f"CloudFormation refuses the template: {VALIDATION}",
        f"  /Resources/Bucket/Properties/BucketName: {taken} [NAME_CONFLICT_VALIDATION]",
        "  /Resources/Role/Properties: Required property [B] not found",
        "  /Resources/Role/Properties: Required property [A] not found",
    ]
    assert error.hint.startswith("Bucket names are unique across accounts")
    assert "bucketnamingrules" in error.hint
    assert "not empty" not in error.hint


def test_details_that_cannot_be_read(prepared: PreparedConnection) -> None:
    """Are missed only where CloudFormation has some; then the reason why is said."""
    denied = "User: x is not authorized to perform: cloudformation:DescribeEvents because no identity-based policy"
    for _ in range(2):
        prepared.stubber.add_client_error("describe_events", "AccessDenied", denied, 403)

    hidden = refused_template(prepared, ChangeSet("cs", ARN, (), VALIDATION), PATIENCE)
    plain = refused_template(prepared, ChangeSet("cs", ARN, (), "Template error: no such resource"), PATIENCE)

    assert hidden.hint.startswith("The details were not read: AWS denied cloudformation:DescribeEvents on cs. Allow")
    assert "validate-stack-deployments" in hidden.hint
    assert plain.hint == ""


def test_a_validation_when_the_change_has_begun(connection: Connection, waiting: StackWaiter) -> None:
    """Fails the stack and no resource of it: its events say that there is more, and the local AWS has it."""
    client = connection.client("cloudformation")
    connection.client("s3").create_bucket(Bucket="taken-by-us")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "taken-by-us"}}
    identifier = client.create_stack(StackName="taken", TemplateBody=json.dumps({"Resources": {"A": bucket}}))[
        "StackId"
    ]
    stack, followed = follow(CloudFormation(connection), identifier, set(), waiting)

    error = stack_failure(stack, followed, read_causes(connection, stack, followed, PATIENCE))

    assert "First cause:\n  /Resources/A: " in error.message
    assert error.message.endswith("[NAME_CONFLICT_VALIDATION]")
    assert error.hint.startswith("Bucket names are unique across accounts")


def test_a_boto3_before_the_details(prepared: PreparedConnection) -> None:
    """Cannot ask for them; a newer one can."""
    old = PreparedConnection(prepared.session, "us-east-1", None, {}, object(), prepared.stubber)

    error = refused_template(old, ChangeSet("cs", ARN, (), VALIDATION), PATIENCE)

    assert "pip install --upgrade boto3" in error.hint


@pytest.mark.parametrize(
    ("problem", "key"),
    [
        (Problem("/Resources/CachePolicy", "", "the quota of this account is reached"), "delivery.cache_policy_id"),
        (Problem("", "", "Limit exceeded for resource of type 'AWS::CloudFront::ResponseHeadersPolicy'"),
         "delivery.response_headers_policy_id"),
        (Problem("/Resources/Bucket", "", "a bucket of this name already exists"), "bucket.existing"),
        (Problem("Bucket", "AWS::S3::Bucket", "shop already exists"), "bucket.existing"),
    ],
)  # fmt: skip
def test_what_a_problem_is_about(problem: Problem, key: str) -> None:
    """Is told by its type, or by the type or the place that its words name; the advice comes once."""
    (advice,) = explain([problem, problem])

    assert key in advice

"""What IAM's simulator decides, in the shapes of the IAM API reference, and what calls that only read show."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.aws.account import Account
from flask_cdn_stack.aws.permissions import Decision, Read, find_principal, simulate, try_reads
from flask_cdn_stack.errors import AWSError, CredentialsError
from tests.aws.conftest import MakeStubbed

ACTION, ROLE = "s3:PutObject", "arn:aws:iam::123456789012:role/ops/deployer"
BUCKET, OTHER = "arn:aws:s3:::shop/*", "arn:aws:s3:::logs/*"


def result(decision: str, **more: Any) -> dict[str, Any]:
    """Return what is decided of the action."""
    return {"EvalActionName": ACTION, "EvalResourceName": BUCKET, "EvalDecision": decision, **more}


def on(resource: str, decision: str, **more: Any) -> dict[str, Any]:
    """Return what is decided of the action on one of several resources."""
    return {"EvalResourceName": resource, "EvalResourceDecision": decision, **more}


def each(*resources: dict[str, Any]) -> dict[str, Any]:
    """Return what is decided of the action on each of several resources."""
    return result("implicitDeny", ResourceSpecificResults=[*resources])


@pytest.mark.parametrize(
    ("results", "allowed", "by"),
    [
        ([result("allowed")], True, ""),
        ([result("implicitDeny")], False, ""),
        ([result("explicitDeny")], False, "an explicit deny"),
        ([result("implicitDeny", MissingContextValues=["aws:SourceVpc"])], None, ""),
        ([result("explicitDeny", OrganizationsDecisionDetail={"AllowedByOrganizations": False})], False,
         "the organization's policies"),
        ([result("implicitDeny", PermissionsBoundaryDecisionDetail={"AllowedByPermissionsBoundary": False})], False,
         "the permissions boundary"),
        ([each(on(BUCKET, "allowed"), on(OTHER, "implicitDeny"))], True, ""),
        ([result("implicitDeny"), result("allowed")], True, ""),
        ([each(on(BUCKET, "implicitDeny", MissingContextValues=["aws:a"]))], None, ""),
    ],
)  # fmt: skip
def test_what_is_decided(stubbed: MakeStubbed, results: list[dict[str, Any]], allowed: bool | None, by: str) -> None:
    """An action is allowed where it is so on any resource; what the simulator was not told leaves it open."""
    connection, stubber = stubbed("iam")
    asked = {
        "PolicySourceArn": ROLE,
        "ActionNames": [ACTION],
        "ResourceArns": [BUCKET, OTHER],
        "ContextEntries": [{"ContextKeyName": "s3:prefix", "ContextKeyValues": ["live/x"], "ContextKeyType": "string"}],
    }
    stubber.add_response("simulate_principal_policy", {"EvaluationResults": results}, asked)

    assert simulate(connection, ROLE, [ACTION], [BUCKET, OTHER], {"s3:prefix": "live/x"}) == [
        Decision(ACTION, allowed, by)
    ]


def test_pages(stubbed: MakeStubbed) -> None:
    """All are read."""
    connection, stubber = stubbed("iam")
    first = {"EvaluationResults": [result("allowed")], "IsTruncated": True, "Marker": "more"}
    second = {"EvaluationResults": [{**result("implicitDeny"), "EvalActionName": "s3:GetObject"}]}
    stubber.add_response("simulate_principal_policy", first)
    stubber.add_response("simulate_principal_policy", second)

    assert [item.allowed for item in simulate(connection, ROLE, [ACTION, "s3:GetObject"], ["*"], {})] == [True, False]


@pytest.mark.parametrize(
    ("caller", "principal"),
    [
        ("arn:aws:iam::123456789012:user/team/ann", "arn:aws:iam::123456789012:user/team/ann"),
        ("arn:aws:iam::123456789012:root", None),
        ("arn:aws:sts::123456789012:federated-user/ann", None),
    ],
)
def test_who_asks(stubbed: MakeStubbed, caller: str, principal: str | None) -> None:
    """A user is known as it is, and others than users and roles not at all (IAM API reference, PolicySourceArn)."""
    connection, _ = stubbed("iam")

    assert find_principal(connection, Account("123456789012", caller)) == principal


@pytest.mark.parametrize(("told", "principal"), [(True, ROLE), (False, "arn:aws:iam::123456789012:role/deployer")])
def test_a_session_of_a_role(stubbed: MakeStubbed, told: bool, principal: str) -> None:
    """Is known by the role's ARN, whose path is not in that of the session; where IAM does not tell it, without one."""
    connection, stubber = stubbed("iam")
    if told:
        role = {"Path": "/ops/", "RoleName": "deployer", "RoleId": "AROA" + "0" * 16, "Arn": ROLE, "CreateDate": 0}
        stubber.add_response("get_role", {"Role": role}, {"RoleName": "deployer"})
    else:
        stubber.add_client_error("get_role", "AccessDenied", http_status_code=403)

    caller = Account("123456789012", "arn:aws:sts::123456789012:assumed-role/deployer/ci-17")
    assert find_principal(connection, caller) == principal


@pytest.mark.parametrize(
    ("code", "status", "allowed"),
    [("AccessDenied", 403, False), ("NoSuchInvalidation", 404, True), ("InternalError", 500, None)],
)
def test_a_call_that_only_reads(stubbed: MakeStubbed, code: str, status: int, allowed: bool | None) -> None:
    """Shows by anything but a denial that it is allowed; a failure of the service's shows nothing."""
    connection, stubber = stubbed("cloudfront")
    stubber.add_client_error("get_invalidation", code, http_status_code=status)
    read = Read("cloudfront:GetInvalidation", "cloudfront", "get_invalidation", {"DistributionId": "E1", "Id": "I0"})

    assert try_reads(connection, [read]) == [Decision(read.action, allowed)]


def test_credentials_that_end_meanwhile(stubbed: MakeStubbed) -> None:
    """Are no answer to what they may do."""
    connection, stubber = stubbed("cloudfront")
    stubber.add_client_error("list_cache_policies", "ExpiredToken", http_status_code=403)

    with pytest.raises(CredentialsError):
        try_reads(connection, [Read("cloudfront:ListCachePolicies", "cloudfront", "list_cache_policies", {})])


def test_the_simulator_may_not_be_asked(stubbed: MakeStubbed) -> None:
    """Is an error of its own, which the caller has another way out of."""
    connection, stubber = stubbed("iam")
    stubber.add_client_error("simulate_principal_policy", "AccessDenied", http_status_code=403)

    with pytest.raises(AWSError, match="iam:SimulatePrincipalPolicy"):
        simulate(connection, ROLE, [ACTION], ["*"], {})

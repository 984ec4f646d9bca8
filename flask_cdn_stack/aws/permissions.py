"""Finds what a user or role is allowed to do, by IAM's policy simulator, which carries nothing out, or by reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import AWSError, CredentialsError, UnreachableError
from .account import Account
from .failures import DENIED_CODES, is_refusal, translate_errors
from .session import Connection


class Decision(NamedTuple):
    """Whether an action is allowed; None if that depends on values that the simulator was not given.

    ``by`` says what denies it, if it is not just a missing permission.
    """

    action: str
    allowed: bool | None
    by: str = ""


def find_principal(connection: Connection, account: Account) -> str | None:
    """Return the ARN of a caller for the simulator; None for a caller that it does not know.

    STS names a role without the path that is part of its ARN (IAM user guide, "IAM identifiers").
    """
    head, _, resource = account.arn.rpartition(":")
    kind, _, name = resource.partition("/")
    if kind == "user":
        return account.arn
    if kind != "assumed-role":
        return None
    role = name.partition("/")[0]
    try:
        with translate_errors("iam:GetRole", role):
            return str(connection.client("iam", once=True).get_role(RoleName=role)["Role"]["Arn"])
    except AWSError:
        return f"{head.replace(':sts:', ':iam:')}:role/{role}"


def simulate(
    connection: Connection,
    principal: str,
    actions: Sequence[str],
    resources: Sequence[str],
    context: Mapping[str, str],
) -> list[Decision]:
    """Return the simulator's decision for each action, which is allowed if it is on any of the resources.

    A bucket's own policy does not count (IAM API reference, "SimulatePrincipalPolicy").

    :param context: values of condition keys.
    :raises AWSError: the caller may not use the simulator, or it does not know the principal.
    """
    entries = [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
    ]
    with translate_errors("iam:SimulatePrincipalPolicy", principal):
        pages = (
            connection.client("iam")
            .get_paginator("simulate_principal_policy")
            .paginate(
                PolicySourceArn=principal,
                ActionNames=list(actions),
                ResourceArns=list(resources),
                ContextEntries=entries,
            )
        )
        results = [item for page in pages for item in page["EvaluationResults"]]
    return list(_decide(results))


def _decide(results: Iterable[Mapping[str, Any]]) -> Iterator[Decision]:
    found: dict[str, list[Decision]] = {}
    for result in results:
        found.setdefault(result["EvalActionName"], []).extend(_read(result))
    for decisions in found.values():
        # The resources are of different kinds, and no action applies to all of them.
        yield max(decisions, key=lambda item: (item.allowed is True, item.allowed is None))


def _read(result: Mapping[str, Any]) -> Iterator[Decision]:
    action, by = result["EvalActionName"], ""
    if result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        by = "the organization's policies"
    for item in result.get("ResourceSpecificResults") or [result]:
        decision = item.get("EvalResourceDecision") or item["EvalDecision"]
        if decision == "allowed":
            yield Decision(action, True)
        elif item.get("MissingContextValues"):
            yield Decision(action, None)
        elif item.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary") is False:
            yield Decision(action, False, "the permissions boundary")
        else:
            yield Decision(action, False, by or ("an explicit deny" if decision == "explicitDeny" else ""))


class Read(NamedTuple):
    """A request that only reads, and as little as possible: the IAM action that it needs, and the call to make."""

    action: str
    service: str
    method: str
    parameters: Mapping[str, Any]


def try_reads(connection: Connection, reads: Iterable[Read]) -> list[Decision]:
    """Return decisions by making requests that only read: any answer but a denial shows that the action is allowed.

    :raises AWSError: a service could not be reached, or does not accept the credentials.
    """
    return [Decision(read.action, _is_allowed(connection, read)) for read in reads]


def _is_allowed(connection: Connection, read: Read) -> bool | None:
    try:
        with translate_errors(read.action):
            getattr(connection.client(read.service, once=True), read.method)(**read.parameters)
    except (CredentialsError, UnreachableError):
        raise
    except AWSError as error:
        if error.code in DENIED_CODES:
            return False
        return True if is_refusal(error) else None
    return True

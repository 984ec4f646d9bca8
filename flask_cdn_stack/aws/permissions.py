"""What a user or a role may do, as IAM's simulator judges it: nothing is carried out for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import AWSError, CredentialsError, UnreachableError
from .account import Account
from .failures import DENIED_CODES, is_refusal, translate_errors
from .session import Connection


class Decision(NamedTuple):
    """Whether an action is allowed; None where that depends on what the simulator was not told.

    ``by`` says what denies it where that is more than a missing permission.
    """

    action: str
    allowed: bool | None
    by: str = ""


def find_principal(connection: Connection, account: Account) -> str | None:
    """Return the ARN that the simulator knows a caller by, None for one that it does not know.

    STS calls a role by its name, without the path that is part of its ARN (IAM user guide, "IAM identifiers").
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
    """Return what is decided of each action; one counts as allowed where it is so on any of the resources.

    What a bucket's own policy allows does not count (IAM API reference, "SimulatePrincipalPolicy").

    :param context: values of condition keys.
    :raises AWSError: the simulator may not be asked, or does not know the principal.
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
        # Several resources of a statement are of several kinds, and no action is for all of them.
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
    """A call that only reads, and asks for next to nothing: the action that it needs, and how it is made."""

    action: str
    service: str
    method: str
    parameters: Mapping[str, Any]


def try_reads(connection: Connection, reads: Iterable[Read]) -> list[Decision]:
    """Return what services answer to calls that only read: anything but a denial shows that the action is allowed.

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

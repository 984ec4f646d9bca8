"""Checks whether the caller has the permissions of the printed policies, with IAM's simulator or by trying reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, NamedTuple

from ..aws.account import Account
from ..aws.permissions import Decision, Read, find_principal, simulate, try_reads
from ..aws.session import Connection
from ..errors import AWSError, CredentialsError, UnreachableError
from ..infrastructure.iam_actions import NAMED
from ..infrastructure.iam_text import Kind, Names, find_placeholders, names_in_settings, render_policy
from ..settings.model import Project
from .findings import Finding, State

#: The commands for which a policy is printed, in the order in which they are run.
KINDS: tuple[Kind, ...] = ("provision", "deploy", "destroy")

# A name in place of the wildcard of a policy, because the simulator is asked about one name.
_SOME = "x"

_SIMULATOR, _SERVICES = "IAM's simulator", "AWS"

# What to do if not all permissions could be checked.
_REMEDIES = {
    _SIMULATOR: "The policy of the bucket or of its key may allow them, which the simulator does not look at.",
    _SERVICES: "Allow iam:SimulatePrincipalPolicy for these credentials, and all can be checked.",
}


class Question(NamedTuple):
    """What is asked about one statement of a policy: its actions, their resources, and values of condition keys."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, str]


def check_permissions(
    connection: Connection, project: Project, kind: Kind, account: Account, names: Names, needed: bool = True
) -> Finding:
    """Check whether each action of a printed policy is allowed.

    :param names: the names in the policy's ARNs; statements with an unknown name are not checked.
    :param needed: whether a missing permission is an error; otherwise it is a warning, since others may have it.
    :raises AWSError: AWS could not be reached, or does not accept the credentials.
    """
    if account.is_root:
        return Finding(f"{kind} permissions", "ok", "The root user may do everything.")
    questions = list(list_questions(render_policy(kind, project.settings, project.stack, names)))
    asked = {action for question in questions for action in question.actions}
    found = _ask_simulator(connection, project, account, questions)
    if found is not None:
        return _judge(kind, account, asked, found, _SIMULATOR, needed)
    reads = [read for read in _list_reads(project, names) if read.action in asked]
    return _judge(kind, account, asked, try_reads(connection, reads), _SERVICES, needed)


def find_names(connection: Connection, project: Project, account: Account) -> Names:
    """Return the names in the policy for ``provision``, which are known before there is a stack."""
    known, partition = names_in_settings(project.settings), account.arn.split(":")[1]
    return replace(known, partition=partition, region=connection.region, account=account.id)


def list_questions(policy: str) -> Iterator[Question]:
    """Yield a question for each statement of a policy, except those with an unknown name."""
    for statement in json.loads(policy)["Statement"]:
        if not find_placeholders(json.dumps(statement)):
            yield Question(
                tuple(action for pattern in _listed(statement["Action"]) for action in NAMED.get(pattern, (pattern,))),
                tuple(_listed(statement["Resource"])),
                dict(_example(statement.get("Condition", {}))),
            )


def _ask_simulator(
    connection: Connection, project: Project, account: Account, questions: Sequence[Question]
) -> list[Decision] | None:
    """Return the simulator's decisions; None if it may not be used, or does not know the caller."""
    principal = find_principal(connection, account)
    if principal is None:
        return None
    try:
        found = [item for question in questions for item in simulate(connection, principal, *question)]
    except (CredentialsError, UnreachableError):
        raise
    except AWSError:
        return None
    # The simulator ignores the policies of buckets and keys. Those of the stack's own bucket let nobody write.
    others = () if has_own_bucket(project) else ("s3:",)
    return [
        item._replace(allowed=None)
        if item.allowed is False and not item.by and item.action.startswith((*others, "kms:"))
        else item
        for item in found
    ]


def has_own_bucket(project: Project) -> bool:
    """Return whether the files are published in a bucket that the stack creates."""
    return project.settings.target is None and project.settings.bucket.existing is None


def _judge(
    kind: Kind, account: Account, asked: AbstractSet[str], decisions: Sequence[Decision], how: str, needed: bool
) -> Finding:
    name = f"{kind} permissions"
    denied = {item.action for item in decisions if item.allowed is False}
    allowed = {item.action for item in decisions if item.allowed} - denied
    unknown = sorted(asked - allowed - denied)
    rest = f" Not checked: {', '.join(unknown)}." if unknown else ""
    if denied:
        causes = sorted({item.by for item in decisions if item.by})
        because = f", by {' and '.join(causes)}" if causes else ""
        return Finding(
            name,
            "wrong" if needed else "warning",
            f"{how} denies {account.caller} {', '.join(sorted(denied))}{because}. Of {len(asked)} actions "
            f"{len(allowed)} are allowed.{rest}",
            f"Ask your administrator to attach the policy that `flask-cdn-stack template --policy {kind}` prints, or "
            "use "
            "other credentials (--profile).",
        )
    if unknown:
        remedy = _REMEDIES[how]
        state: State = "warning" if allowed else "skipped"
        return Finding(name, state, f"Of {len(asked)} actions {len(allowed)} are allowed.{rest}", remedy)
    return Finding(name, "ok", f"{account.caller} may do all of the {len(asked)} actions, by {how}.")


def _list_reads(project: Project, names: Names) -> Iterator[Read]:
    prefix = project.settings.assets.prefix
    below = f"{prefix}/" if prefix else ""
    bucket, unknown = {"Bucket": names.bucket}, Names()
    if names.bucket != unknown.bucket:
        yield Read("s3:ListBucket", "s3", "list_objects_v2", {**bucket, "Prefix": below, "MaxKeys": 1})
        yield Read("s3:ListBucketVersions", "s3", "list_object_versions", {**bucket, "Prefix": below, "MaxKeys": 1})
    if names.distribution not in (None, unknown.distribution):
        which = {"DistributionId": names.distribution, "Id": "I0"}
        yield Read("cloudfront:GetInvalidation", "cloudfront", "get_invalidation", which)
    stack = {"StackName": project.stack}
    yield Read("cloudformation:DescribeStacks", "cloudformation", "describe_stacks", stack)
    for kind in ("cache_policies", "origin_access_controls", "response_headers_policies"):
        action = f"cloudfront:List{kind.title().replace('_', '')}"
        yield Read(action, "cloudfront", f"list_{kind}", {"MaxItems": "1"})


def _listed(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else list(value)


def _example(condition: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for keys in condition.values():
        for key, values in keys.items():
            yield key, _listed(values)[0].replace("*", _SOME)

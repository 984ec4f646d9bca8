"""Roles of the suite: who has one has its rights, and no other."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.live.account import Account, Key

# What services answer to those whose key or rights they do not know, or not yet.
_DENIALS = {"AccessDenied", "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"}


def make_role(account: Account, part: str, statements: list[dict[str, Any]]) -> str:
    """Make a role whose only rights these are, for whoever is in the account, and return its name.

    One that is there gets these rights in place of its own.
    """
    iam, role = account.client("iam"), account.name(part)
    everybody = {"Effect": "Allow", "Principal": {"AWS": _arn(account, "root")}, "Action": "sts:AssumeRole"}
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=_document([everybody]), Tags=account.tag_list)
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=_document(statements))
    return role


def assume(account: Account, role: str, seconds: int = 3600) -> Key:
    """Return a key of a role, as soon as IAM gives one."""
    ask = account.client("sts").assume_role
    asked = {"RoleArn": _arn(account, f"role/{role}"), "RoleSessionName": account.run, "DurationSeconds": seconds}
    given = wait_for_rights(account, ask, **asked)["Credentials"]
    return Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def wait_for_rights(account: Account, ask: Callable[..., Any], **asked: Any) -> Any:
    """Ask until IAM knows everywhere that who asks may, and return the answer; None for an error that is no denial."""
    answers: list[Any] = []

    def is_known() -> bool:
        try:
            answers.append(ask(**asked))
        except ClientError as error:
            if error.response["Error"]["Code"] in _DENIALS:
                return False
            answers.append(None)
        return True

    assert account.wait_for(is_known), f"It is denied: {asked}; an account's root user can take on no role"
    return answers[0]


def _arn(account: Account, what: str) -> str:
    return f"arn:aws:iam::{account.number}:{what}"


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})

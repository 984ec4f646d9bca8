"""The AWS account and the principal that the credentials belong to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from botocore import exceptions

from ..errors import AWSError
from .failures import translate_errors
from .session import Connection

#: Seconds to wait for each answer.
ANSWER_SECONDS = 5


@dataclass(frozen=True)
class Account:
    """An account's id, the ARN of the caller, and the account's alias; None if there is none or it may not be read."""

    id: str
    arn: str
    alias: str | None = None

    def __str__(self) -> str:
        """Return ``account 123456789012 (shop-prod)``."""
        return f"account {self.id} ({self.alias})" if self.alias else f"account {self.id}"

    @property
    def caller(self) -> str:
        """The caller in words: ``user ann``, ``role deployer``, ``root`` (IAM user guide, "IAM ARNs")."""
        kind, *names = self.arn.rpartition(":")[2].split("/")
        if kind == "assumed-role":
            return f"role {names[0]}"
        return f"{kind.replace('-', ' ')} {names[-1]}" if names else kind

    @property
    def is_root(self) -> bool:
        """Whether it is the account's root user, who may do everything."""
        return self.caller == "root"


def read_account(connection: Connection) -> Account:
    """Return the account that a connection's credentials belong to: two requests at the same time.

    GetCallerIdentity needs no permission (STS API reference). The alias is None if it may not be read.

    :raises CredentialsError: there are no credentials, or they are not accepted.
    :raises AWSError: STS could not be reached.
    """
    quick = replace(connection, timeout=ANSWER_SECONDS)
    with translate_errors("sts:GetCallerIdentity"), ThreadPoolExecutor(1) as pool:
        # boto3 makes one client at a time.
        sts, iam = quick.client("sts", once=True), quick.client("iam", once=True)
        asking = pool.submit(_find_alias, iam)
        caller = sts.get_caller_identity()
        return Account(caller["Account"], caller["Arn"], asking.result())


def read_alias(connection: Connection) -> str | None:
    """Return the account's alias; None if it has none or it may not be read: one request."""
    return _find_alias(replace(connection, timeout=ANSWER_SECONDS).client("iam", once=True))


def _find_alias(iam: Any) -> str | None:
    try:
        return next(iter(iam.list_account_aliases()["AccountAliases"]), None)
    except (exceptions.BotoCoreError, exceptions.ClientError, AWSError):
        return None

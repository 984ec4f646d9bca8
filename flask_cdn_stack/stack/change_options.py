"""Options of a change to the stack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

OnFailure = Literal["rollback", "delete", "keep"]

# An IAM resource in a template as this package writes it, or in JSON.
_IAM_RESOURCE = re.compile(r"\"?Type\"?:\s*['\"]?AWS::IAM::")


@dataclass(frozen=True)
class ChangeOptions:
    """How a change to the stack is made.

    :param on_failure: what to do if the change fails: ``rollback``; ``delete`` the stack, if it was being created;
        ``keep`` the resources as they are, for inspection.
    :param role_arn: the role that CloudFormation assumes, for this and all later operations on the stack, deletion
        included (CloudFormation API reference, "CreateChangeSet"). None: the stack's present role, or else the
        caller's permissions.
    :param skipped: logical ids of the resources to skip if the rollback of an earlier update is continued.
    :param waits: follow the operation to its end.
    :param adopt: name of an existing bucket that the new stack imports.
    """

    on_failure: OnFailure = "rollback"
    role_arn: str | None = None
    skipped: tuple[str, ...] = ()
    waits: bool = True
    adopt: str | None = None


#: The change is followed to its end, and rolled back if it fails.
USUAL = ChangeOptions()


def find_capabilities(template: str) -> tuple[str, ...]:
    """Return the capabilities that the template needs: ``CAPABILITY_IAM`` if it has IAM resources.

    They have no custom names, which would need ``CAPABILITY_NAMED_IAM`` (CloudFormation API reference,
    "CreateChangeSet").
    """
    return ("CAPABILITY_IAM",) if _IAM_RESOURCE.search(template) else ()

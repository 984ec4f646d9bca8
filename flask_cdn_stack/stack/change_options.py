"""How a change of the stack is to be made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

OnFailure = Literal["rollback", "delete", "keep"]

# A resource of IAM in a template as it is written here, or in JSON.
_IAM_RESOURCE = re.compile(r"\"?Type\"?:\s*['\"]?AWS::IAM::")


@dataclass(frozen=True)
class ChangeOptions:
    """How a change of the stack is to be made.

    :param on_failure: what becomes of a change that fails. It is rolled back; or a stack that was to be created is
        deleted whole; or what was made is kept, to be looked at.
    :param role_arn: the role that CloudFormation acts with, now and in everything that it does to the stack later,
        deletions included (CloudFormation API reference, "CreateChangeSet"). None: the one it has had, or the caller's
        own rights.
    :param skipped: resources that are left out where the rollback of an earlier update got stuck.
    :param waits: follow what CloudFormation does to its end.
    :param adopt: a bucket that is there, which a stack that is created takes for its own.
    """

    on_failure: OnFailure = "rollback"
    role_arn: str | None = None
    skipped: tuple[str, ...] = ()
    waits: bool = True
    adopt: str | None = None


#: A change is followed to its end, and rolled back where it fails.
USUAL = ChangeOptions()


def find_capabilities(template: str) -> tuple[str, ...]:
    """Return what a template needs the user's word for: that it makes IAM resources, where it does.

    Ours have no names of their own, which would need more (CloudFormation API reference, "CreateChangeSet").
    """
    return ("CAPABILITY_IAM",) if _IAM_RESOURCE.search(template) else ()

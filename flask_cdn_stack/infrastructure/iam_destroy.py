"""Builds the IAM policy for destroy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..settings.model import Settings
from . import iam_actions as actions
from .encryption import key_arn
from .iam import Scope, allow, find_scope, manage_resources

# Actions that create or change something. UpdateDistribution stays allowed: a distribution is disabled before it is
# deleted.
_MAKING = re.compile(r":(Attach|Create|Disable|Enable|Publish|Put)|:Update(?!Distribution)")


def destroy_statements(settings: Settings, stack_arn: str) -> list[dict[str, Any]]:
    """Return the statements for destroy and for CloudFormation, which acts with the caller's permissions.

    They include the permissions to empty the bucket.

    :param stack_arn: as for :func:`~.iam.provision_statements`.
    """
    scope = find_scope(stack_arn)
    made = _narrow([*manage_resources(settings, scope)])
    return [
        allow("DeleteStack", actions.UNMADE_STACK, stack_arn),
        allow("NameAccount", ["iam:ListAccountAliases"], "*"),
        allow("FindStacks", actions.FOUND_STACKS, "*"),
        *made,
        *_empty_bucket(settings, scope),
    ]


def _empty_bucket(settings: Settings, scope: Scope) -> Iterator[dict[str, Any]]:
    if not settings.has_bucket or settings.bucket.existing is not None:
        return
    bucket = scope.bucket_arn(scope.names.lower())
    yield allow("ListVersions", actions.LISTS, bucket)
    yield allow("DeleteFiles", actions.EMPTIED_FILES, f"{bucket}/*")
    if (key := key_arn(settings, scope.arn("kms", "key/*"))) is not None:
        yield allow("ReadRecords", ["kms:GenerateDataKey", "kms:Decrypt"], key)


def _narrow(statements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the statements without the actions that create or change something."""
    left = ({**item, "Action": [name for name in item["Action"] if not _MAKING.search(name)]} for item in statements)
    return [item for item in left if item["Action"]]

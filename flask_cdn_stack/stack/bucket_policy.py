"""Refuses to create a bucket policy for an existing bucket that already has one."""

from __future__ import annotations

from collections.abc import Iterable

from ..aws.cloudformation import Change
from ..aws.session import Connection
from ..errors import RefusedError
from ..settings.model import Settings
from .advice import read_policy

_TITLE = "BucketPolicy"


def refuse_kept_policy(connection: Connection, settings: Settings, changes: Iterable[Change]) -> None:
    """Refuse changes that create a policy for an existing bucket that already has one of its own.

    CloudFormation would fail with "The bucket policy already exists". If the policy cannot be read, nothing is refused.

    :param changes: the changes of the change set.
    :raises RefusedError: the bucket has a policy.
    """
    bucket = settings.bucket
    makes_policy = any(change.logical_id == _TITLE and _makes(change) for change in changes)
    if bucket.existing is None or not makes_policy:
        return
    if read_policy(connection, bucket.existing, bucket.region):
        raise RefusedError(
            f"bucket.manage_policy: the bucket {bucket.existing} has a policy that is not the stack's, and "
            "CloudFormation does not replace it. The stack was not changed.",
            "Remove bucket.manage_policy, and provision prints the statements to add; or delete that policy and "
            "provision again: the stack's policy will not contain its statements.",
        )


def _makes(change: Change) -> bool:
    # Another bucket means another policy: a replacement (CloudFormation user guide, "AWS::S3::BucketPolicy", Bucket).
    return change.action == "Add" or change.replacement == "True"

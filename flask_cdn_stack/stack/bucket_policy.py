"""A policy that keeps an existing bucket from getting one of the stack's."""

from __future__ import annotations

from collections.abc import Iterable

from ..aws.cloudformation import Change
from ..aws.session import Connection
from ..errors import RefusedError
from ..settings.model import Settings
from .advice import read_policy

_TITLE = "BucketPolicy"


def refuse_kept_policy(connection: Connection, settings: Settings, changes: Iterable[Change]) -> None:
    """Refuse to let the stack make a bucket's policy where the bucket has one that is not the stack's.

    CloudFormation then fails with "The bucket policy already exists". Where AWS does not let it be asked, nothing is
    refused.

    :param changes: what is about to be done to the stack.
    :raises RefusedError: it has one.
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
            "provision again: the stack's policy has none of its statements.",
        )


def _makes(change: Change) -> bool:
    # For another bucket CloudFormation makes another (CloudFormation user guide, "AWS::S3::BucketPolicy", Bucket).
    return change.action == "Add" or change.replacement == "True"

"""A policy that keeps an existing bucket from getting one of the stack's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..aws.cloudformation import Change
from ..aws.session import Connection
from ..settings.model import Settings
from .advice import read_policy

_TITLE = "BucketPolicy"


def find_kept_policy(connection: Connection, settings: Settings, changes: Iterable[Change]) -> str | None:
    """Say so where the stack is to make a bucket's policy and the bucket has one that is not the stack's.

    CloudFormation then fails with "The bucket policy already exists". Where AWS does not let it be asked, nothing is
    said.

    :param changes: what is about to be done to the stack.
    """
    bucket = settings.bucket
    makes_policy = any(change.logical_id == _TITLE and _makes(change) for change in changes)
    if bucket.existing is None or not makes_policy:
        return None
    there = replace(connection, region=bucket.region or connection.region)
    if not read_policy(there, bucket.existing):
        return None
    return (
        f"bucket.manage_policy: the bucket {bucket.existing} has a policy that is not the stack's, and CloudFormation "
        "makes none where there is one: the change would fail, as the bucket policy already exists. Take "
        "bucket.manage_policy out, and provision prints the statements to add to it; or delete that policy and "
        "provision then: the stack's has none of its statements."
    )


def _makes(change: Change) -> bool:
    # For another bucket CloudFormation makes another (CloudFormation user guide, "AWS::S3::BucketPolicy", Bucket).
    return change.action == "Add" or change.replacement == "True"

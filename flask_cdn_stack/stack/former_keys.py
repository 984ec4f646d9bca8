"""Warns of a change after which the deploy policy no longer allows to decrypt files with a former KMS key."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from ..aws.cloudformation import Change, Stack
from ..aws.failures import translate_errors
from ..aws.session import Connection
from ..errors import AWSError
from ..infrastructure.encryption import KEY_TITLE, has_own_key
from ..settings.model import Settings

_CHANGED = ("Bucket", KEY_TITLE)


def find_former_key(
    connection: Connection, settings: Settings, before: Stack | None, changes: Iterable[Change]
) -> str | None:
    """Return a warning if files of the stack's bucket are encrypted with a key that the settings no longer name.

    S3 does not re-encrypt existing objects (S3 user guide, "Setting default server-side encryption behavior for Amazon
    S3 buckets"). If the bucket's encryption cannot be read, the result is None.

    :param before: the present stack; None if it is to be created.
    :param changes: the changes of the change set.
    """
    bucket = (before.outputs if before else {}).get("BucketName")
    touched = {change.logical_id: change.action for change in changes if change.logical_id in _CHANGED}
    is_ours = settings.has_bucket and settings.bucket.existing is None
    if bucket is None or not is_ours or not touched or _keeps_own(settings, touched):
        return None
    key = _read_key(connection, bucket)
    if not key or key in (settings.bucket.encryption.partition(":")[2], *settings.bucket.former_keys):
        return None
    return (
        f"bucket.encryption: the files in {bucket}, and their versions, stay encrypted with {key}, and after this "
        "change the policy for deploying no longer allows to read them, as rollback needs. As long as releases from "
        f"before are kept, name that key in the settings, as in: bucket: {{former_keys: ['{key}']}}"
    )


def _keeps_own(settings: Settings, touched: dict[str, str]) -> bool:
    return has_own_key(settings) and touched.get(KEY_TITLE) != "Add"


def _read_key(connection: Connection, bucket: str) -> str:
    with suppress(AWSError), translate_errors("s3:GetEncryptionConfiguration", bucket):
        found = connection.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
        keys = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "") for rule in found["Rules"]]
        # A policy can only name an ARN; this tool's templates set one.
        return next((str(key) for key in keys if str(key).startswith("arn:")), "")
    return ""

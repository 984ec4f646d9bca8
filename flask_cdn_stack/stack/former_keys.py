"""A key that a change of settings takes from who deploys, though what it encrypted is still there."""

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
    """Say so where the files of the stack's bucket are encrypted with a key that the settings name no more.

    S3 leaves what is there as it is (S3 user guide, "Setting default server-side encryption behavior for Amazon S3
    buckets"). Where AWS does not let it be asked, nothing is said.

    :param before: the stack as it is; None where it is to be created.
    :param changes: what is about to be done to it.
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
        # Only an ARN can be named in a policy; templates of this tool give one.
        return next((str(key) for key in keys if str(key).startswith("arn:")), "")
    return ""

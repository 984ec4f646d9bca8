"""Empties and deletes a bucket: lists and deletes its versions, a thousand at a time, then the bucket, by boto3."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

from ..errors import AWSError
from ..partitions import bucket_arn
from .clients import share_client
from .failures import BUSY_CODES, refusal, translate_errors
from .session import Connection

#: Seconds before each retry of the deletions in a batch that failed for a passing reason.
PAUSES = (0.5, 1.0, 2.0, 4.0)

# Codes of single deletions that may succeed when they are retried (S3 API reference, "Error responses").
_PASSING = {*BUSY_CODES, "InternalError", "OperationAborted", "RequestTimeout", "ServiceUnavailable"}

_GONE = {"NoSuchKey", "NoSuchVersion"}

# The version id of an object that was stored without versioning; deleting one needs another permission (S3 user guide,
# "Deleting object versions from a versioning-enabled bucket").
_NO_VERSION = "null"


class StoredVersion(NamedTuple):
    """A version of an object, or a delete marker, which has no bytes; ``id`` is ``null`` without versioning."""

    key: str
    id: str
    size: int = 0
    is_marker: bool = False
    is_latest: bool = True


class BucketContents:
    """Everything in a bucket, whoever has stored it.

    :param sleep: waits for a number of seconds.
    :param on_page: called after each answer of a listing with the number of answers so far.
    """

    def __init__(
        self,
        connection: Connection,
        bucket: str,
        sleep: Callable[[float], None] = time.sleep,
        on_page: Callable[[int], None] = lambda number: None,
    ) -> None:
        self.name, self._on_page = bucket, on_page
        self._arn, self._sleep = bucket_arn(connection.region, bucket), sleep
        self._find_client = share_client(lambda: connection.client("s3", patient=True))

    def exists(self) -> bool:
        """Return whether the bucket exists and these credentials reach it.

        :raises AWSError: AWS refused or could not be reached.
        """
        return self.find_region() is not None

    def find_region(self) -> str | None:
        """Return the bucket's region, empty if the service does not say it, or None if there is no bucket.

        :raises AWSError: AWS refused, for example because the bucket is another account's, or could not be reached.
        """
        try:
            with translate_errors("s3:ListBucket", self._arn):
                return str(self._find_client().head_bucket(Bucket=self.name).get("BucketRegion") or "")
        except AWSError as error:
            if error.status == 404:
                return None
            raise

    def list_versions(self, prefix: str = "") -> Iterator[list[StoredVersion]]:
        """Yield the versions and delete markers below a prefix, one answer's at a time, for each key the newest first.

        A bucket without versioning lists its objects with the id ``null`` (S3 API reference, "ListObjectVersions").

        :raises AWSError: AWS refused or could not be reached.
        """
        with translate_errors("s3:ListBucketVersions", self._arn):
            pages = iter(self._find_client().get_paginator("list_object_versions").paginate(
                Bucket=self.name, Prefix=prefix
            ))  # fmt: skip
        for number in count(1):
            with translate_errors("s3:ListBucketVersions", self._arn):
                page = next(pages, None)
            if page is None:
                return
            self._on_page(number)
            yield [*_read_page(page)]

    def read(self, version: StoredVersion) -> bytes | None:
        """Return the bytes of a version, or None if it is gone.

        :raises AWSError: AWS refused or could not be reached.
        """
        known = {} if version.id == _NO_VERSION else {"VersionId": version.id}
        try:
            with translate_errors("s3:GetObjectVersion", f"{self._arn}/{version.key}"):
                answer = self._find_client().get_object(Bucket=self.name, Key=version.key, **known)
                return bytes(answer["Body"].read())
        except AWSError as error:
            if error.status in (404, 405):
                return None
            raise

    def delete(self, versions: Sequence[StoredVersion]) -> None:
        """Delete up to a thousand versions for good, with one request; deletions that fail in passing are retried.

        Versions that are gone already count as deleted.

        :raises AWSError: AWS refused, wholly or in part, or could not be reached.
        """
        left, pauses = list(versions), iter(PAUSES)
        while left:
            failures = self._delete(left)
            lasting = [item for item in failures if item.get("Code") not in _PASSING]
            pause = next(pauses, None)
            if lasting or (failures and pause is None):
                raise self._refuse(lasting or failures, len(versions))
            failed = {(item["Key"], item.get("VersionId", _NO_VERSION)) for item in failures}
            left = [version for version in left if (version.key, version.id) in failed]
            if left and pause is not None:
                self._sleep(pause)

    def delete_bucket(self) -> bool:
        """Delete the bucket, and return False if it is not empty; a bucket that is gone counts as deleted.

        :raises AWSError: AWS refused or could not be reached.
        """
        try:
            with translate_errors("s3:DeleteBucket", self._arn):
                self._find_client().delete_bucket(Bucket=self.name)
        except AWSError as error:
            if error.code == "BucketNotEmpty":
                return False
            if error.code != "NoSuchBucket":
                raise
        return True

    def _delete(self, versions: Sequence[StoredVersion]) -> list[dict[str, Any]]:
        objects = [{"Key": version.key, "VersionId": version.id} for version in versions]
        with translate_errors("s3:DeleteObjectVersion", f"{self._arn}/*"):
            answer = self._find_client().delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
        return [item for item in answer.get("Errors", ()) if item.get("Code") not in _GONE]

    def _refuse(self, failures: Sequence[dict[str, Any]], number: int) -> AWSError:
        first = failures[0]
        action = "s3:DeleteObject" if first.get("VersionId", _NO_VERSION) == _NO_VERSION else "s3:DeleteObjectVersion"
        key = f"{self._arn}/{first['Key']}"
        error = refusal(first.get("Code", ""), first.get("Message", ""), action, key, 0)
        if len(failures) > 1:
            error.message += f" {len(failures) - 1:,} more of {number:,} deletions failed, for this or another reason."
        return error


def _read_page(page: dict[str, Any]) -> Iterator[StoredVersion]:
    # S3 lists the two kinds separately, each in the order of the keys.
    for item in page.get("Versions", ()):
        yield StoredVersion(item["Key"], item["VersionId"], item.get("Size", 0), False, item["IsLatest"])
    for item in page.get("DeleteMarkers", ()):
        yield StoredVersion(item["Key"], item["VersionId"], 0, True, item["IsLatest"])

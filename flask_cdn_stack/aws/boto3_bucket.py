"""A bucket all of whose objects go through boto3, and which kind of bucket this process can use."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from ..errors import AWSError, ConflictError
from .session import Connection, refusal, translate_errors
from .storage import Bucket, StoredObject
from .store import why_boto3_there
from .transport import why_boto3
from .uploads import Upload, Uploaded

_logger = logging.getLogger("flask_cdn_stack")

# Keys in one request (S3 API reference, "DeleteObjects").
_KEYS = 1000

# What S3 says where an object is not as a write wants it: 412, 409 while another write is under way, and 404 where it
# was deleted.
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


def open_bucket(connection: Connection, name: str, prefix: str, requests: Counter[str]) -> Bucket:
    """Return a bucket's objects below a prefix, by a way that works in this process.

    :raises CredentialsError: there are no credentials.
    :raises SettingsError: the proxy or the CA bundle cannot be used, or botocore refuses what is set.
    """
    reason = why_boto3() or why_boto3_there(connection, name)
    if reason:
        _logger.debug("Objects go through boto3, because %s.", reason)
    return (Boto3Bucket if reason else Bucket)(connection, name, prefix, requests)


class Boto3Bucket(Bucket):
    """The objects below a prefix, one request of boto3's for each; several times slower than a :class:`Bucket`."""

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write an object if its ETag still is ``etag``, or, for None, if it does not exist; return the new ETag.

        :raises ConflictError: it was changed or created meanwhile.
        """
        self._count("PutObject")
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        with translate_errors("s3:PutObject", self._name_object(key)):
            try:
                answer = self._store.put_object(
                    Bucket=self.name,
                    Key=self._prefix + key,
                    Body=data,
                    ContentType=content_type,
                    CacheControl="no-store",
                    **condition,
                )
            except ClientError as error:
                if error.response["Error"].get("Code") not in _CONFLICTS:
                    raise
                raise ConflictError(f"{key} was changed by another run.") from error
            except ParamValidationError as error:
                raise AWSError(
                    "This boto3 is too old to write to a bucket that others write to, too.",
                    "Install boto3 1.35.70 or a later one.",
                ) from error
        return str(answer["ETag"])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist count as deleted."""
        for start in range(0, len(keys), _KEYS):
            self._count("DeleteObjects")
            objects = [{"Key": self._prefix + key} for key in keys[start : start + _KEYS]]
            with translate_errors("s3:DeleteObject", self._name_object(keys[start])):
                answer = self._store.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
            for kept in answer.get("Errors", ()):
                resource = f"{self._arn}/{kept['Key']}"
                raise refusal(kept.get("Code", ""), kept.get("Message", ""), "s3:DeleteObject", resource)

    def _open(self) -> Any:
        return self._find_client()

    def _get(self, key: str) -> StoredObject | None:
        self._count("GetObject")
        path = self._prefix + key
        with translate_errors("s3:GetObject", self._name_object(key)):
            try:
                answer = self._store.get_object(Bucket=self.name, Key=path)
            except self._store.exceptions.NoSuchKey:
                return None
            return StoredObject(answer["Body"].read(), answer["ETag"], path)

    def _find_among(self, wanted: set[str], folder: str) -> set[str]:
        return self._find_in_pages(wanted, folder)

    def _put(self, upload: Upload, check: Callable[[], None]) -> Uploaded:
        self._count("PutObject")
        return self._boto3.send(upload)

    def _name_object(self, key: str) -> str:
        return f"{self._arn}/{self._prefix}{key}"

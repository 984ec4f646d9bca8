"""Uploads through boto3, several at a time: for objects with an ACL or ``Expires``, which obstore cannot give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import BoundedSemaphore
from typing import Any

from ..partitions import bucket_arn
from ..regular_files import open_regular
from .session import Connection, translate_errors
from .uploads import Digest, Upload, Uploaded, encode_checksum, read_content, read_parts, unreadable

# As many as a boto3 client keeps connections; one process does not get faster with more.
_WORKERS = 10

# obstore has no word for the first, and takes the second for something else than user metadata.
_BOTO3_ONLY = {"expires", "storage-class"}

#: boto3's names of the headers that S3 keeps as an object's own (S3 user guide, "Working with object metadata").
SYSTEM_DEFINED = {
    "cache-control": "CacheControl",
    "content-type": "ContentType",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
}


def needs_boto3(upload: Upload) -> bool:
    """Say whether an upload must go this way."""
    return bool(upload.acl) or any(name.lower() in _BOTO3_ONLY for name, _ in upload.headers)


class Boto3Uploads:
    """The way to one bucket through boto3; ``find_client`` gives the client that all threads share."""

    def __init__(self, connection: Connection, find_client: Callable[[], Any], bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._find_client = find_client
        self._arn = bucket_arn(connection.region, bucket)
        self._is_foreign = connection.is_foreign("s3")
        self._free = BoundedSemaphore(_WORKERS)

    def send(self, upload: Upload) -> Uploaded:
        """Send one file in one piece; S3 checks its SHA-256.

        :raises AssetReadError: the file cannot be read, or is not the planned one any more.
        :raises AWSError: S3 refused it.
        """
        key = self._prefix + upload.key
        resource = f"{self._arn}/{key}"
        with self._free, _open_body(upload) as (body, checksum, size), translate_errors("s3:PutObject", resource):
            parameters = _parameters(upload, "" if self._is_foreign else checksum)
            answer = self._find_client().put_object(Bucket=self._bucket, Key=key, Body=body, **parameters)
        return Uploaded(upload.key, answer["ETag"], answer.get("VersionId"), checksum, size)


@contextmanager
def _open_body(upload: Upload) -> Iterator[tuple[Any, str, int]]:
    if not upload.is_streamed:
        data, checksum = read_content(upload)
        yield data, checksum, len(data)
    else:
        digest = Digest()
        for _ in read_parts(upload, digest):
            pass  # it raises where the file is not the planned one
        try:
            file = open_regular(upload.file)
        except OSError as error:
            raise unreadable(upload.file, error) from error
        with file:
            yield file, digest.checksum, digest.size


def _parameters(upload: Upload, checksum: str) -> dict[str, Any]:
    parameters: dict[str, Any] = {"ChecksumSHA256": encode_checksum(checksum)} if checksum else {}
    parameters["Metadata"] = {}
    if upload.acl:
        parameters["ACL"] = upload.acl
    for name, value in upload.attributes.items():
        if name.lower() == "expires":
            parameters["Expires"] = _parse_date(value)
        elif name.lower() in SYSTEM_DEFINED:
            parameters[SYSTEM_DEFINED[name.lower()]] = value
        else:
            parameters["Metadata"][name] = value
    return parameters


def _parse_date(text: str) -> datetime:
    # botocore leaves the zone out when it writes the date.
    date = parsedate_to_datetime(text)
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)

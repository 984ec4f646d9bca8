"""Uploads through boto3, several at a time: for objects with an ACL or ``Expires``, which obstore cannot give them."""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..errors import AssetReadError
from .session import Connection, translate_errors
from .uploads import STREAMED_BYTES, Upload, Uploaded, read_file, read_parts

# As many as a boto3 client keeps connections; one process does not get faster with more.
_WORKERS = 10

# obstore has no word for the first, and takes the second for something else than user metadata.
_BOTO3_ONLY = {"expires", "storage-class"}

_PARAMETERS = {
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
}


def needs_boto3(upload: Upload) -> bool:
    """Say whether an upload must go this way."""
    return bool(upload.acl) or any(name.lower() in _BOTO3_ONLY for name, _ in upload.headers)


class Boto3Uploads:
    """The way to one bucket through boto3."""

    def __init__(self, connection: Connection, bucket: str, prefix: str) -> None:
        self._connection = connection
        self._bucket = bucket
        self._prefix = prefix
        self._client: Any = None
        self._threads = ThreadPoolExecutor(_WORKERS)

    async def send(self, upload: Upload) -> Uploaded:
        """Send one file in one piece; S3 checks its SHA-256.

        :raises AssetReadError: the file cannot be read, or is not the planned one any more.
        :raises AWSError: S3 refused it.
        """
        if self._client is None:
            self._client = self._connection.client("s3")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._put, upload)

    def _put(self, upload: Upload) -> Uploaded:
        key = self._prefix + upload.key
        with _open_body(upload) as body, translate_errors("s3:PutObject", f"arn:aws:s3:::{self._bucket}/{key}"):
            answer = self._client.put_object(Bucket=self._bucket, Key=key, Body=body, **_parameters(upload))
        return Uploaded(upload.key, answer["ETag"], answer.get("VersionId"))


@contextmanager
def _open_body(upload: Upload) -> Iterator[Any]:
    if upload.size <= STREAMED_BYTES:
        yield read_file(upload)
        return
    deque(read_parts(upload), maxlen=0)  # raises where the file is not the planned one
    try:
        file = open(upload.file, "rb")  # noqa: SIM115
    except OSError as error:
        raise AssetReadError(f"{upload.file} cannot be read: {error.strerror or error}.") from error
    with file:
        yield file


def _parameters(upload: Upload) -> dict[str, Any]:
    digest = base64.b64encode(bytes.fromhex(upload.checksum)).decode()
    parameters: dict[str, Any] = {"ContentType": upload.content_type, "ChecksumSHA256": digest, "Metadata": {}}
    if upload.cache_control:
        parameters["CacheControl"] = upload.cache_control
    if upload.acl:
        parameters["ACL"] = upload.acl
    for name, value in upload.headers:
        if name.lower() == "expires":
            parameters["Expires"] = _parse_date(value)
        elif name.lower() in _PARAMETERS:
            parameters[_PARAMETERS[name.lower()]] = value
        else:
            parameters["Metadata"][name] = value
    return parameters


def _parse_date(text: str) -> datetime:
    # botocore leaves the zone out when it writes the date.
    date = parsedate_to_datetime(text)
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)

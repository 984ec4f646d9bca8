"""Sends and reads objects through boto3: large files, those with an ACL or ``Expires``, all if obstore cannot be used.

Uploads to AWS have their SHA-256 as a header, so that over https boto3 need not hash the body for the signature.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import count
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, ParamValidationError

from ..errors import AWSError, ConflictError, CredentialsError, UnreachableError
from .clients import share_client
from .failures import SPOILED_CODES, refusal, translate_errors
from .hashed_files import HashedFile, open_hashed
from .listing import list_by_boto3
from .objects import Keys, Requests, StoredObject
from .pauses import SPOILED_PAUSES
from .regions import ask_region
from .uploads import PART_BYTES, Upload, Uploaded, changed, encode_checksum, read_content
from .workers import work_off

#: Most parts of one large file that are sent at once.
MAX_PARTS = 4

# Most keys in one request (S3 API reference, "DeleteObjects").
_KEYS = 1000

# S3's codes if a write's condition does not hold: 412, 409 while another write is under way, and 404 if the object was
# deleted.
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}

# boto3's names of system-defined metadata (S3 user guide, "Working with object metadata").
_SYSTEM_DEFINED = {
    "cache-control": "CacheControl",
    "content-type": "ContentType",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
}

# Called before each request of an upload, including retries, by the thread that sends it.
_check: ContextVar[Callable[[], None]] = ContextVar("_check", default=lambda: None)


class _Part(NamedTuple):
    """A part of a large file; it is read a block at a time while it is sent."""

    number: int
    checksum: str
    size: int = 0


class _ChangedError(Exception):
    """The file was changed while it was sent."""


class Boto3Transport:
    """Reads and writes the objects below a prefix through boto3."""

    def __init__(self, keys: Keys, requests: Requests) -> None:
        self._keys, self._requests = keys, requests
        self._is_foreign = keys.connection.is_foreign("s3")
        self._find_client = share_client(self._open_client)

    def get(self, key: str) -> StoredObject | None:
        """Return an object, or None if it does not exist."""
        self._requests.count("GetObject")
        with translate_errors("s3:GetObject", self._keys.resource(key)):
            try:
                answer = self._client.get_object(**self._name(key))
            except self._client.exceptions.NoSuchKey:
                return None
            return StoredObject(answer["Body"].read(), answer["ETag"], self._keys.path(key))

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write an object if its ETag still is ``etag``, or, for None, if it does not exist; return the new ETag.

        :raises ConflictError: it was changed or created meanwhile.
        """
        self._requests.count("PutObject")
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        checksum = self._checksum(hashlib.sha256(data).hexdigest())
        with translate_errors("s3:PutObject", self._keys.resource(key)):
            try:
                answer = self._client.put_object(
                    **self._name(key),
                    Body=data,
                    ContentType=content_type,
                    CacheControl="no-store",
                    **checksum,
                    **condition,
                )
            except ClientError as error:
                if error.response["Error"].get("Code") not in _CONFLICTS:
                    raise
                raise ConflictError(f"{key} was changed by another run.") from error
            except ParamValidationError as error:
                raise AWSError(
                    "This boto3 is too old for conditional writes, which a bucket with several writers needs.",
                    "Install boto3 1.35.70 or a later one.",
                ) from error
        return str(answer["ETag"])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist count as deleted."""
        for start in range(0, len(keys), _KEYS):
            self._requests.count("DeleteObjects")
            objects = [{"Key": self._keys.path(key)} for key in keys[start : start + _KEYS]]
            with translate_errors("s3:DeleteObject", self._keys.resource(keys[start])):
                answer = self._client.delete_objects(
                    Bucket=self._keys.bucket, Delete={"Objects": objects, "Quiet": True}
                )
            for kept in answer.get("Errors", ()):
                resource = f"{self._keys.arn}/{kept['Key']}"
                raise refusal(kept.get("Code", ""), kept.get("Message", ""), "s3:DeleteObject", resource)

    def find(self, paths: set[str], folder: str) -> set[str]:
        """Return those of the full keys that exist; all are in the folder."""
        pages = self.list_pages(f"{folder}/" if folder else "")
        return {item["Key"] for page in pages for item in page if item["Key"] in paths}

    def list_pages(self, prefix: str) -> Iterator[list[dict[str, Any]]]:
        """Yield the objects whose full keys begin with a prefix, one answer's at a time."""
        with translate_errors("s3:ListBucket", self._keys.arn):
            for page in list_by_boto3(self._client, self._keys.bucket, prefix):
                self._requests.count("ListObjectsV2")
                yield page

    def list_first(self, prefix: str) -> list[dict[str, Any]] | None:
        """Return the objects as :meth:`list_pages` does, with one request; None if one answer cannot hold all."""
        self._requests.count("ListObjectsV2")
        with translate_errors("s3:ListBucket", self._keys.arn):
            answer = self._client.list_objects_v2(Bucket=self._keys.bucket, Prefix=prefix)
        return None if answer.get("IsTruncated") else answer.get("Contents", [])

    def is_listed(self, key: str) -> bool | None:
        """Return whether a listing has this key; None if listing is denied."""
        self._requests.count("ListObjectsV2")
        path = self._keys.path(key)
        try:
            with translate_errors("s3:ListBucket", self._keys.arn):
                # Of all keys that begin with this one, it is the first.
                page = self._client.list_objects_v2(Bucket=self._keys.bucket, Prefix=path, MaxKeys=1)
        except (CredentialsError, UnreachableError):
            raise
        except AWSError:
            return None
        return any(item["Key"] == path for item in page.get("Contents", ()))

    @cached_property
    def region(self) -> str:
        """The bucket's region; empty if it is not known."""
        self._requests.count("HeadBucket")
        return ask_region(self._client, self._keys.bucket)

    def put(self, upload: Upload, check: Callable[[], None]) -> Uploaded:
        """Send a file, a very large one in parts; S3 checks the SHA-256 of what arrives.

        :raises AssetReadError: it cannot be read, or has changed since it was planned.
        """
        names = ["PutObject"]
        if upload.is_streamed:
            parts = -(-upload.size // PART_BYTES)
            names = ["CreateMultipartUpload", *["UploadPart"] * parts, "CompleteMultipartUpload"]
        self._requests.count(*names)
        with _checking(check), translate_errors("s3:PutObject", self._keys.resource(upload.key)):
            return self._insist(upload)

    def _insist(self, upload: Upload) -> Uploaded:
        pauses = iter(SPOILED_PAUSES)
        while True:
            try:
                return self._put(upload)
            except _ChangedError:
                failure: Exception = changed(upload.file)
            except ClientError as error:
                if error.response["Error"].get("Code") not in SPOILED_CODES:
                    raise
                failure = error
            if (pause := next(pauses, None)) is None:
                raise failure
            time.sleep(pause)

    def _put(self, upload: Upload) -> Uploaded:
        if not upload.is_large:
            data, checksum = read_content(upload)
            # A body that is sent in place of the file has another checksum than the file.
            sent = hashlib.sha256(data).hexdigest() if upload.body is not None else checksum
            return _uploaded(upload, self._put_whole(upload, data, sent), checksum, len(data))
        with open_hashed(upload) as file:
            if file.parts:
                answer = self._put_parts(upload, file)
            else:
                answer = self._put_whole(upload, file.body(), file.checksum)
                _check_unchanged(file)
            return _uploaded(upload, answer, file.checksum, file.size)

    def _put_whole(self, upload: Upload, body: Any, checksum: str) -> dict[str, Any]:
        return dict(
            self._client.put_object(
                **self._name(upload.key), Body=body, **_parameters(upload), **self._checksum(checksum)
            )
        )

    def _put_parts(self, upload: Upload, file: HashedFile) -> dict[str, Any]:
        kind = {} if self._is_foreign else {"ChecksumAlgorithm": "SHA256"}
        place = self._name(upload.key)
        created = self._client.create_multipart_upload(**place, **_parameters(upload), **kind)
        place["UploadId"] = created["UploadId"]
        try:
            sent: list[dict[str, Any]] = []
            jobs, check = map(_Part, count(1), file.parts), _check.get()
            work_off(jobs, lambda part: self._put_part(place, file, part, check), sent.append, most=MAX_PARTS)
            _check_unchanged(file)
            parts = sorted(sent, key=lambda part: part["PartNumber"])
            return dict(self._client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts}))
        except BaseException:
            self._requests.count("AbortMultipartUpload")
            # A run that has lost its claim may do this, too. An error here must not hide the first one.
            with suppress(Exception), _checking(lambda: None):
                self._client.abort_multipart_upload(**place)
            raise

    def _put_part(
        self, place: dict[str, Any], file: HashedFile, part: _Part, check: Callable[[], None]
    ) -> dict[str, Any]:
        number, checksum = {"PartNumber": part.number}, self._checksum(part.checksum)
        with _checking(check):
            answer = self._client.upload_part(**place, **number, Body=file.body(part.number - 1), **checksum)
        return {**number, "ETag": answer["ETag"], **checksum}

    def _name(self, key: str) -> dict[str, str]:
        return {"Bucket": self._keys.bucket, "Key": self._keys.path(key)}

    def _checksum(self, checksum: str) -> dict[str, str]:
        return {} if self._is_foreign else {"ChecksumSHA256": encode_checksum(checksum)}

    @property
    def _client(self) -> Any:
        return self._find_client()

    def _open_client(self) -> Any:
        client = self._keys.connection.client("s3", patient=True)
        # Before each retry, too: another run may have taken over meanwhile.
        client.meta.events.register("before-sign", lambda **_: _check.get()())
        return client


@contextmanager
def _checking(check: Callable[[], None]) -> Iterator[None]:
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def _uploaded(upload: Upload, answer: dict[str, Any], checksum: str, size: int) -> Uploaded:
    return Uploaded(upload.key, answer["ETag"], answer.get("VersionId"), checksum, size)


def _check_unchanged(file: HashedFile) -> None:
    if file.has_changed:
        raise _ChangedError


def _parameters(upload: Upload) -> dict[str, Any]:
    parameters: dict[str, Any] = {"Metadata": {}}
    if upload.acl:
        parameters["ACL"] = upload.acl
    for name, value in upload.attributes.items():
        if name.lower() == "expires":
            parameters["Expires"] = _parse_date(value)
        elif name.lower() in _SYSTEM_DEFINED:
            parameters[_SYSTEM_DEFINED[name.lower()]] = value
        else:
            parameters["Metadata"][name] = value
    return parameters


def _parse_date(text: str) -> datetime:
    # botocore leaves out the time zone when it writes the date.
    date = parsedate_to_datetime(text)
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)

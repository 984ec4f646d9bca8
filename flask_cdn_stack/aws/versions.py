"""Checks whether versions of objects still exist, and makes them current again by copying them, through boto3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from ..errors import AWSError, CDNStackError, CredentialsError, LeaseError, UnreachableError
from ..partitions import bucket_arn
from .clients import share_client
from .failures import translate_errors
from .session import Connection
from .uploads import Uploaded
from .workers import MAX_BOTO3_WORKERS, work_off

#: The largest object, in bytes, that one request copies (S3 user guide, "Copying, moving, and renaming objects").
MAX_COPY_BYTES = 5 * 1024**3

#: Size, in bytes, of the parts in which a larger object is copied.
PART_BYTES = 1024**3

# Statuses for a version that does not exist, and for a delete marker.
_GONE = {404, 405}

_DENIED = 403

# Parameters that a multipart upload needs, because only CopyObject takes them from the source.
_METADATA = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Metadata")


@dataclass(frozen=True)
class Version:
    """A version of an object as it was recorded; ``id`` is None if the bucket had no versioning."""

    key: str
    id: str | None
    etag: str
    checksum: str
    size: int


@dataclass(frozen=True)
class _Job:
    """A version for a worker; its ``size`` is 0, because the bytes are copied within S3."""

    version: Version
    size: int = 0


class Versions:
    """The versions in a bucket below a prefix. ``requests`` counts requests by the names of their operations."""

    def __init__(self, connection: Connection, bucket: str, prefix: str, requests: Counter[str]) -> None:
        self._bucket = bucket
        self._arn = bucket_arn(connection.region, bucket)
        self._prefix = f"{prefix}/" if prefix else ""
        self._requests = requests
        self._find_client = share_client(lambda: connection.client("s3"))
        self._lock = Lock()

    def find_missing(self, versions: Iterable[Version]) -> list[str]:
        """Return the keys of those versions that do not exist any more.

        :raises AWSError: AWS refused or could not be reached.
        """
        missing: list[str] = []

        def end(result: tuple[Version, bool | CDNStackError]) -> None:
            version, is_there = result
            if isinstance(is_there, CDNStackError):
                raise is_there
            if not is_there:
                missing.append(version.key)

        work_off(map(_Job, versions), self._look, end, most=MAX_BOTO3_WORKERS)
        return sorted(missing)

    def copy_back(
        self,
        versions: Iterable[Version],
        done: Callable[[Version, Uploaded | CDNStackError], None],
        check: Callable[[], None] = lambda: None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Make versions the current ones again, with their headers; call ``done`` for each as it ends.

        :param check: called before each version, by many threads; raises an error if no more may be sent.
        :param tick: called again and again during the copies, in this thread.
        """
        work_off(
            map(_Job, versions),
            lambda job: self._restore(job, check),
            lambda result: done(*result),
            lambda result: isinstance(result[1], CredentialsError | UnreachableError | LeaseError),
            most=MAX_BOTO3_WORKERS,
            tick=tick,
        )

    def _look(self, job: _Job) -> tuple[Version, bool | CDNStackError]:
        version = job.version
        if version.id is None:
            return version, False
        try:
            return version, self._is_there(version)
        except CDNStackError as error:
            return version, error

    def _is_there(self, version: Version) -> bool:
        try:
            return bool(self._head(version)["ETag"] == version.etag)
        except AWSError as error:
            status = error.status
            # S3 also answers "access denied" for a missing version if the caller may list only below the prefix.
            if status in _GONE or (status == _DENIED and self._prefix and not self._may_be_listed(version)):
                return False
            raise

    def _may_be_listed(self, version: Version) -> bool:
        """Return whether a listing has a version; also True if listing is denied."""
        self._count("ListObjectVersions")
        place = self._place(version)
        pages = self._find_client().get_paginator("list_object_versions")
        try:
            with self._translate("s3:ListBucketVersions", version):
                listed = pages.paginate(Bucket=place["Bucket"], Prefix=place["Key"])
                items = (item for page in listed for item in page.get("Versions", ()))
                # Longer keys that begin with this one come after it.
                own = takewhile(lambda item: item["Key"] == place["Key"], items)
                return any(item["VersionId"] == version.id for item in own)
        except AWSError as error:
            if error.status == _DENIED:
                return True
            raise

    def _restore(self, job: _Job, check: Callable[[], None]) -> tuple[Version, Uploaded | CDNStackError]:
        version = job.version
        try:
            check()
            etag, new = self._copy_parts(version) if version.size > MAX_COPY_BYTES else self._copy(version)
        except CDNStackError as error:
            return version, error
        except Exception as error:
            return version, AWSError(f"{version.key} could not be copied: {error}")
        return version, Uploaded(version.key, etag, new, version.checksum, version.size)

    def _copy(self, version: Version) -> tuple[str, str | None]:
        self._count("CopyObject")
        with self._translate("s3:PutObject", version):
            try:
                answer = self._find_client().copy_object(**self._place(version), **self._source(version))
            except ClientError as error:
                if "itself" not in (error.response["Error"].get("Message") or ""):
                    raise
                return version.etag, version.id  # it is the current version already
        # Quoted, as in every other answer; some services leave the quotes out here.
        return '"{}"'.format(answer["CopyObjectResult"]["ETag"].strip('"')), answer.get("VersionId")

    def _copy_parts(self, version: Version) -> tuple[str, str | None]:
        head = self._head(version)
        metadata = {name: head[name] for name in _METADATA if name in head}
        place, client = self._place(version), self._find_client()
        self._count("CreateMultipartUpload")
        with self._translate("s3:PutObject", version):
            upload = client.create_multipart_upload(**place, **metadata)["UploadId"]
            try:
                parts = [
                    self._copy_part(version, upload, number, start)
                    for number, start in enumerate(range(0, version.size, PART_BYTES), 1)
                ]
                self._count("CompleteMultipartUpload")
                answer = client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
            except BaseException:
                self._count("AbortMultipartUpload")
                client.abort_multipart_upload(**place, UploadId=upload)
                raise
        return answer["ETag"], answer.get("VersionId")

    def _copy_part(self, version: Version, upload: str, number: int, start: int) -> dict[str, Any]:
        self._count("UploadPartCopy")
        answer = self._find_client().upload_part_copy(
            **self._place(version),
            **self._source(version),
            UploadId=upload,
            PartNumber=number,
            CopySourceRange=f"bytes={start}-{min(start + PART_BYTES, version.size) - 1}",
        )
        sums = {name: sum for name, sum in answer["CopyPartResult"].items() if name != "LastModified"}
        return {"PartNumber": number, **sums}

    def _head(self, version: Version) -> dict[str, Any]:
        self._count("HeadObject")
        with self._translate("s3:GetObjectVersion", version):
            answer = self._find_client().head_object(**self._place(version), VersionId=version.id)
        return dict(answer)

    def _place(self, version: Version) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + version.key}

    def _source(self, version: Version) -> dict[str, Any]:
        return {"CopySource": {**self._place(version), "VersionId": version.id}, "CopySourceIfMatch": version.etag}

    def _translate(self, action: str, version: Version) -> Any:
        return translate_errors(action, f"{self._arn}/{self._prefix}{version.key}")

    def _count(self, name: str) -> None:
        with self._lock:
            self._requests[name] += 1

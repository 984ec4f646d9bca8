"""The bucket: objects read, written on a condition, and uploaded many at a time, through obstore.

obstore (Rust's object_store) sends several times as many small objects a second as boto3. It gets its credentials
from the boto3 session, and S3 checks the SHA-256 of what arrives. The few objects that need what it cannot say go
through boto3, and large files, which it would hold in memory and hash again, by botocore's own signature first.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from os.path import commonprefix
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError

from ..errors import AWSError, CDNStackError, ConflictError, CredentialsError, LeaseError, UnreachableError
from ..partitions import bucket_arn
from .boto3_uploads import Boto3Uploads, needs_boto3
from .clients import share_client
from .large_uploads import LargeUploads
from .listing import list_by_boto3, list_by_obstore
from .regions import ask_region, elsewhere, find_region, is_elsewhere
from .session import Connection, refusal, translate_errors, unreachable
from .store import STORE_ERRORS, Credentials, ask, open_store, read_answer
from .uploads import PART_BYTES, Digest, Sending, Upload, Uploaded, read_content, read_parts
from .workers import FAR_SECONDS, FIRST_WORKERS, LARGE_BYTES, limit_workers, work_off

#: Parts of one large file that are sent at once.
MAX_PARTS = 4

# What S3 says to who may not have an object, or may not be told that there is none.
_DENIED_CODES = {"AccessDenied", "Forbidden"}

T = TypeVar("T")


class StoredObject(NamedTuple):
    """An object's bytes and its ETag. ``path`` is its key in the bucket, with the prefix."""

    data: bytes
    etag: str
    path: str = ""


class _Parcel(NamedTuple):
    """A file on its way to a worker, with what it was packed into, unless the worker is to read it."""

    sending: Sending
    size: int
    upload: Upload | None = None
    failure: Exception | None = None


class Bucket:
    """A bucket's objects below a prefix. ``requests`` counts the operations asked for by name."""

    def __init__(self, connection: Connection, name: str, prefix: str, requests: Counter[str]) -> None:
        self.name = name
        self._connection = connection
        self._arn = bucket_arn(connection.region, name)
        self._prefix = f"{prefix}/" if prefix else ""
        self._requests, self._counting = requests, Lock()
        self._credentials = Credentials(connection)
        self._find_client = share_client(connection, "s3")
        self._store = self._open()
        self._boto3 = Boto3Uploads(connection, self._find_client, name, self._prefix)
        self._large = LargeUploads(connection, name, self._prefix)
        self._answer_seconds = 0.0

    def read(self, key: str) -> StoredObject | None:
        """Return an object, or None where there is none.

        To who may list only what lies below the prefix, S3 denies an object that is not there (S3 API reference,
        "GetObject"). So what is denied is looked up by its name.

        :raises AWSError: the object is denied, or its name is, too.
        """
        try:
            return self._get(key)
        except AWSError as error:
            if not self._prefix or read_answer(error.__cause__ or error)[0] not in _DENIED_CODES:
                raise
            is_listed = self._is_listed(key)
            if is_listed is None:
                raise
        # One that has a name now may have been written after it was first asked for.
        return self._get(key) if is_listed else None

    def list_etags(self) -> dict[str, str]:
        """Return the ETag of every object below the prefix, by key."""
        # Quoted, as in every other answer; some services leave the quotes out here.
        return {
            item["Key"].removeprefix(self._prefix): '"{}"'.format(item["ETag"].strip('"'))
            for page in self._list(self._prefix)
            for item in page
        }

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write an object if its ETag still is ``etag``, or, for None, if it does not exist; return the new ETag.

        :raises ConflictError: it was changed or created meanwhile.
        """
        mode: Any = {"e_tag": etag} if etag else "create"
        attributes = {"Content-Type": content_type, "Cache-Control": "no-store"}
        self._count("PutObject")
        began = time.monotonic()
        try:
            answer = self._ask(
                lambda: obstore.put(
                    self._store, self._prefix + key, data, attributes=attributes, mode=mode, use_multipart=False
                )
            )
            self._answer_seconds = time.monotonic() - began
        except (AlreadyExistsError, PreconditionError) as error:
            raise ConflictError(f"{key} was changed by another run.") from error
        except STORE_ERRORS as error:
            raise self._error(error, "s3:PutObject", key) from error
        return str(answer["e_tag"])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist count as deleted."""
        self._count(*["DeleteObjects"] * -(-len(keys) // 1000))
        try:
            self._ask(lambda: obstore.delete(self._store, [self._prefix + key for key in keys]))
        except STORE_ERRORS as error:
            raise self._error(error, "s3:DeleteObject", keys[0]) from error

    def find_existing(self, keys: Collection[str]) -> frozenset[str]:
        """Return those of the keys under which something lies.

        What lies in the folder that they share is listed, a thousand objects with a request, in whatever order the
        service has: others than S3 have their own.

        :raises AWSError: AWS refused or could not be reached.
        """
        wanted = {self._prefix + key for key in keys}
        folder = commonprefix([*wanted]).rpartition("/")[0]  # noqa: RUF071 - keys are no paths of this machine
        return frozenset(key.removeprefix(self._prefix) for key in self._find_among(wanted, folder))

    def upload(
        self,
        sendings: Iterable[Sending],
        done: Callable[[Sending, Uploaded | CDNStackError], None],
        check: Callable[[], None] = lambda: None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Send files, many at a time; call ``done`` for each that was sent or failed, in this thread.

        A file whose bytes are not the planned ones is not sent: what is sent is what was checked. Once AWS cannot be
        reached or does not know the credentials any more, no further file is begun.

        :param check: called before each request, by many threads; raises where no more may be sent.
        :param tick: called again and again meanwhile, in this thread.
        """
        work_off(
            map(_pack, sendings),
            lambda parcel: self._send(parcel, check),
            lambda ended: done(*ended),
            lambda ended: isinstance(ended[1], CredentialsError | UnreachableError | LeaseError),
            limit_workers() if self._answer_seconds > FAR_SECONDS else FIRST_WORKERS,
            tick,
        )

    def _open(self) -> Any:
        return open_store(self._connection, self.name, self._credentials)

    def _find_among(self, wanted: set[str], folder: str) -> set[str]:
        try:
            return self._ask(lambda: self._look_quickly(wanted, folder))
        except STORE_ERRORS as error:
            failure = self._error(error, "s3:ListBucket", "")
            is_cut = "list response body" in str(error)
            if isinstance(failure, CredentialsError | UnreachableError) and not is_cut:
                raise failure from error
        # An answer that broke off, which obstore does not ask for again; a key that others wrote, and that is no path
        # to obstore; or a refusal, which boto3 words better.
        return self._find_in_pages(wanted, folder)

    def _find_in_pages(self, wanted: set[str], folder: str) -> set[str]:
        pages = self._list(f"{folder}/" if folder else "")
        return {item["Key"] for page in pages for item in page if item["Key"] in wanted}

    def _look_quickly(self, wanted: set[str], folder: str) -> set[str]:
        self._count("ListObjectsV2")
        found: set[str] = set()
        for number, page in enumerate(list_by_obstore(self._store, folder)):
            self._count(*["ListObjectsV2"] * bool(number))
            found |= wanted.intersection(page)
        return found

    def _list(self, prefix: str) -> Iterator[list[dict[str, Any]]]:
        with translate_errors("s3:ListBucket", self._arn):
            for page in list_by_boto3(self._find_client(), self.name, prefix):
                self._count("ListObjectsV2")
                yield page

    def _get(self, key: str) -> StoredObject | None:
        self._count("GetObject")
        try:
            return self._ask(lambda: _read(self._store, self._prefix + key))
        except STORE_ERRORS as error:
            if read_answer(error)[0] == "NoSuchKey":
                return None
            raise self._error(error, "s3:GetObject", key) from error

    def _is_listed(self, key: str) -> bool | None:
        """Say whether there is an object of this name; None where that may not be asked."""
        self._count("ListObjectsV2")
        path = self._prefix + key
        try:
            with translate_errors("s3:ListBucket", self._arn):
                # Of all names that begin with this one it is the first.
                page = self._find_client().list_objects_v2(Bucket=self.name, Prefix=path, MaxKeys=1)
        except (CredentialsError, UnreachableError):
            raise
        except AWSError:
            return None
        return any(item["Key"] == path for item in page.get("Contents", ()))

    def _send(self, parcel: _Parcel, check: Callable[[], None]) -> tuple[Sending, Uploaded | CDNStackError]:
        sending = parcel.sending
        try:
            if parcel.failure is not None:
                raise parcel.failure
            upload = parcel.upload or sending.prepare()
            check()
            return sending, self._put(upload, check)
        except CDNStackError as error:
            return sending, error
        except BaseException as error:  # a panic of the store's, too, and a key that it refuses with ValueError
            return sending, self._error(error, "s3:PutObject", sending.key)

    def _put(self, upload: Upload, check: Callable[[], None]) -> Uploaded:
        if needs_boto3(upload):
            self._count("PutObject")
            return self._boto3.send(upload)
        if upload.is_streamed:
            parts = -(-upload.size // PART_BYTES)
            self._count("CreateMultipartUpload", *["UploadPart"] * parts, "CompleteMultipartUpload")
            return self._ask(lambda: self._put_parts(upload, check))
        self._count("PutObject")
        if upload.is_large and (uploaded := self._large.send(upload)):
            return uploaded
        data, checksum = read_content(upload)

        def put() -> Any:
            check()  # again, because to renew credentials may have taken long
            return obstore.put(
                self._store, self._prefix + upload.key, data, attributes=upload.attributes, use_multipart=False
            )

        answer = self._ask(put)
        return Uploaded(upload.key, str(answer["e_tag"]), answer["version"], checksum, len(data))

    def _put_parts(self, upload: Upload, check: Callable[[], None]) -> Uploaded:
        digest = Digest()
        answer = obstore.put(
            self._store,
            self._prefix + upload.key,
            read_parts(upload, digest, check),
            attributes=upload.attributes,
            use_multipart=True,
            chunk_size=PART_BYTES,
            max_concurrency=MAX_PARTS,
        )
        return Uploaded(upload.key, str(answer["e_tag"]), answer["version"], digest.checksum, digest.size)

    @cached_property
    def _own_region(self) -> str:
        # obstore keeps to itself what a redirect says.
        self._count("HeadBucket")
        return ask_region(self._find_client(), self.name)

    def _ask(self, call: Callable[[], T]) -> T:
        return ask(self._credentials, call)

    def _count(self, *names: str) -> None:
        with self._counting:
            for name in names:
                self._requests[name] += 1

    def _error(self, error: BaseException, action: str, key: str) -> CDNStackError:
        if self._credentials.error is not None:
            return self._credentials.error
        code, message = read_answer(error)
        text = str(error)
        refused = re.search(r"request failed for key (.*): .* \(code:", text)
        resource = f"{self._arn}/{refused[1] if refused else self._prefix + key}"
        first = text.partition("\n")[0]
        # Whether a request that ends so was carried out is not known.
        if "HTTP error: " in first or re.search(r"status code: 5(?!01)\d\d", first):
            return unreachable(f"{message} ({code})" if code else first)
        if is_elsewhere(code, first):
            return elsewhere(self.name, find_region(text) or self._own_region, self._connection.region)
        if code:
            return refusal(code, message, action, self.name if code == "NoSuchBucket" else resource)
        return AWSError(f"{action} on {resource} failed: {first}")


def _pack(sending: Sending) -> _Parcel:
    size = sending.size
    if size >= LARGE_BYTES or sending.takes_long:
        return _Parcel(sending, size)
    try:
        return _Parcel(sending, size, sending.prepare().load())
    except Exception as error:  # that of one file, and reported as such
        return _Parcel(sending, size, failure=error)


def _read(store: Any, key: str) -> StoredObject:
    answer = obstore.get(store, key)
    return StoredObject(bytes(answer.bytes()), str(answer.meta["e_tag"]), key)

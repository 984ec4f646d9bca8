"""Reads, writes and uploads the objects of a bucket, each through obstore or boto3, as it needs."""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from os.path import commonprefix
from typing import Any, Generic, NamedTuple

from ..errors import AWSError, CDNStackError, CredentialsError, LeaseError, UnreachableError
from .boto3_transport import Boto3Transport
from .failures import DENIED_CODES, is_busy
from .objects import Keys, Requests, StoredObject, Transport
from .obstore_client import why_boto3_there
from .obstore_transport import ObstoreTransport
from .session import Connection
from .transport import why_boto3
from .uploads import S, Upload, Uploaded
from .workers import FAR_SECONDS, FIRST_WORKERS, LARGE_BYTES, MAX_BOTO3_WORKERS, MAX_WORKERS, start, work_off

_logger = logging.getLogger("flask_cdn_stack")

# obstore cannot set the first, and does not treat the second as user metadata.
_BOTO3_ONLY = {"expires", "storage-class"}

# obstore does not accept keys with these characters.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _Parcel(NamedTuple, Generic[S]):
    """A file for a worker to send, with its upload or the failure to read it; with neither, the worker reads it."""

    sending: S
    size: int
    upload: Upload | None = None
    failure: Exception | None = None


class Bucket:
    """A bucket's objects below a prefix. ``requests`` counts requests by the names of their operations.

    :param by_boto3: send all objects through boto3, which is several times slower.
    :raises CredentialsError: there are no credentials.
    :raises SettingsError: the proxy or the CA bundle cannot be used, or botocore refuses the endpoint settings.
    """

    def __init__(
        self, connection: Connection, name: str, prefix: str, requests: Counter[str], by_boto3: bool = False
    ) -> None:
        self.name, self.by_boto3 = name, by_boto3
        self._keys, counting = Keys(connection, name, prefix), Requests(requests)
        connection.credentials()
        self._large = Boto3Transport(self._keys, counting)
        self._small: Transport = self._large
        if not by_boto3:
            self._small = ObstoreTransport(self._keys, counting, lambda: self._large.region)
        self._answer_seconds = 0.0
        self._listed: Callable[[], set[str] | None] = lambda: None

    def read(self, key: str) -> StoredObject | None:
        """Return an object, or None if it does not exist.

        S3 answers "access denied" for a missing object if the caller may list only what is below the prefix (S3 API
        reference, "GetObject"). So after a denial its key is looked up in a listing.

        :raises AWSError: access to the object is denied although it exists, or the listing is denied, too.
        """
        try:
            return self._transport(key).get(key)
        except AWSError as error:
            if not self._keys.prefix or error.code not in DENIED_CODES:
                raise
            is_listed = self._large.is_listed(key)
            if is_listed is None:
                raise
        # An object that is listed now may have been written after the first request.
        return self._transport(key).get(key) if is_listed else None

    def list_etags(self) -> dict[str, str]:
        """Return the ETag of every object below the prefix, by key."""
        pages = self._large.list_pages(self._keys.path(""))
        return dict(self._read_etags(item for page in pages for item in page))

    def list_first_etags(self) -> dict[str, str] | None:
        """Return ETags as :meth:`list_etags` does, with one request; None if there are more than a thousand objects."""
        found = self._large.list_first(self._keys.path(""))
        return None if found is None else dict(self._read_etags(found))

    def _read_etags(self, items: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
        prefix = self._keys.path("")
        for item in items:
            # Quoted, as in every other answer; some services leave the quotes out here.
            yield item["Key"].removeprefix(prefix), '"{}"'.format(item["ETag"].strip('"'))

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write an object if its ETag still is ``etag``, or, for None, if it does not exist; return the new ETag.

        :raises ConflictError: it was changed or created meanwhile.
        """
        began = time.monotonic()
        written = self._small.write(key, data, content_type, etag)
        self._answer_seconds = time.monotonic() - began
        return written

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist count as deleted."""
        odd = [key for key in keys if _CONTROL.search(key)]
        self._small.delete([key for key in keys if not _CONTROL.search(key)] if odd else keys)
        self._large.delete(odd)

    def list_ahead(self) -> None:
        """Start to list the objects below the prefix, with one request, for the first :meth:`find_existing`.

        If there are few objects, as before a first deploy, that call needs no request of its own.
        """
        if isinstance(self._small, ObstoreTransport):
            self._listed = start(partial(self._small.list_first, self._keys.prefix), "listing")

    def find_existing(self, keys: Collection[str]) -> frozenset[str]:
        """Return those of the keys that exist.

        Their common folder is listed, a thousand objects for each request. The order does not matter: services other
        than S3 have their own.

        :raises AWSError: AWS refused or could not be reached.
        """
        paths = {self._keys.path(key): key for key in keys}
        listed, self._listed = self._listed(), lambda: None
        # Another run may have deleted listed objects since, so an early listing counts only if it has none of the keys.
        if listed is not None and listed.isdisjoint(paths):
            return frozenset()
        folder = commonprefix([*paths]).rpartition("/")[0]  # noqa: RUF071 - keys are no paths of this machine
        found = self._small.find(set(paths), folder)
        if found is None:
            found = self._large.find(set(paths), folder)
        return frozenset(paths[path] for path in found)

    def upload(
        self,
        sendings: Iterable[S],
        done: Callable[[S, Uploaded | CDNStackError], None],
        check: Callable[[], None] = lambda: None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Send files, many at a time; call ``done`` for each that was sent or failed, in this thread.

        A file that has changed since it was planned is not sent. Once AWS cannot be reached or does not accept the
        credentials any more, no further file is begun.

        :param check: called before each request, by many threads; raises an error if no more may be sent.
        :param tick: called again and again during the uploads, in this thread.
        """

        def send(parcel: _Parcel[S]) -> tuple[S, Uploaded | CDNStackError]:
            return self._send(parcel, check)

        work_off(
            map(_pack, sendings),
            send,
            lambda ended: done(*ended),
            lambda ended: _is_hopeless(ended[1]),
            MAX_WORKERS if self._answer_seconds > FAR_SECONDS else FIRST_WORKERS,
            MAX_BOTO3_WORKERS if self.by_boto3 else MAX_WORKERS,
            tick,
        )

    def _transport(self, key: str) -> Transport:
        return self._large if _CONTROL.search(key) else self._small

    def _send(self, parcel: _Parcel[S], check: Callable[[], None]) -> tuple[S, Uploaded | CDNStackError]:
        sending = parcel.sending
        try:
            if parcel.failure is not None:
                raise parcel.failure
            upload = parcel.upload or sending.prepare()
            check()
            transport = self._large if _needs_boto3(upload) else self._transport(upload.key)
            return sending, transport.put(upload, check)
        except CDNStackError as error:
            return sending, error
        except BaseException as error:
            first = str(error).partition("\n")[0]
            return sending, AWSError(f"s3:PutObject on {self._keys.resource(sending.key)} failed: {first}")


def open_bucket(connection: Connection, name: str, prefix: str, requests: Counter[str]) -> Bucket:
    """Return a bucket's objects below a prefix, through boto3 alone if obstore cannot be used in this process.

    :raises CredentialsError: there are no credentials.
    :raises SettingsError: the proxy or the CA bundle cannot be used, or botocore refuses the endpoint settings.
    """
    reason = why_boto3() or why_boto3_there(connection, name)
    if reason:
        _logger.debug("Objects go through boto3, because %s.", reason)
    return Bucket(connection, name, prefix, requests, by_boto3=bool(reason))


def _needs_boto3(upload: Upload) -> bool:
    return upload.is_large or bool(upload.acl) or any(name.lower() in _BOTO3_ONLY for name, _ in upload.headers)


def _is_hopeless(result: Uploaded | CDNStackError) -> bool:
    if isinstance(result, CredentialsError | UnreachableError | LeaseError):
        return True
    return isinstance(result, AWSError) and is_busy(result)


def _pack(sending: S) -> _Parcel[S]:
    size = sending.size
    if size >= LARGE_BYTES or sending.takes_long:
        return _Parcel(sending, size)
    try:
        return _Parcel(sending, size, sending.prepare().load())
    except Exception as error:  # only this file fails, and is reported
        return _Parcel(sending, size, failure=error)

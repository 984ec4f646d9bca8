"""Sends and reads small objects through obstore (Rust's object_store), several times as many a second as boto3.

Its credentials are the boto3 session's, and S3 checks the SHA-256 of what arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError

from ..errors import CDNStackError, ConflictError, CredentialsError, UnreachableError
from .listing import MAX_KEYS, list_by_obstore
from .objects import Keys, Requests, StoredObject
from .obstore_client import Credentials, ask, open_store
from .store_failures import STORE_ERRORS, is_cut_off, read_answer, translate_store
from .uploads import Upload, Uploaded, read_content

T = TypeVar("T")


class ObstoreTransport:
    """Reads and writes the objects below a prefix through obstore.

    :param ask_region: returns the bucket's region; obstore does not show the region in a redirect.
    :raises CredentialsError: there are no credentials.
    :raises SettingsError: the proxy or the CA bundle cannot be used, or botocore refuses the endpoint settings.
    """

    def __init__(self, keys: Keys, requests: Requests, ask_region: Callable[[], str]) -> None:
        self._keys, self._requests, self._ask_region = keys, requests, ask_region
        self._credentials = Credentials(keys.connection)
        self._store = open_store(keys.connection, keys.bucket, self._credentials)

    def get(self, key: str) -> StoredObject | None:
        """Return an object, or None if it does not exist."""
        self._requests.count("GetObject")
        try:
            return self._ask(lambda: _read(self._store, self._keys.path(key)))
        except STORE_ERRORS as error:
            if read_answer(error)[0] == "NoSuchKey":
                return None
            raise self._translate(error, "s3:GetObject", key) from error

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write an object if its ETag still is ``etag``, or, for None, if it does not exist; return the new ETag.

        :raises ConflictError: it was changed or created meanwhile.
        """
        mode: Any = {"e_tag": etag} if etag else "create"
        attributes = {"Content-Type": content_type, "Cache-Control": "no-store"}
        self._requests.count("PutObject")
        try:
            return str(self._ask(lambda: self._put(key, data, attributes, mode=mode))["e_tag"])
        except (AlreadyExistsError, PreconditionError) as error:
            raise ConflictError(f"{key} was changed by another run.") from error
        except STORE_ERRORS as error:
            raise self._translate(error, "s3:PutObject", key) from error

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist count as deleted."""
        self._requests.count(*["DeleteObjects"] * -(-len(keys) // 1000))
        try:
            self._ask(lambda: obstore.delete(self._store, [self._keys.path(key) for key in keys]))
        except STORE_ERRORS as error:
            raise self._translate(error, "s3:DeleteObject", keys[0]) from error

    def find(self, paths: set[str], folder: str) -> set[str] | None:
        """Return those of the full keys that exist; None if boto3 has to be asked.

        That is after an answer that broke off, for a key that obstore does not accept as a path, and after a refusal,
        for which boto3 has the better message.
        """
        try:
            return self._ask(lambda: self._look(paths, folder))
        except STORE_ERRORS as error:
            failure = self._translate(error, "s3:ListBucket", "")
            if isinstance(failure, CredentialsError | UnreachableError) and not is_cut_off(error):
                raise failure from error
            return None

    def list_first(self, folder: str) -> set[str] | None:
        """Return the full keys in a folder, with one request; None if one answer does not hold them all."""
        self._requests.count("ListObjectsV2")
        try:
            page = self._ask(lambda: next(list_by_obstore(self._store, folder), []))
        except (*STORE_ERRORS, CDNStackError):
            return None
        return set(page) if len(page) < MAX_KEYS else None

    def put(self, upload: Upload, check: Callable[[], None]) -> Uploaded:
        """Send a file; a header or a key that obstore itself refuses fails that file only."""
        self._requests.count("PutObject")
        data, checksum = read_content(upload)

        def put() -> Any:
            check()  # at each repetition, because it may have taken long to renew credentials
            return self._put(upload.key, data, upload.attributes)

        try:
            answer = self._ask(put)
        except CDNStackError:
            raise
        except BaseException as error:  # includes a panic in Rust, and ValueError for a key that obstore refuses
            raise self._translate(error, "s3:PutObject", upload.key) from error
        return Uploaded(upload.key, str(answer["e_tag"]), answer["version"], checksum, len(data))

    def _put(self, key: str, data: bytes, attributes: Any, **more: Any) -> Any:
        path = self._keys.path(key)
        return obstore.put(self._store, path, data, attributes=attributes, use_multipart=False, **more)

    def _look(self, paths: set[str], folder: str) -> set[str]:
        self._requests.count("ListObjectsV2")
        found: set[str] = set()
        for number, page in enumerate(list_by_obstore(self._store, folder)):
            self._requests.count(*["ListObjectsV2"] * bool(number))
            found |= paths.intersection(page)
        return found

    def _ask(self, call: Callable[[], T]) -> T:
        return ask(self._credentials, call)

    def _translate(self, error: BaseException, action: str, key: str) -> CDNStackError:
        if self._credentials.error is not None:
            return self._credentials.error
        return translate_store(error, action, self._keys, key, self._ask_region)


def _read(store: Any, key: str) -> StoredObject:
    answer = obstore.get(store, key)
    return StoredObject(bytes(answer.bytes()), str(answer.meta["e_tag"]), key)

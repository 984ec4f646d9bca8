"""Uploads of large files in one piece: read a block at a time, and signed with the SHA-256 that is known of them."""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from io import FileIO
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.httpsession import URLLib3Session

from ..regular_files import open_at_once
from .boto3_uploads import SYSTEM_DEFINED
from .endpoints import Place
from .session import Connection
from .store import CONNECT_SECONDS, USER_AGENT
from .uploads import Upload, Uploaded, encode_checksum
from .workers import MAX_WORKERS

_BLOCK_BYTES = 256 * 1024

# Seconds for the answer to a file that was sent.
_ANSWER_SECONDS = 60


class LargeUploads:
    """The way to one bucket for files that are hashed before they are sent anyway.

    obstore is handed a file as a whole and hashes it once more for the signature: for 400 MB it takes half as much time
    of the processor again, and 20 MB of memory for each file of 20 MB. botocore's signature takes the hash that is
    known.

    All that can go wrong is left to obstore: repeats, credentials that ended, what an error means. The first file that
    does not get through is the last one that is sent this way.
    """

    def __init__(self, connection: Connection, bucket: str, prefix: str) -> None:
        self._connection = connection
        self._bucket, self._prefix = bucket, prefix
        self._works = True

    def send(self, upload: Upload) -> Uploaded | None:
        """Send one file, and return what S3 answered; None where it was not sent, or that is not certain."""
        if not self._works:
            return None
        try:
            uploaded = self._put(upload)
        except Exception:  # whatever it is, it is met again by obstore, which knows its name
            uploaded = None
        if uploaded is None:
            self._works = False
        return uploaded

    def _put(self, upload: Upload) -> Uploaded | None:
        with open(upload.file, "rb", buffering=0, opener=open_at_once) as file:
            before = os.fstat(file.fileno())
            checksum = hashlib.file_digest(file, hashlib.sha256).hexdigest()
            if before.st_size != upload.size or upload.checksum not in ("", checksum):
                return None
            place = self._place
            request = AWSRequest(
                "PUT",
                f"{place.url}/{quote(self._prefix + upload.key, safe='/~')}",
                self._describe(upload, checksum),
                _Blocks(file, upload.size),
            )
            credentials = self._connection.credentials().get_frozen_credentials()
            _Signature(credentials, place.region, checksum).add_auth(request)
            answer = self._http.send(request.prepare())
            after = os.fstat(file.fileno())
        if answer.status_code != 200 or before.st_mtime_ns != after.st_mtime_ns:
            return None
        return Uploaded(
            upload.key, answer.headers["ETag"], answer.headers.get("x-amz-version-id"), checksum, upload.size
        )

    def _describe(self, upload: Upload, checksum: str) -> dict[str, str]:
        headers = {"User-Agent": USER_AGENT, "Content-Length": str(upload.size)}
        for name, value in upload.attributes.items():
            headers[name if name.lower() in SYSTEM_DEFINED else f"x-amz-meta-{name}"] = value
        if not self._connection.is_foreign("s3"):
            headers["x-amz-checksum-sha256"] = encode_checksum(checksum)
        return headers

    @cached_property
    def _place(self) -> Place:
        place = self._connection.place(self._bucket)
        assert place is not None
        return place

    @cached_property
    def _http(self) -> URLLib3Session:
        proxy = self._connection.proxy("s3")
        # botocore itself gives it a file, and a pair of seconds; the stubs know of neither.
        ways: Any = {
            "verify": self._connection.ca_bundle("s3") or True,
            "timeout": (CONNECT_SECONDS, min(_ANSWER_SECONDS, self._connection.timeout)),
        }
        proxies = {urlsplit(self._place.url).scheme: proxy} if proxy else None
        return URLLib3Session(proxies=proxies, max_pool_connections=MAX_WORKERS, **ways)


class _Signature(S3SigV4Auth):
    """Signature Version 4 of a payload whose SHA-256 is known."""

    def __init__(self, credentials: ReadOnlyCredentials, region: str, checksum: str) -> None:
        super().__init__(credentials, "s3", region)
        self._checksum = checksum

    def payload(self, request: AWSRequest) -> str:
        """Return what the signature says of the payload."""
        return self._checksum


class _Blocks:
    """As many bytes of a file as were promised, in one buffer: a block is sent before the next one is asked for."""

    def __init__(self, file: FileIO, size: int) -> None:
        self._file, self._left = file, size
        self._buffer = memoryview(bytearray(_BLOCK_BYTES))
        file.seek(0)

    def read(self, _: int = -1) -> memoryview:
        """Return the next block, empty after the last one.

        :raises EOFError: the file has become shorter.
        """
        block = self._buffer[: min(self._left, _BLOCK_BYTES)]
        count = self._file.readinto(block) or 0
        if self._left and not count:
            raise EOFError
        self._left -= count
        return block[:count]

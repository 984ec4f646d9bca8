"""The bucket: objects read, written on a condition, and uploaded many at a time, through obstore.

obstore (Rust's object_store) sends several times as many small objects a second as boto3. It gets its credentials
from the boto3 session, and S3 checks the SHA-256 of what arrives. The few objects that need what it cannot say go
through boto3.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from ..errors import AWSError, CDNStackError, ConflictError, CredentialsError, UnreachableError
from .boto3_uploads import Boto3Uploads, needs_boto3
from .session import Connection, is_loopback, refusal, translate_errors, unreachable
from .uploads import PART_BYTES, STREAMED_BYTES, Upload, Uploaded, read_file, read_parts

#: Uploads at once, and the bytes that they may hold together.
MAX_UPLOADS = 128
MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024

_STORE_ERRORS = (BaseError, OSError)


@dataclass(frozen=True)
class StoredObject:
    """An object's bytes and its ETag."""

    data: bytes
    etag: str


class Bucket:
    """A bucket's objects below a prefix. ``requests`` counts the operations asked for by name."""

    def __init__(self, connection: Connection, name: str, prefix: str, requests: Counter[str]) -> None:
        self.name = name
        self._prefix = f"{prefix}/" if prefix else ""
        self._requests = requests
        self._credentials = _Credentials(connection)
        self._store = _open_store(connection, name, self._credentials)
        self._boto3 = Boto3Uploads(connection, name, self._prefix)

    def read(self, key: str) -> StoredObject | None:
        """Return an object, or None where there is none."""
        self._requests["GetObject"] += 1
        try:
            answer = obstore.get(self._store, self._prefix + key)
            return StoredObject(bytes(answer.bytes()), str(answer.meta["e_tag"]))
        except _STORE_ERRORS as error:
            if _answer(error)[0] == "NoSuchKey":
                return None
            raise self._error(error, "s3:GetObject", key) from error

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write an object if its ETag still is ``etag``, or, for None, if it does not exist; return the new ETag.

        :raises ConflictError: it was changed or created meanwhile.
        """
        mode: Any = {"e_tag": etag} if etag else "create"
        attributes = {"Content-Type": content_type, "Cache-Control": "no-store"}
        self._requests["PutObject"] += 1
        try:
            answer = obstore.put(
                self._store, self._prefix + key, data, attributes=attributes, mode=mode, use_multipart=False
            )
        except (AlreadyExistsError, PreconditionError) as error:
            raise ConflictError(f"{key} was changed by another run.") from error
        except _STORE_ERRORS as error:
            raise self._error(error, "s3:PutObject", key) from error
        return str(answer["e_tag"])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist count as deleted."""
        self._requests["DeleteObjects"] += -(-len(keys) // 1000)
        try:
            obstore.delete(self._store, [self._prefix + key for key in keys])
        except _STORE_ERRORS as error:
            raise self._error(error, "s3:DeleteObject", keys[0]) from error

    def upload(self, uploads: Iterable[Upload], done: Callable[[Upload, Uploaded | CDNStackError], None]) -> None:
        """Send files, many at a time; call ``done`` for each as it ends, in this thread.

        A file whose bytes are not the planned ones is not sent: what is sent is what was checked. Once AWS cannot be
        reached or does not know the credentials any more, no further file is begun.
        """
        asyncio.run(self._upload_all(uploads, done))

    async def _upload_all(
        self, uploads: Iterable[Upload], done: Callable[[Upload, Uploaded | CDNStackError], None]
    ) -> None:
        budget = _Budget(MAX_UPLOADS, MAX_BYTES_IN_FLIGHT)
        hopeless = False

        def end(task: asyncio.Task[Uploaded | CDNStackError], upload: Upload) -> None:
            nonlocal hopeless
            budget.give(upload.size)
            if not task.cancelled() and task.exception() is None:
                hopeless = hopeless or isinstance(task.result(), CredentialsError | UnreachableError)
                done(upload, task.result())

        async with asyncio.TaskGroup() as tasks:
            for upload in uploads:
                await budget.take(upload.size)
                if hopeless:
                    break
                tasks.create_task(self._upload_one(upload)).add_done_callback(partial(end, upload=upload))

    async def _upload_one(self, upload: Upload) -> Uploaded | CDNStackError:
        through_boto3 = needs_boto3(upload)
        streamed = upload.size > STREAMED_BYTES and not through_boto3
        self._requests.update(_requests_for(upload.size) if streamed else ["PutObject"])
        try:
            if through_boto3:
                return await self._boto3.send(upload)
            body: Any = read_parts(upload) if streamed else await _read_whole(upload)
            answer = await obstore.put_async(
                self._store,
                self._prefix + upload.key,
                body,
                attributes=_attributes(upload),
                use_multipart=streamed,
                chunk_size=PART_BYTES,
            )
        except CDNStackError as error:
            return error
        except Exception as error:  # also a panic of the store's, and a key that it refuses with ValueError
            return self._error(error, "s3:PutObject", upload.key)
        return Uploaded(upload.key, str(answer["e_tag"]), answer["version"])

    def _error(self, error: Exception, action: str, key: str) -> CDNStackError:
        if self._credentials.error is not None:
            return self._credentials.error
        code, message = _answer(error)
        text = str(error)
        if refused := re.search(r"request failed for key (.*): .* \(code:", text):
            path = refused[1]
        else:
            path = self._prefix + key
        resource = f"arn:aws:s3:::{self.name}/{path}"
        first = text.partition("\n")[0]
        # Whether a request that ends so was carried out is not known.
        if "HTTP error: " in first or re.search(r"status code: 5(?!01)\d\d", first):
            return unreachable(f"{message} ({code})" if code else first)
        if code:
            return refusal(code, message, action, self.name if code == "NoSuchBucket" else resource)
        return AWSError(f"{action} on {resource} failed: {first}")


class _Budget:
    """Lets tasks start while neither their number nor their bytes exceed a limit; one alone may exceed the bytes."""

    def __init__(self, count: int, size: int) -> None:
        self._count, self._size = count, size
        self._running = self._held = 0
        self._changed = asyncio.Event()

    async def take(self, size: int) -> None:
        while self._running >= self._count or (self._running and self._held + size > self._size):
            self._changed.clear()
            await self._changed.wait()
        self._running += 1
        self._held += size

    def give(self, size: int) -> None:
        self._running -= 1
        self._held -= size
        self._changed.set()


def _requests_for(size: int) -> dict[str, int]:
    return {"CreateMultipartUpload": 1, "UploadPart": -(-size // PART_BYTES), "CompleteMultipartUpload": 1}


async def _read_whole(upload: Upload) -> bytes:
    if upload.size > 1024 * 1024:
        return await asyncio.to_thread(read_file, upload)
    return read_file(upload)


def _attributes(upload: Upload) -> Any:
    own = {"Content-Type": upload.content_type}
    if upload.cache_control:
        own["Cache-Control"] = upload.cache_control
    return own | dict(upload.headers)


def _open_store(connection: Connection, name: str, credentials: _Credentials) -> S3Store:
    endpoint = connection.endpoint("s3")
    config: Any = {"region": connection.region, "checksum_algorithm": "SHA256"}
    options: Any = {"timeout": "300s", "connect_timeout": "10s", "user_agent": "flask-cdn-stack"}
    if endpoint:
        config["endpoint"] = endpoint
        options["allow_http"] = endpoint.startswith("http:")
    if proxy := connection.proxy("s3"):
        options["proxy_url"] = proxy
    elif is_loopback(endpoint):
        # Without a proxy from us it would ask the environment itself.
        options |= {"proxy_url": endpoint, "proxy_excludes": urlsplit(str(endpoint)).hostname}
    pauses = {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 2}
    retries: Any = {"max_retries": 10, "backoff": pauses, "retry_timeout": timedelta(minutes=3)}
    return S3Store(
        name,
        config=config,
        client_options=options,
        retry_config=retries,
        credential_provider=credentials,
    )


class _Credentials:
    """The session's credentials as the store asks for them; ``error`` is why they could not be had."""

    def __init__(self, connection: Connection) -> None:
        self._found = connection.credentials()
        self.error: CDNStackError | None = None

    def __call__(self) -> Any:
        self.error = None
        try:
            with translate_errors("sts:GetCallerIdentity"):
                frozen = self._found.get_frozen_credentials()
        except CDNStackError as error:
            self.error = error  # the store lets only its text through
            raise
        # botocore renews credentials ten minutes before they end; asking it again every five is soon enough.
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + timedelta(minutes=5),
        }


def _answer(error: Exception) -> tuple[str, str]:
    text = str(error)
    if refused := re.search(r"request failed for key .*: (.*) \(code: (\w+)\)", text):
        return refused[2], refused[1]
    code = re.search(r"<Code>(.*?)</Code>", text)
    message = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    forbidden = "Forbidden" if "status code: 403" in text else ""
    return code[1] if code else forbidden, unescape(message[1]) if message else ""

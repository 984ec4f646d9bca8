"""Reads the text of a manifest from ``CDN_MANIFEST_URL``: a path, a file in a zip archive, or a URL."""

from __future__ import annotations

import os
import re
import time
from base64 import b64encode
from pathlib import PurePath
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit, urlunsplit

from ..errors import ManifestError
from ..loading import loading
from ..record import Record
from ..regular_files import open_regular

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import Request

_CHUNK_BYTES = 64 * 1024
_VALIDATORS = ("ETag", "Last-Modified")
_CONDITIONS = ("If-None-Match", "If-Modified-Since")
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+:"
_Version: TypeAlias = tuple[str, ...]
_Found: TypeAlias = tuple[bytes, _Version]


class ManifestText(Record):
    """The text of a manifest and its version, by which :func:`read_manifest` recognises it later."""

    text: str
    version: tuple[str, ...]


def is_remote(location: str) -> bool:
    """Return whether a manifest is fetched over http."""
    return location.partition(":")[0].lower() in ("http", "https")


def read_manifest(
    location: str, root_path: str, *, timeout: float, max_bytes: int, known: tuple[str, ...] = ()
) -> ManifestText | None:
    """Return the manifest at ``location``, or None if it still is the ``known`` version.

    :param location: an http(s) or ``file:`` URL, or a path, also of a file inside a zip archive.
    :param root_path: folder that a relative path starts at.
    :param timeout: seconds that fetching over http may take.
    :param max_bytes: largest size of the manifest.
    :param known: ``version`` of an earlier result: over http ETag and Last-Modified, which make the request
        conditional; for a file its modification time, size and inode.
    :raises ManifestError: it is missing, unreachable, too large or not UTF-8.
    """
    name = describe(location)
    if is_remote(location):
        found = _read_http(location, name, timeout, max_bytes, known)
    else:
        found = _read_path(os.path.join(root_path, _local_path(location, name)), name, max_bytes, known)
    if found is None:
        return None
    data, version = found
    if len(data) > max_bytes:
        from ..quantities import count

        raise ManifestError(
            f"The manifest {name} is larger than {count(max_bytes, 'byte')}.", "Raise CDN_MANIFEST_MAX_BYTES."
        )
    try:
        return ManifestText(data.decode("utf-8"), version)
    except UnicodeDecodeError as error:
        raise ManifestError(f"The manifest {name} is not UTF-8 text.", "Write it again with `deploy`.") from error


def describe(location: str) -> str:
    """Return ``location`` for messages: without a user name and password, and a URL without its query.

    The query may hold a signature.
    """
    shown = location.strip()
    head, _, rest = shown.rpartition("@")
    scheme = re.match(_SCHEME, shown)
    if ":" in head:
        shown = f"{scheme[0]}//{rest}" if scheme else rest
    if scheme or shown.startswith("//"):
        shown = re.split(r"[?#]", shown, maxsplit=1)[0]
    return shown


def _local_path(location: str, name: str) -> str:
    if location[:5].lower() != "file:":
        return location
    with loading:
        from urllib.request import url2pathname

    try:
        parts = urlsplit(location)
    except ValueError as error:
        raise ManifestError(f"The manifest {name} has no address: {error}.", "Correct CDN_MANIFEST_URL.") from error
    if parts.netloc not in ("", "localhost"):
        raise ManifestError(f"The manifest {name} is on another machine.", "Write file:///path for a local file.")
    return url2pathname(parts.path)


def _read_path(path: str, name: str, max_bytes: int, known: _Version) -> _Found | None:
    try:
        with open_regular(path) as file:
            found = os.fstat(file.fileno())
            version = _version(found)
            # At most the size of the file: read() allocates as much as it is asked for.
            return None if version == known else (file.read(min(found.st_size, max_bytes) + 1), version)
    except (OSError, ValueError) as error:
        inner = PurePath(os.path.normpath(path))
        archive = next((parent for parent in inner.parents if os.path.isfile(parent)), None)
        version = _version(os.stat(archive)) if archive else ()
        if version and version == known:
            return None
        data = _read_archived(archive, inner, max_bytes) if archive else None
        if data is None:
            raise ManifestError(
                f"The manifest {name} cannot be read: {getattr(error, 'strerror', None) or error}.",
                "Run `deploy` to write it, or correct CDN_MANIFEST_URL.",
            ) from error
        return data, version


def _version(found: os.stat_result) -> _Version:
    return (str(found.st_mtime_ns), str(found.st_size), str(found.st_ino))


def _read_archived(archive: PurePath, path: PurePath, max_bytes: int) -> bytes | None:
    with loading:
        from zipfile import BadZipFile, ZipFile
        from zlib import error as DamagedDataError

    try:
        with ZipFile(archive) as opened, opened.open(path.relative_to(archive).as_posix()) as file:
            return file.read(max_bytes + 1)
    except (OSError, EOFError, KeyError, RuntimeError, BadZipFile, DamagedDataError):
        return None


def _read_http(url: str, name: str, timeout: float, max_bytes: int, known: _Version) -> _Found | None:
    # urlopen's timeout limits one wait on the network; many redirects, or a very slow server, could take for ever.
    result: list[_Found | str | None] = []
    fetching = Thread(
        target=lambda: result.append(_fetch(url, timeout, max_bytes, known)), name="flask-cdn-stack-fetch", daemon=True
    )
    try:
        fetching.start()
        fetching.join(timeout)
        answer = result[0] if result else _too_slow(timeout)
    except RuntimeError as error:
        answer = str(error)
    if isinstance(answer, str):
        reason = "".join(char if char.isprintable() else " " for char in answer)
        raise ManifestError(f"The manifest {name} cannot be fetched: {reason}.", "Check CDN_MANIFEST_URL.")
    return answer


def _fetch(url: str, timeout: float, max_bytes: int, known: _Version) -> _Found | str | None:
    """Return the body and its version, None if it is the known version, or a text that says why there is no body."""
    with loading:
        import encodings.idna  # noqa: F401  (looking up a host imports it)
        from http.client import InvalidURL
        from urllib.error import HTTPError
        from urllib.request import urlopen

    end = time.monotonic() + timeout
    try:
        with urlopen(_make_request(url, known), timeout=timeout) as response:
            version = tuple(response.headers.get(name, "") for name in _VALIDATORS)
            return _read_body(response, max_bytes, end), version
    except HTTPError as error:
        error.close()
        return None if error.code == 304 and any(known) else f"the server answers {error.code} {error.reason}"
    except (InvalidURL, ValueError):
        # Their messages repeat parts of the URL, which may be a password or a signature.
        return "it is not a URL that can be fetched"
    except Exception as error:  # any other would end the thread, and be reported as a slow server
        reason = getattr(error, "reason", "") or error
        return _too_slow(timeout) if isinstance(reason, TimeoutError) else str(reason) or type(error).__name__


def _make_request(url: str, known: _Version) -> Request:
    from urllib.request import Request

    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    headers = {"User-Agent": "flask-cdn-stack", "Accept": "text/plain, */*"}
    headers |= {name: value for name, value in zip(_CONDITIONS, known, strict=False) if value}
    request = Request(urlunsplit(parts._replace(netloc=host)) if at else url, headers=headers)
    if at:
        # Not sent again to the target of a redirect.
        token = b64encode(unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def _too_slow(timeout: float) -> str:
    return f"it takes longer than {timeout:g} second{'' if timeout == 1 else 's'}"


def _read_body(response: HTTPResponse, max_bytes: int, end: float) -> bytes:
    data = bytearray()
    while len(data) <= max_bytes and (chunk := response.read1(_CHUNK_BYTES)):
        data += chunk
        if time.monotonic() > end:
            raise TimeoutError
    if response.length and len(data) <= max_bytes:
        raise ConnectionError("the connection ended too early")
    return bytes(data)

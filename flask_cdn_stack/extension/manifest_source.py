"""Reading the text of a manifest from where ``CDN_MANIFEST_URL`` says: a path, a zip archive or a URL."""

from __future__ import annotations

import os
from pathlib import PurePath
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import ManifestError

if TYPE_CHECKING:
    from http.client import HTTPResponse

_CHUNK_BYTES = 64 * 1024


def read_manifest_text(location: str, root_path: str, *, timeout: float, max_bytes: int) -> str:
    """Return the text at ``location``.

    :param location: an http(s) or ``file:`` URL, or a path, also of a file inside a zip archive.
    :param root_path: folder that a relative path starts at.
    :param timeout: seconds that fetching over http may take.
    :param max_bytes: size over which nothing is returned.
    :raises ManifestError: it is missing, unreachable, too large or not UTF-8.
    """
    name = describe(location)
    scheme = location.partition(":")[0].lower()
    if scheme in ("http", "https"):
        data = _read_http(location, name, timeout, max_bytes)
    else:
        data = _read_path(os.path.join(root_path, _local_path(location, name)), name, max_bytes)
    if len(data) > max_bytes:
        raise ManifestError(f"The manifest {name} is larger than {max_bytes} bytes.", "Raise CDN_MANIFEST_MAX_BYTES.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ManifestError(f"The manifest {name} is not UTF-8 text.", "Write it again with `deploy`.") from error


def describe(location: str) -> str:
    """Return ``location`` as it may be shown: without a password and without a signature in its query."""
    scheme, separator, rest = location.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        return location
    rest = rest.partition("?")[0].partition("#")[0]
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def _local_path(location: str, name: str) -> str:
    if location[:5].lower() != "file:":
        return location
    from urllib.request import url2pathname

    parts = urlsplit(location)
    if parts.netloc not in ("", "localhost"):
        raise ManifestError(f"The manifest {name} is on another machine.", "Write file:///path for a local file.")
    return url2pathname(parts.path)


def _read_path(path: str, name: str, max_bytes: int) -> bytes:
    try:
        with open(path, "rb") as file:
            # Not more than there is: read() sets aside what it is asked for.
            return file.read(min(os.fstat(file.fileno()).st_size, max_bytes) + 1)
    except OSError as error:
        data = _read_archived(PurePath(os.path.normpath(path)), max_bytes)
        if data is None:
            raise ManifestError(
                f"The manifest {name} cannot be read: {error.strerror or error}.",
                "Run `deploy` to write it, or correct CDN_MANIFEST_URL.",
            ) from error
        return data


def _read_archived(path: PurePath, max_bytes: int) -> bytes | None:
    archive = next((parent for parent in path.parents if os.path.isfile(parent)), None)
    if archive is None:
        return None
    from zipfile import BadZipFile, ZipFile
    from zlib import error as DamagedDataError

    try:
        with ZipFile(archive) as opened, opened.open(path.relative_to(archive).as_posix()) as file:
            return file.read(max_bytes + 1)
    except (OSError, EOFError, KeyError, RuntimeError, BadZipFile, DamagedDataError):
        return None


def _read_http(url: str, name: str, timeout: float, max_bytes: int) -> bytes:
    # urlopen's own limit is for one wait on the network; redirects and a server that drips bytes could go on for ever.
    result: list[bytes | str] = []
    fetching = Thread(target=lambda: result.append(_fetch(url, timeout, max_bytes)), daemon=True)
    fetching.start()
    fetching.join(timeout)
    answer = result[0] if result else _too_slow(timeout)
    if isinstance(answer, str):
        raise ManifestError(f"The manifest {name} cannot be fetched: {answer}.", "Check CDN_MANIFEST_URL.")
    return answer


def _fetch(url: str, timeout: float, max_bytes: int) -> bytes | str:
    """Return the body, or why there is none."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        request = Request(url, headers={"User-Agent": "flask-cdn-stack", "Accept": "text/plain, */*"})
        with urlopen(request, timeout=timeout) as response:
            return _read_body(response, max_bytes)
    except HTTPError as error:
        error.close()
        return f"the server answers {error.code} {error.reason}"
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", "") or error
        return _too_slow(timeout) if isinstance(reason, TimeoutError) else str(reason) or type(error).__name__


def _too_slow(timeout: float) -> str:
    return f"it takes longer than {timeout:g} seconds"


def _read_body(response: HTTPResponse, max_bytes: int) -> bytes:
    data = bytearray()
    while len(data) <= max_bytes and (chunk := response.read1(_CHUNK_BYTES)):
        data += chunk
    if response.length and len(data) <= max_bytes:
        raise ConnectionError("the connection ended too early")
    return bytes(data)

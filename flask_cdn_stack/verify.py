"""Fetching published URLs through the CDN and comparing what arrives."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import UnreachableError

#: Seconds that one request may take.
TIMEOUT = 30


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, headers by lower-case name, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class CheckedURL:
    """A URL that was fetched. ``problem`` is empty where everything was as expected."""

    url: str
    content_type: str
    size: int
    problem: str


#: Says which address to connect to for a host of a URL, or None for what DNS says.
FindAddress = Callable[[str], tuple[str, int] | None]


def fetch(url: str, find_address: FindAddress, headers: dict[str, str] | None = None) -> Answer:
    """Fetch a URL without following redirects.

    :raises UnreachableError: nothing answers.
    """
    parts = urlsplit(url)
    host, port = find_address(parts.netloc) or (parts.hostname or "", parts.port)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port, timeout=TIMEOUT)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"Host": parts.netloc, **(headers or {})})
        response = connection.getresponse()
        answered = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, answered, response.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UnreachableError(
            f"{url} could not be fetched: {error}.", "Check that the CDN's host is reachable."
        ) from error
    finally:
        connection.close()


def check_url(url: str, checksum: str | None, content_type: str, find_address: FindAddress) -> CheckedURL:
    """Fetch a URL and compare its bytes and content type.

    :param checksum: the SHA-256, in hex, that the manifest names; None where it names none.
    """
    answer = fetch(url, find_address)
    served = answer.headers.get("content-type", "")
    if answer.status != 200:
        problem = f"status {answer.status}"
    elif checksum is None:
        problem = "not in the manifest"
    elif hashlib.sha256(answer.body).hexdigest() != checksum:
        problem = "other bytes than the manifest says"
    elif served != content_type:
        problem = f"content type {served or 'missing'}, not {content_type}"
    else:
        problem = ""
    return CheckedURL(url, served, len(answer.body), problem)

"""An HTTP client for viewers' requests: one kept connection per thread and host, and limits for every request.

A server may be slow or silent, or send without end; each request has a deadline and a limit of bytes.
"""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import SplitResult, urlsplit

from .connections import Way, find_proxy, log_in, make_connection
from .deadlines import Deadlines

#: Codes of :class:`NoAnswerError`.
NAME_UNKNOWN, REFUSED, WRONG_CERTIFICATE, TOO_SLOW, BROKEN = "name", "refused", "certificate", "slow", "broken"

T = TypeVar("T")

_PIECE = 1 << 16

# Statuses that may go away on a retry: an origin or an edge in trouble, or too many requests.
_PASSING = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Answer:
    """An HTTP response: status, headers by lower-case name, and the body.

    ``size`` and ``checksum``, the SHA-256 in hex, are those of the whole body; ``body`` is empty unless it was asked
    for. ``is_cut``: the body was longer than the limit. ``asked`` counts the requests, retries included.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    size: int = 0
    checksum: str = ""
    is_cut: bool = False
    asked: int = 1


class NoAnswerError(Exception):
    """There is no complete response. Callers in this package turn it into a finding; it never leaves the package.

    ``reason`` says why in words; ``code`` is one of this module's codes.
    """

    def __init__(self, url: str, reason: str, code: str) -> None:
        super().__init__(f"{url} could not be fetched: {reason}.")
        self.reason, self.code = reason, code


@dataclass(frozen=True)
class Limits:
    """Limits of time, in seconds, and of size.

    :param connect: time to connect, and to wait for the next bytes.
    :param whole: time for a whole request, plus a second for each ``rate`` bytes expected.
    :param most: most bytes of a body of unknown size.
    :param repeats: retries after a failure; the ``pause`` before each is twice the one before.
    """

    connect: float = 15.0
    whole: float = 60.0
    rate: int = 250_000
    most: int = 64 * 1024 * 1024
    repeats: int = 2
    pause: float = 0.5


@dataclass
class _Kept(threading.local):
    """The kept connections of one thread, by scheme and host."""

    connections: dict[tuple[str, str], http.client.HTTPConnection] = field(default_factory=dict)


class Viewer:
    """Makes requests. A context manager, which closes all connections at its end. Threads may share one.

    :param sleep: waits for a number of seconds before a retry.
    """

    def __init__(
        self, way: Way | None = None, limits: Limits | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.limits = limits or Limits()
        self._way, self._sleep = way or Way(), sleep
        self._kept = _Kept()
        self._all: list[http.client.HTTPConnection] = []
        self._deadlines = Deadlines()
        self._has_given_up = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._deadlines.stop()
        for connection in self._all:
            connection.close()

    def ask(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        size: int | None = None,
        keep: bool = False,
    ) -> Answer:
        """Make a request, with retries for failures that may pass. Redirects are not followed.

        :param size: the expected size in bytes; at most one more is read.
        :param keep: return the body, too.
        :raises NoAnswerError: there is no complete response.
        """
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        return self._repeat(
            lambda asked: replace(self._ask_once(url, sent, method, size, keep), asked=asked),
            lambda answer: answer.status in _PASSING,
        )

    def give_up(self) -> None:
        """End the requests under way, and refuse new ones."""
        self._has_given_up = True
        self._deadlines.end_all()

    def reach(self, url: str) -> None:
        """Open a connection to a URL's host, and close it, with retries for failures that may pass.

        :raises NoAnswerError: it cannot be opened.
        """
        self._repeat(lambda asked: self.connect(url), lambda connection: False).close()

    def connect(self, url: str, context: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
        """Open a connection to a URL's host, which the caller closes.

        :param context: a TLS context in place of the usual one.
        :raises NoAnswerError: it cannot be opened.
        """
        parts = _split(url)
        connection = self._make(parts, context)
        try:
            connection.connect()
        except Exception as error:
            connection.close()
            raise _translate(url, error) from error
        return connection

    def _repeat(self, ask: Callable[[int], T], is_trouble: Callable[[T], bool]) -> T:
        """Call ``ask`` with the number of the attempt until it succeeds, fails for good, or the retries are over."""
        for asked in range(1, self.limits.repeats + 1):
            try:
                found = ask(asked)
                if not is_trouble(found):
                    return found
            except NoAnswerError as error:
                if error.code not in (REFUSED, BROKEN):
                    raise
            self._sleep(self.limits.pause * 2 ** (asked - 1))
        return ask(self.limits.repeats + 1)

    def _ask_once(self, url: str, headers: Mapping[str, str], method: str, size: int | None, keep: bool) -> Answer:
        if self._has_given_up:
            raise NoAnswerError(url, "nobody is interested any longer", TOO_SLOW)
        parts = _split(url)
        place = parts.scheme, parts.netloc
        kept = self._kept.connections.pop(place, None)
        try:
            if kept is not None:
                try:
                    return self._exchange(kept, parts, method, headers, size, keep)
                except (ConnectionError, http.client.BadStatusLine):
                    kept.close()  # the server had closed it in the meantime
            connection = self._make(parts)
            self._all.append(connection)
            return self._exchange(connection, parts, method, headers, size, keep)
        except Exception as error:
            raise _translate(url, error) from error

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        parts: SplitResult,
        method: str,
        headers: Mapping[str, str],
        size: int | None,
        keep: bool,
    ) -> Answer:
        seconds = self.limits.whole + (size or 0) / self.limits.rate
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        is_whole = False
        try:
            if connection.sock is None:
                connection.connect()
            with self._deadlines.within(connection.sock, seconds):
                proxy = find_proxy(self._way, parts) if parts.scheme == "http" else None
                connection.request(
                    method,
                    f"http://{parts.netloc}{target}" if proxy else target,
                    headers={"Host": parts.netloc, **(log_in(proxy) if proxy else {}), **headers},
                )
                response = connection.getresponse()
                answer = _read(response, self.limits.most if size is None else size, keep)
                is_whole = not answer.is_cut
        finally:
            if is_whole and connection.sock is not None:
                self._kept.connections[parts.scheme, parts.netloc] = connection
            else:
                connection.close()
        return answer

    @cached_property
    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._way.authorities is not None:
            context.load_verify_locations(self._way.authorities)
        return context

    def _make(self, parts: SplitResult, context: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
        context = (context or self._context) if parts.scheme == "https" else None
        return make_connection(self._way, parts, context, self.limits.connect)


def _read(response: http.client.HTTPResponse, most: int, keep: bool) -> Answer:
    hashed, size, pieces = hashlib.sha256(), 0, []
    while size <= most and (piece := response.read1(min(_PIECE, most + 1 - size))):
        hashed.update(piece)
        size += len(piece)
        if keep:
            pieces.append(piece)
    response.close()  # keeps the connection open for the next request
    if response.length and size <= most:
        raise http.client.IncompleteRead(b"", response.length)
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
    return Answer(response.status, headers, b"".join(pieces), size, hashed.hexdigest(), size > most)


def _split(url: str) -> SplitResult:
    """Return the parts of an http or https URL.

    :raises NoAnswerError: it is not such a URL.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass
    raise NoAnswerError(url, "it is not the address of a server", BROKEN)


def _translate(url: str, error: Exception) -> NoAnswerError:
    match error:
        case NoAnswerError():
            return error
        case ssl.SSLCertVerificationError():
            return NoAnswerError(url, error.verify_message, WRONG_CERTIFICATE)
        case TimeoutError():
            return NoAnswerError(url, "it took too long", TOO_SLOW)
        case socket.gaierror() | UnicodeError():
            return NoAnswerError(url, getattr(error, "strerror", None) or str(error), NAME_UNKNOWN)
        case ConnectionRefusedError():
            return NoAnswerError(url, error.strerror or str(error), REFUSED)
        case OSError() | ValueError() | http.client.HTTPException():
            return NoAnswerError(url, str(getattr(error, "strerror", None) or error) or type(error).__name__, BROKEN)
        case _:
            raise error

"""Asking as a browser does: connections that are kept, one for each thread and host, and an end to every request.

A server may be slow, silent or endless; each request has a time and a size that it may take, whatever the server does
in between.
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

#: What a failure to get an answer is.
NAME_UNKNOWN, REFUSED, WRONG_CERTIFICATE, TOO_SLOW, BROKEN = "name", "refused", "certificate", "slow", "broken"

T = TypeVar("T")

_PIECE = 1 << 16

# Those of an origin, or an edge, in trouble for a moment, and of one that is asked too fast.
_PASSING = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, headers by lower-case name, and the body.

    ``size`` and ``checksum``, its SHA-256 in hex, are of the whole body, which is only kept where it was asked for.
    ``is_cut`` says that there was more than what may be read. ``asked`` is how often it was asked for.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    size: int = 0
    checksum: str = ""
    is_cut: bool = False
    asked: int = 1


class NoAnswerError(Exception):
    """There is no whole answer, which is what somebody wants to know; never raised out of this room.

    ``reason`` says why in words, and ``code`` in one of this module's.
    """

    def __init__(self, url: str, reason: str, code: str) -> None:
        super().__init__(f"{url} could not be fetched: {reason}.")
        self.reason, self.code = reason, code


@dataclass(frozen=True)
class Limits:
    """How long, in seconds, and how large anything may be.

    :param connect: for a connection to be made, or the next bytes to come.
    :param whole: for a request to its last byte; a second more for each ``rate`` bytes that are expected.
    :param most: bytes of a body of which the size is not known.
    :param repeats: how often what failed is asked for again, each time after twice the ``pause``.
    """

    connect: float = 15.0
    whole: float = 60.0
    rate: int = 250_000
    most: int = 64 * 1024 * 1024
    repeats: int = 2
    pause: float = 0.5


@dataclass
class _Kept(threading.local):
    """The connections of one thread, by scheme and host."""

    connections: dict[tuple[str, str], http.client.HTTPConnection] = field(default_factory=dict)


class Viewer:
    """Asks servers; a context manager, after which no connection is open. Threads may share one.

    :param sleep: waits for seconds before something is asked for again.
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
        """Ask, and ask again where that may have been a moment's trouble; redirects are not followed.

        :param size: how many bytes are expected; one more is read at most.
        :param keep: return the body, too.
        :raises NoAnswerError: there is no whole one.
        """
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        return self._repeat(
            lambda asked: replace(self._ask_once(url, sent, method, size, keep), asked=asked),
            lambda answer: answer.status in _PASSING,
        )

    def give_up(self) -> None:
        """End what is under way, and ask for nothing more: nobody is interested any longer."""
        self._has_given_up = True
        self._deadlines.end_all()

    def reach(self, url: str) -> None:
        """Open a connection to a URL's host, and close it; try again where that may have been a moment's trouble.

        :raises NoAnswerError: that fails.
        """
        self._repeat(lambda asked: self.connect(url), lambda connection: False).close()

    def connect(self, url: str, context: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
        """Open a connection to a URL's host, which the caller closes.

        :param context: what to offer in place of the usual.
        :raises NoAnswerError: that fails.
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
        """Return what comes of asking for the first, second or a later time, of which the number is handed on."""
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
                    kept.close()  # the server had ended it meanwhile
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
    response.close()  # which keeps the connection, for the next request
    if response.length and size <= most:
        raise http.client.IncompleteRead(b"", response.length)
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
    return Answer(response.status, headers, b"".join(pieces), size, hashed.hexdigest(), size > most)


def _split(url: str) -> SplitResult:
    """Return the parts of a URL that can be asked for.

    :raises NoAnswerError: it is none.
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

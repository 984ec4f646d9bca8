"""The edge as a server on 127.0.0.1, in a thread of its own.

aiohttp both serves viewers and asks origins. Its parser is written in C, and it has wheels for Python 3.11 to 3.14. A
hit takes about 0.2 ms of CPU time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
import threading
from collections.abc import Callable
from time import time
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web

from ...aws.distribution_parts import DistributionReader, open_local_connection
from ...errors import CDNStackError
from .behaviors import explain
from .cache import Cache
from .edge import Edge, FindRules
from .front import Front
from .functions import find_runner
from .messages import Answer, Request
from .origins import Origins, Surroundings
from .response_headers import mark
from .rules import Rules
from .store import CAPACITY, Store
from .watch import Watch

_HOST = "127.0.0.1"

# Seconds in which responses under way may be completed when the server stops. aiohttp takes 0 for "no limit".
_PATIENCE = 0.5

# Most bytes of a request's headers together (CloudFront developer guide, "Quotas").
_LONGEST_FIELD = 20_480

# A malformed request gets an error response; the terminal need not show it.
_LOG = logging.getLogger("flask_cdn_stack.local.edge")
_LOG.addHandler(logging.NullHandler())

_ORIGIN = re.compile(r"^https?://[^/?]*", re.IGNORECASE)

# aiohttp sets these headers itself.
_OWN_HEADERS = frozenset({"content-length", "transfer-encoding", "connection"})


class EdgeServer:
    """An edge that serves while a ``with`` block runs.

    :param surroundings: the addresses of the origins.
    :param rules: a distribution to serve for every host; None to serve those of the local AWS at ``surroundings.s3``,
        to which all other requests are passed on.
    :param port: 0 for a free one.
    :param told: is called, in the edge's thread, for each request to an origin, with the origin's id and the target.
    :param clock: gives seconds since 1970.
    :param capacity: most bytes that the cache may take.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        rules: Rules | None = None,
        *,
        port: int = 0,
        told: Callable[[str, str], object] = lambda name, target: None,
        clock: Callable[[], float] = time,
        capacity: int = CAPACITY,
    ) -> None:
        self._surroundings = surroundings
        self._rules = rules
        self._wanted_port = port
        self._told = told
        self._clock = clock
        self._store = Store(capacity)
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="edge", daemon=True)
        self._connections: set[asyncio.Transport] = set()

    @property
    def port(self) -> int:
        """The port that the edge listens on."""
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen, and serve in a thread.

        :raises CDNStackError: the port is taken.
        """
        try:
            self._socket = socket.create_server((_HOST, self._wanted_port), backlog=1024)
        except OSError as error:
            raise CDNStackError(
                f"Port {self._wanted_port} on {_HOST} cannot be used: {error.strerror}.", "Choose another with --port."
            ) from error
        self._thread.start()
        self._ready.wait()
        if self._failure:
            self._socket.close()
            raise self._failure
        return self

    def stop(self) -> None:
        """Close every connection, and end the thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)
        self._socket.close()

    def clear(self) -> None:
        """Empty the cache."""
        asyncio.run_coroutine_threadsafe(self._clear(), self._loop).result(10)

    async def _clear(self) -> None:
        self._cache.clear()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._cache = Cache(self._store, self._clock)
        origins, functions = Origins(self._surroundings, self._told), find_runner()
        find_rules, note_use = self._watch()
        edge = Edge(find_rules, origins, self._cache, functions, self._clock)
        viewers = web.Server(
            lambda request: _answer(edge, request),
            access_log=None,
            logger=_LOG,
            max_line_size=_LONGEST_FIELD,
            max_field_size=_LONGEST_FIELD,
        )
        server = await self._loop.create_server(self._find_protocol(viewers, note_use), sock=self._socket)
        self._ready.set()
        await self._stopping.wait()
        server.close()
        await self._end_connections()
        await viewers.shutdown(_PATIENCE)
        await self._cache.close()
        await origins.close()
        functions.stop()
        await self._end_connections()  # those that were opened in the meantime

    async def _end_connections(self) -> None:
        for transport in list(self._connections):
            transport.abort()
        await asyncio.sleep(0)

    def _watch(self) -> tuple[FindRules, Callable[[], None]]:
        if rules := self._rules:

            async def give_rules(host: str) -> Rules:
                return rules

            return give_rules, lambda: None
        reader = DistributionReader(open_local_connection(self._surroundings.s3))
        watch = Watch(reader, self._cache.forget)
        return watch.find_rules, watch.note_use

    def _find_protocol(self, viewers: web.Server, note_use: Callable[[], None]) -> Callable[[], asyncio.Protocol]:
        if self._rules:
            return viewers
        address = urlsplit(self._surroundings.s3)
        api = (str(address.hostname), int(address.port or 80))
        return lambda: Front(viewers, api, note_use, self._connections)


async def _answer(edge: Edge, request: web.BaseRequest) -> web.StreamResponse:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    # A client that takes the edge for its proxy sends the whole URL (RFC 9112, section 3.2.2).
    target = _ORIGIN.sub("", request.raw_path) or "/"
    if not target.startswith("/"):
        return _respond(request, mark(explain(400, "its target is not a path.")))
    body = await request.read() if request.body_exists else b""
    asked = Request(request.method, target, headers, body, request.remote or _HOST)
    try:
        answer = await edge.answer(asked)
    except CDNStackError as error:
        answer = mark(explain(503, str(error)))
    return _respond(request, answer)


def _respond(request: web.BaseRequest, answer: Answer) -> web.Response:
    length = answer.headers.get("content-length", "") if request.method == "HEAD" else ""
    response = web.Response(status=answer.status, body=b"" if request.method == "HEAD" else answer.body)
    # aiohttp must not add a Content-Type or a Server that the response does not have.
    response.headers.clear()
    for name, value in answer.headers.items():
        if name not in _OWN_HEADERS:
            response.headers[name] = value
    if request.method == "HEAD":
        response.headers["content-length"] = length or str(len(answer.body))
    return response

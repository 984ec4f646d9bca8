"""A relay on loopback that lets each answer of a server come later, as over a long way, and counts the requests."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from threading import Thread
from typing import Self

_HOST = "127.0.0.1"

#: ``100 Continue`` asks for the body. It is no answer yet, and one request is held back once.
_INTERIM = b"HTTP/1.1 100 "


class Relay:
    """Passes connections on to a port of this machine, for as long as the ``with`` block runs.

    Answers are held back all at once, not one after the other: each chunk waits for itself. ``requests`` counts them,
    because HTTP/1.1 clients send the next one on a connection when they have the answer to the last.

    :param delay: seconds by which answers come later.
    """

    def __init__(self, port: int, delay: float = 0.0) -> None:
        self.upstream, self.delay = port, delay
        self.requests = 0
        self.open: set[asyncio.BaseTransport] = set()
        self._started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="relay", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._loop, self._stopped, self.port = self._started.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    async def _serve(self) -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(lambda: _Client(self), _HOST, 0, backlog=1024)
        self._started.set_result((loop, stopped, server.sockets[0].getsockname()[1]))
        await stopped.wait()
        server.close()
        for transport in tuple(self.open):
            transport.close()
        while self.open:
            await asyncio.sleep(0.01)


class _Side(asyncio.Protocol):
    """One end of a connection; what it cannot take yet is not read from the other end."""

    transport: asyncio.Transport
    other: _Side

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.relay.open.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.relay.open.discard(self.transport)

    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        self.other.transport.resume_reading()


class _Client(_Side):
    """The end that asks."""

    other: _Server
    is_answered = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()
        self._connecting = asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, self.other = await loop.create_connection(lambda: _Server(self.relay, self), _HOST, self.relay.upstream)
        except OSError:
            self.transport.abort()
        else:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self.relay.requests += self.is_answered
        self.is_answered = False
        self.other.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if self._connecting.done() and hasattr(self, "other"):
            self.other.transport.close()


class _Server(_Side):
    """The end that answers."""

    other: _Client

    def __init__(self, relay: Relay, client: _Client) -> None:
        super().__init__(relay)
        self.other = client
        self._held: deque[bytes | None] = deque()

    def data_received(self, data: bytes) -> None:
        if data.startswith(_INTERIM) and not self._held:
            self.other.transport.write(data)
            return
        self.other.is_answered = True
        self._hold(data)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._hold(None)

    def _hold(self, data: bytes | None) -> None:
        self._held.append(data)
        asyncio.get_running_loop().call_later(self.relay.delay, self._release)

    def _release(self) -> None:
        # Whichever timer it is: the first one held is the next one due.
        data = self._held.popleft()
        if data is None:
            self.other.transport.close()
        elif not self.other.transport.is_closing():
            self.other.transport.write(data)

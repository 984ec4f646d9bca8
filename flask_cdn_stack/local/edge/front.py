"""The port: viewers' connections go to the edge, all others as they are to the local AWS."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable

from .watch import find_domain

_HOST = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*)", re.IGNORECASE)

# Bytes; more than that is no head of a request.
_LONGEST_HEAD = 65_536

# Seconds in which a client that sends no more gets its answer.
_PATIENCE = 2.0

# S3's requests say nothing of how a distribution is; their signature names the service.
_OF_S3 = b"/s3/aws4_request"


class Front(asyncio.Protocol):
    """Waits for the first request's head and hands the connection on.

    :param viewers: makes the protocol of a viewer's connection.
    :param api: where everything else goes.
    :param note_use: is called when the API has answered.
    :param connections: open ones, so that they can be ended.
    """

    def __init__(
        self,
        viewers: Callable[[], asyncio.Protocol],
        api: tuple[str, int],
        note_use: Callable[[], None],
        connections: set[asyncio.Transport],
    ) -> None:
        self._viewers = viewers
        self._api = api
        self._note_use = note_use
        self._connections = connections
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing was asked."""
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Decide, once the head is there."""
        self._seen += data
        if b"\r\n\r\n" not in self._seen:
            # The first byte of TLS (RFC 8446, section 5.1): nobody here speaks it.
            if self._seen.startswith(b"\x16") or len(self._seen) > _LONGEST_HEAD:
                self._transport.abort()
            return
        head = self._seen.partition(b"\r\n\r\n")[0]
        if is_viewer(head):
            protocol = self._viewers()
        else:
            note = self._note_use if _OF_S3 not in head else _note_nothing
            protocol = Relay(self._api, note, self._connections)
        self._connections.discard(self._transport)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(self._seen)


def is_viewer(head: bytes) -> bool:
    """Say whether a request's head is addressed to a distribution."""
    found = _HOST.search(head)
    host = str(found[1], "latin-1").strip().lower().partition(":")[0] if found else ""
    return find_domain(host) is not None


def _note_nothing() -> None:
    pass


class Relay(asyncio.Protocol):
    """One side of a connection that is passed on; ``far`` is the other one.

    :param address: where to connect to; None for the far side itself.
    :param note_use: is called before each piece of an answer is passed on.
    """

    def __init__(
        self,
        address: tuple[str, int] | None,
        note_use: Callable[[], None],
        connections: set[asyncio.Transport],
        far: Relay | None = None,
    ) -> None:
        self._address = address
        self._note_use = note_use
        self._connections = connections
        self._far = far
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect to the far side, unless this is it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)
        if self._address:
            transport.pause_reading()
            self._connecting = asyncio.create_task(self._connect(self._address))

    async def _connect(self, address: tuple[str, int]) -> None:
        assert self._transport
        far = Relay(None, self._note_use, self._connections, self)
        try:
            await asyncio.get_running_loop().create_connection(lambda: far, *address)
        except OSError:
            self._transport.abort()
            return
        self._far = far
        for data in self._waiting:
            far.write(data)
        self._waiting.clear()
        if not self._transport.is_closing():
            self._transport.resume_reading()
        else:
            far.close()

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        if self._far is None:
            self._waiting.append(data)
            return
        if self._address is None:
            self._note_use()
        self._far.write(data)

    def write(self, data: bytes) -> None:
        """Send to this side."""
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def eof_received(self) -> bool:
        """End both sides: at once where the server has nothing more to say, and soon where the client has not.

        A client that has closed the connection looks like one that waits for the rest of its answer, and the local AWS
        ends neither.
        """
        if self._address is None:
            return False
        asyncio.get_running_loop().call_later(_PATIENCE, self.close)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """End the far side too."""
        if self._transport:
            self._connections.discard(self._transport)
        if self._far:
            self._far.close()

    def close(self) -> None:
        """End this side, once all is sent."""
        if self._transport:
            self._transport.close()

    def pause_writing(self) -> None:
        """Take no more from the far side than this one takes."""
        if self._far and self._far._transport:
            with contextlib.suppress(RuntimeError):
                self._far._transport.pause_reading()

    def resume_writing(self) -> None:
        """Take more again."""
        if self._far and self._far._transport and not self._far._transport.is_closing():
            self._far._transport.resume_reading()

"""One port for both: viewers' connections go to the edge, all others are passed on to the local AWS."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable

from .watch import find_domain

_HOST = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*)", re.IGNORECASE)

# Most bytes of a request's head; a client that sends more is cut off.
_LONGEST_HEAD = 65_536

# Seconds to wait for the rest of a response after the client has closed its sending side.
_PATIENCE = 2.0

# Requests to S3 do not change distributions. A signature names its service.
_OF_S3 = b"/s3/aws4_request"


class Front(asyncio.Protocol):
    """Reads the head of the first request, then hands the connection to the edge or to the local AWS.

    :param viewers: makes the protocol for a viewer's connection.
    :param api: host and port of the local AWS.
    :param note_use: is called when the API has answered.
    :param connections: the open connections, so that the server can close them.
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
        """Start to read."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Drop a connection that closed before its first request."""
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Hand the connection on, once the head is complete."""
        self._seen += data
        if b"\r\n\r\n" not in self._seen:
            # A TLS handshake begins with this byte (RFC 8446, section 5.1); the edge speaks plain HTTP only.
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
    """Return whether a request's ``Host`` is that of a distribution."""
    found = _HOST.search(head)
    host = str(found[1], "latin-1").strip().lower().partition(":")[0] if found else ""
    return find_domain(host) is not None


def _note_nothing() -> None:
    pass


class Relay(asyncio.Protocol):
    """One side of a relayed connection; ``far`` is the other side.

    :param address: where the near side connects to; None for the far side.
    :param note_use: is called before each piece of a response is passed on.
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
        """Connect to the local AWS, if this is the client's side."""
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
        """Pass data on to the other side."""
        if self._far is None:
            self._waiting.append(data)
            return
        if self._address is None:
            self._note_use()
        self._far.write(data)

    def write(self, data: bytes) -> None:
        """Send data to this side."""
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def eof_received(self) -> bool:
        """Close both sides: at once if the server has finished, after a pause if the client has.

        A client that has gone cannot be told from one that only stopped sending and waits for its response, and the
        local AWS closes neither.
        """
        if self._address is None:
            return False
        asyncio.get_running_loop().call_later(_PATIENCE, self.close)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Close the other side too."""
        if self._transport:
            self._connections.discard(self._transport)
        if self._far:
            self._far.close()

    def close(self) -> None:
        """Close this side once everything is sent."""
        if self._transport:
            self._transport.close()

    def pause_writing(self) -> None:
        """Stop reading from the other side while this one's buffer is full."""
        if self._far and self._far._transport:
            with contextlib.suppress(RuntimeError):
                self._far._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read from the other side again."""
        if self._far and self._far._transport and not self._far._transport.is_closing():
            self._far._transport.resume_reading()

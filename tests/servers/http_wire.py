"""Reading HTTP/1.1 messages whole, as the bytes they are on the wire."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    """First line and headers of a message. Header names are lower-case in ``headers`` and as sent in ``raw``."""

    raw: bytes
    first_line: tuple[str, str, str]
    headers: Mapping[str, str]

    @property
    def content_length(self) -> int | None:
        """How many bytes of body follow, where the message says so."""
        value = self.headers.get("content-length")
        return None if value is None else int(value)

    @property
    def is_chunked(self) -> bool:
        """Whether the body says itself where it ends."""
        return self.headers.get("transfer-encoding", "").lower() == "chunked"

    def without(self, name: str) -> bytes:
        """Return the raw head without one header."""
        return re.sub(rb"(?i)\r\n" + name.encode() + rb":[^\r]*", b"", self.raw)


@dataclass(frozen=True)
class Response:
    """An answer, read whole."""

    head: Head
    body: bytes
    ends_connection: bool


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Read up to the blank line. None when the other side has closed the connection."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = raw[:-4].decode("latin-1").split("\r\n")
    one, two, three = [*first.split(" ", 2), ""][:3]
    fields = (line.partition(":") for line in lines)
    return Head(raw, (one, two, three), {name.strip().lower(): value.strip() for name, _, value in fields})


async def read_request_body(reader: asyncio.StreamReader, head: Head) -> bytes:
    """Read the body of a request."""
    return await _read_chunks(reader) if head.is_chunked else await reader.readexactly(head.content_length or 0)


async def read_response(reader: asyncio.StreamReader, method: str) -> Response:
    """Read an answer to ``method``, past any interim ones."""
    head = await read_head(reader)
    while head is not None and head.first_line[1] == "100":
        head = await read_head(reader)
    if head is None:
        raise ConnectionResetError("No answer.")
    closes = head.headers.get("connection", "").lower() == "close"
    if method == "HEAD" or head.first_line[1] in ("204", "304"):
        return Response(head, b"", closes)
    if head.is_chunked:
        return Response(head, await _read_chunks(reader), closes)
    if head.content_length is None:
        return Response(head, await reader.read(), True)
    return Response(head, await reader.readexactly(head.content_length), closes)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while True:
        size_line = await reader.readuntil(b"\r\n")
        size = int(size_line.split(b";")[0], 16)
        parts.append(size_line)
        if size == 0:
            return b"".join([*parts, await _read_trailers(reader)])
        parts.append(await reader.readexactly(size + 2))


async def _read_trailers(reader: asyncio.StreamReader) -> bytes:
    lines = [await reader.readuntil(b"\r\n")]
    while lines[-1] != b"\r\n":
        lines.append(await reader.readuntil(b"\r\n"))
    return b"".join(lines)


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST instead of an orderly close."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()

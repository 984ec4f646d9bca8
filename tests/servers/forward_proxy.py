"""A proxy as companies have them: CONNECT for https, absolute URLs for http, perhaps with a password."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from tests.servers.http_wire import Head, read_head, read_request_body, read_response
from tests.servers.loopback import LoopbackServer, relay

Address = tuple[str, int]


class ForwardProxy(LoopbackServer):
    """Knows hosts that nobody else does.

    :param hosts: where each host is, by name.
    :param login: user and password that clients must give.
    """

    def __init__(self, hosts: Mapping[str, Address], login: tuple[str, str] | None = None) -> None:
        super().__init__()
        self._hosts = hosts
        self._expected = "Basic " + base64.b64encode(":".join(login).encode()).decode() if login else None
        self.log: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve requests, or one tunnel."""
        while (head := await read_head(reader)) is not None:
            method, target, _ = head.first_line
            self.log.append((method, target))
            host = target.rpartition(":")[0] if method == "CONNECT" else urlsplit(target).hostname or ""
            if self._expected and head.headers.get("proxy-authorization") != self._expected:
                writer.write(b'HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n')
                await read_request_body(reader, head)
            elif host not in self._hosts:
                writer.write(b"HTTP/1.1 502 Unknown host\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            elif method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                return await relay(reader, writer, self._hosts[host])
            else:
                await _forward(head, reader, writer, self._hosts[host])
            await writer.drain()


async def _forward(head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address) -> None:
    body = await read_request_body(reader, head)
    far_reader, far_writer = await asyncio.open_connection(*address, limit=1 << 20)
    try:
        # The server is asked for the path alone.
        far_writer.write(re.sub(rb"\A(\w+ )http://[^/]+", rb"\1", head.without("proxy-authorization")) + body)
        answer = await read_response(far_reader, head.first_line[0])
        writer.write(answer.head.raw + answer.body)
    finally:
        far_writer.close()

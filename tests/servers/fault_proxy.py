"""An HTTP proxy on loopback that makes chosen requests fail on the wire.

::

    with FaultProxy(local_aws.endpoint_url, [Rule("status", method="PUT", times=2)]) as proxy:
        client = boto3.client("s3", endpoint_url=proxy.url, ...)
        ...
    assert [request.action for request in proxy.log] == ["status", "status", "pass"]
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from tests.servers.fault_rules import Rule, RuleBook
from tests.servers.http_wire import Head, Response, read_head, read_request_body, read_response, reset
from tests.servers.loopback import LoopbackServer

__all__ = ["FaultProxy", "OnRequest", "Rule", "WireRequest"]

#: Called with index (from 1), method and path of a request before it is forwarded. False cuts the connection instead.
#: Runs on a thread of its own for each request, and may block.
OnRequest = Callable[[int, str, str], bool | None]


@dataclass(frozen=True)
class WireRequest:
    """A request as it came, and what was done with it: a rule's action, ``cut`` or ``pass``."""

    index: int
    method: str
    path: str
    action: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class FaultProxy(LoopbackServer):
    """Forwards to ``upstream``, except where something here says otherwise.

    :param upstream: URL of the server behind.
    :param rules: the first that applies to a request decides about it.
    :param on_request: what to do, or whom to end, at an exact point.
    :param cut_after: every request after the N-th is lost. May be set while running.
    :param seed: for rules with a probability.
    """

    def __init__(
        self,
        upstream: str,
        rules: Iterable[Rule] = (),
        *,
        on_request: OnRequest | None = None,
        cut_after: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        address = urlsplit(upstream)
        self.upstream = (address.hostname or "127.0.0.1", address.port or 80)
        self.rules = RuleBook(rules, seed)
        self.on_request = on_request
        self.cut_after = cut_after
        self.log: list[WireRequest] = []
        self._indexes = itertools.count(1)

    @property
    def url(self) -> str:
        """Where clients go instead of ``upstream``."""
        return f"http://127.0.0.1:{self.port}"

    async def admit(self, head: Head) -> WireRequest:
        """Count a request that is arriving, and say whether it may be forwarded."""
        method, path, _ = head.first_line
        index = next(self._indexes)
        admitted = self.cut_after is None or index <= self.cut_after
        if admitted and self.on_request is not None:
            admitted = await asyncio.to_thread(self.on_request, index, method, path) is not False
        return WireRequest(index, method, path, "pass" if admitted else "cut", head.headers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client's requests."""
        connection = _Connection(self, reader, writer)
        try:
            await connection.serve()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            reset(writer)
        finally:
            connection.close()


class _Connection:
    """A client's connection, and the one to the server that belongs to it."""

    def __init__(self, proxy: FaultProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writer = writer
        self._upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def serve(self) -> None:
        while (head := await read_head(self._reader)) is not None:
            if not await self._serve_request(head):
                return

    def close(self) -> None:
        self._writer.close()
        if self._upstream is not None:
            self._upstream[1].close()

    async def _serve_request(self, head: Head) -> bool:
        """Deal with a request, and say whether the connection goes on."""
        method, path, _ = head.first_line
        if head.headers.get("expect", "").lower() == "100-continue":
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._proxy.rules.pick_for_head(method, path, head.raw) is not None:
            return await self._reset_mid_upload(head)
        body = await read_request_body(self._reader, head)
        request = await self._proxy.admit(head)
        rule = self._proxy.rules.pick(method, path, body, head.raw) if request.action == "pass" else None
        action = rule.action if rule else request.action
        self._proxy.log.append(replace(request, action=action))
        if action == "cut":
            return self._reset()
        return await self._obey(rule, head, body) if rule else await self._relay(await self._forward(head, body))

    async def _obey(self, rule: Rule, head: Head, body: bytes) -> bool:
        if rule.action == "reset":
            return self._reset()
        if rule.action == "hang":
            await self._reader.read()
            return self._reset()
        if rule.action == "status":
            return await self._answer(_error_response(rule, head.first_line[0]))
        if rule.action == "delay":
            await asyncio.sleep(rule.seconds)
        response = await self._forward(head, _flip_bit(body) if rule.action == "corrupt_upload" else body)
        return await self._spoil(rule, response)

    async def _spoil(self, rule: Rule, response: Response) -> bool:
        if rule.action == "drop_response":
            return self._reset()
        if rule.action == "truncate":
            await self._answer(response.head.raw + response.body[: rule.size])
            return False
        if rule.action == "throttle":
            return await self._trickle(response, rule.rate)
        if rule.action == "corrupt":
            return await self._relay(Response(response.head, _flip_bit(response.body), response.ends_connection))
        return await self._relay(response)

    async def _reset_mid_upload(self, head: Head) -> bool:
        request = await self._proxy.admit(head)
        await self._reader.readexactly((head.content_length or 0) // 2)
        self._proxy.log.append(replace(request, action="reset_mid_upload"))
        return self._reset()

    async def _forward(self, head: Head, body: bytes) -> Response:
        if self._upstream is None:
            self._upstream = await asyncio.open_connection(*self._proxy.upstream, limit=1 << 20)
        reader, writer = self._upstream
        writer.write(head.without("expect") + body)
        await writer.drain()
        return await read_response(reader, head.first_line[0])

    async def _relay(self, response: Response) -> bool:
        await self._answer(response.head.raw + response.body)
        return not response.ends_connection

    async def _trickle(self, response: Response, rate: int) -> bool:
        await self._answer(response.head.raw)
        step = max(1, rate // 20)
        for start in range(0, len(response.body), step):
            await self._answer(response.body[start : start + step])
            await asyncio.sleep(0.05)
        return not response.ends_connection

    async def _answer(self, data: bytes) -> bool:
        self._writer.write(data)
        await self._writer.drain()
        return True

    def _reset(self) -> bool:
        reset(self._writer)
        return False


def _error_response(rule: Rule, method: str) -> bytes:
    body = b"" if method == "HEAD" or not rule.error else _error_body(rule)
    fields = {"Content-Type": "application/xml", "Content-Length": str(len(body)), **rule.headers}
    lines = [f"HTTP/1.1 {rule.status} Fault", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _error_body(rule: Rule) -> bytes:
    details = "".join(f"<{name}>{text}</{name}>" for name, text in rule.details.items())
    error = f"<Code>{rule.error}</Code><Message>{rule.message}</Message>{details}"
    if rule.query_api:
        error = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>fault</RequestId></ErrorResponse>"
    else:
        error = f"<Error>{error}<RequestId>fault</RequestId></Error>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{error}'.encode()


def _flip_bit(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes(byte ^ 1 for byte in body[middle : middle + 1]) + body[middle + 1 :]

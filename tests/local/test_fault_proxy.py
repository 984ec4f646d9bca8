"""Each fault as a client meets it, and whether the server saw the request."""

from __future__ import annotations

import asyncio
import http.client
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.servers.fault_proxy import FaultProxy, Rule
from tests.servers.http_wire import read_head, read_request_body

_ANSWER = b"0123456789" * 20


class _Upstream(ThreadingHTTPServer):
    """Answers everything with the same bytes, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Upstream

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.received.append((self.command, self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", str(len(_ANSWER)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(_ANSWER)

    do_GET = do_HEAD = do_POST = do_PUT = _serve

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[_Upstream]:
    with _Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(upstream: _Upstream) -> Iterator[FaultProxy]:
    with FaultProxy(upstream.url) as running:
        yield running


def _connect(proxy: FaultProxy, timeout: float = 10) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(proxy.url.removeprefix("http://"), timeout=timeout)


def _ask(proxy: FaultProxy, method: str = "GET", path: str = "/a", body: bytes | None = None) -> tuple[int, bytes]:
    connection = _connect(proxy)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _actions(proxy: FaultProxy) -> list[str]:
    return [request.action for request in proxy.log]


def test_without_rules_it_forwards(proxy: FaultProxy, upstream: _Upstream) -> None:
    """Several requests on one connection, bodies included."""
    connection = _connect(proxy)
    for method, body in [("PUT", b"one"), ("HEAD", b""), ("GET", b"")]:
        connection.request(method, "/a?b=c", body)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"" if method == "HEAD" else _ANSWER)
    connection.close()

    assert upstream.received == [("PUT", "/a?b=c", b"one"), ("HEAD", "/a?b=c", b""), ("GET", "/a?b=c", b"")]
    assert [(request.index, request.method, request.path) for request in proxy.log] == [
        (1, "PUT", "/a?b=c"),
        (2, "HEAD", "/a?b=c"),
        (3, "GET", "/a?b=c"),
    ]


def test_status(proxy: FaultProxy, upstream: _Upstream) -> None:
    """The server never sees the request."""
    proxy.rules.add(Rule("status", status=429, error="TooMany", headers={"Retry-After": "1"}, times=1))

    status, body = _ask(proxy)

    assert status == 429
    assert b"<Error><Code>TooMany</Code>" in body
    assert upstream.received == []
    assert _ask(proxy) == (200, _ANSWER)
    assert _actions(proxy) == ["status", "pass"]


def test_status_of_the_query_api(proxy: FaultProxy) -> None:
    """CloudFormation wraps its errors differently."""
    proxy.rules.add(Rule("status", body="Action=CreateStack", error="Throttling", query_api=True))

    assert _ask(proxy, "POST", body=b"Action=CreateStack")[1].startswith(
        b'<?xml version="1.0" encoding="UTF-8"?><ErrorR'
    )
    assert _ask(proxy, "POST", body=b"Action=DeleteStack") == (200, _ANSWER)


def test_reset(proxy: FaultProxy, upstream: _Upstream) -> None:
    """The request is lost."""
    proxy.rules.add(Rule("reset"))

    with pytest.raises(ConnectionResetError):
        _ask(proxy, "PUT", body=b"lost")

    assert upstream.received == []


def test_drop_response(proxy: FaultProxy, upstream: _Upstream) -> None:
    """The request was carried out, and the client cannot know."""
    proxy.rules.add(Rule("drop_response"))

    with pytest.raises(ConnectionResetError):
        _ask(proxy, "PUT", body=b"applied")

    assert upstream.received == [("PUT", "/a", b"applied")]


def test_reset_mid_upload(proxy: FaultProxy, upstream: _Upstream) -> None:
    """Half of a large body is taken; what it matches on comes before the body."""
    proxy.rules.add(Rule("reset_mid_upload", method="PUT", times=1))

    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        _ask(proxy, "PUT", body=bytes(8_000_000))

    assert upstream.received == []
    assert _ask(proxy, "PUT", body=b"again")[0] == 200
    assert _actions(proxy) == ["reset_mid_upload", "pass"]


def test_truncate(proxy: FaultProxy) -> None:
    """The answer promises more than it brings."""
    proxy.rules.add(Rule("truncate", size=10))

    with pytest.raises(http.client.IncompleteRead) as caught:
        _ask(proxy)

    assert caught.value.partial == _ANSWER[:10]


def test_corrupt(proxy: FaultProxy) -> None:
    """One bit is different."""
    proxy.rules.add(Rule("corrupt"))

    _, body = _ask(proxy)

    assert [one ^ two for one, two in zip(body, _ANSWER, strict=True) if one != two] == [1]


def test_delay(proxy: FaultProxy, upstream: _Upstream) -> None:
    """The server gets the request late."""
    proxy.rules.add(Rule("delay", seconds=0.2))
    start = time.monotonic()

    assert _ask(proxy) == (200, _ANSWER)

    assert time.monotonic() - start >= 0.2


def test_throttle(proxy: FaultProxy) -> None:
    """200 bytes at 1000 a second."""
    proxy.rules.add(Rule("throttle", rate=1000))
    start = time.monotonic()

    assert _ask(proxy) == (200, _ANSWER)

    assert time.monotonic() - start >= 0.15


def test_hang(proxy: FaultProxy, upstream: _Upstream) -> None:
    """Until the client gives up."""
    proxy.rules.add(Rule("hang"))
    connection = _connect(proxy, timeout=0.2)
    connection.request("GET", "/a")

    with pytest.raises(TimeoutError):
        connection.getresponse()

    connection.close()
    assert upstream.received == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("status", nth=(2, 3)), "200 503 503 200"),
        (Rule("status", every=2), "200 503 200 503"),
        (Rule("status", times=1), "503 200 200 200"),
        (Rule("status", method="PUT"), "200 200 200 200"),
        (Rule("status", path="^/a$"), "503 503 503 503"),
        (Rule("status", probability=0), "200 200 200 200"),
    ],
)
def test_which_requests_a_rule_means(proxy: FaultProxy, rule: Rule, expected: str) -> None:
    """Four equal requests, one after the other."""
    proxy.rules.add(rule)

    assert " ".join(str(_ask(proxy)[0]) for _ in range(4)) == expected


def test_rules_can_be_dropped(proxy: FaultProxy) -> None:
    """So that one server serves a test's good part and its bad part."""
    proxy.rules.add(Rule("status"))
    proxy.rules.clear()

    assert _ask(proxy)[0] == 200


def test_everything_after_the_nth_request_is_cut(proxy: FaultProxy, upstream: _Upstream) -> None:
    """As if the client had died there."""
    proxy.cut_after = 2

    assert [_ask(proxy)[0] for _ in range(2)] == [200, 200]
    with pytest.raises(ConnectionResetError):
        _ask(proxy)

    assert len(upstream.received) == 2
    assert _actions(proxy) == ["pass", "pass", "cut"]


def test_a_hook_sees_each_request_before_the_server(upstream: _Upstream) -> None:
    """And keeps it from there by answering False."""
    seen: list[tuple[int, str, str, int]] = []

    def hook(index: int, method: str, path: str) -> bool:
        seen.append((index, method, path, len(upstream.received)))
        return index < 2

    with FaultProxy(upstream.url, on_request=hook) as proxy:
        assert _ask(proxy, "PUT", "/one")[0] == 200
        with pytest.raises(ConnectionResetError):
            _ask(proxy, "PUT", "/two")

    assert seen == [(1, "PUT", "/one", 0), (2, "PUT", "/two", 1)]
    assert [path for _, path, _ in upstream.received] == ["/one"]


def test_a_hook_may_hold_one_request_while_others_pass(upstream: _Upstream) -> None:
    """That is how two clients are put in a chosen order."""
    held, release = threading.Event(), threading.Event()

    def hook(index: int, method: str, path: str) -> None:
        if path == "/held":
            held.set()
            release.wait(10)

    with FaultProxy(upstream.url, on_request=hook) as proxy:
        slow = threading.Thread(target=_ask, args=(proxy, "GET", "/held"))
        slow.start()
        assert held.wait(10)
        assert _ask(proxy, "GET", "/other")[0] == 200
        release.set()
        slow.join()

    assert [path for _, path, _ in upstream.received] == ["/other", "/held"]


def test_an_upstream_that_is_gone_is_a_reset(upstream: _Upstream) -> None:
    """Not an answer of the proxy's own."""
    with FaultProxy("http://127.0.0.1:1") as proxy, pytest.raises(ConnectionResetError):
        _ask(proxy)


def test_a_chunked_body_ends_after_its_trailers() -> None:
    """The next request starts exactly there."""
    body = b"3\r\none\r\n0\r\nx-amz-checksum-crc32: AAAA\r\n\r\n"

    async def read() -> tuple[bytes, bytes]:
        reader = asyncio.StreamReader()
        reader.feed_data(b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"GET /next")
        reader.feed_eof()
        head = await read_head(reader)
        assert head is not None
        return await read_request_body(reader, head), await reader.read()

    assert asyncio.run(read()) == (body, b"GET /next")

"""Each fault as a client meets it, and whether the server saw the request."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest

from tests.servers.fault_proxy import FaultProxy, Rule
from tests.servers.loopback import HTTPLoopback

_ANSWER = b"0123456789" * 20


class _Upstream(HTTPLoopback):
    """Answers everything with the same bytes, and remembers what it was asked."""

    def __init__(self) -> None:
        received = self.received = list[tuple[str, str, bytes]]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                received.append((self.command, self.path, body))
                self.send_response_only(200)
                self.send_header("Content-Length", str(len(_ANSWER)))
                self.end_headers()
                self.wfile.write(_ANSWER)

            do_GET = do_POST = do_PUT

        super().__init__(Handler)


@pytest.fixture
def upstream() -> Iterator[_Upstream]:
    with _Upstream() as server:
        yield server


@pytest.fixture
def proxy(upstream: _Upstream) -> Iterator[FaultProxy]:
    with FaultProxy(upstream.url) as running:
        yield running


def ask(proxy: FaultProxy, method: str = "GET", body: bytes | None = None, timeout: float = 10) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=timeout)) as connection:
        connection.request(method, "/a", body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_without_rules_it_forwards(proxy: FaultProxy, upstream: _Upstream) -> None:
    """Several requests on one connection, bodies included."""
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)) as connection:
        for method, body in (("PUT", b"one"), ("GET", b"")):
            connection.request(method, "/a?b=c", body)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, _ANSWER)

    assert upstream.received == [("PUT", "/a?b=c", b"one"), ("GET", "/a?b=c", b"")]
    logged = [(request.index, request.method, request.path, request.action) for request in proxy.log]
    assert logged == [(1, "PUT", "/a?b=c", "pass"), (2, "GET", "/a?b=c", "pass")]


@pytest.mark.parametrize(
    ("rule", "error", "arrives"),
    [
        (Rule("reset"), ConnectionResetError, False),
        (Rule("drop_response"), ConnectionResetError, True),
        (Rule("reset_mid_upload", method="PUT"), (ConnectionResetError, BrokenPipeError), False),
        (Rule("truncate", size=10), http.client.IncompleteRead, True),
        (Rule("hang"), TimeoutError, False),
    ],
    ids=lambda value: value.action if isinstance(value, Rule) else "",
)
def test_no_whole_answer(
    proxy: FaultProxy, upstream: _Upstream, rule: Rule, error: type[Exception], arrives: bool
) -> None:
    """The request is lost, or it was carried out and the client cannot know."""
    proxy.rules.add(rule)

    with pytest.raises(error):
        ask(proxy, "PUT", bytes(8_000_000), timeout=1 if rule.action == "hang" else 10)

    assert [method for method, _, _ in upstream.received] == ["PUT"] * arrives
    assert [request.action for request in proxy.log] == [rule.action]


@pytest.mark.parametrize(("query_api", "begins"), [(False, b"<Error>"), (True, b"<ErrorResponse")])
def test_status(proxy: FaultProxy, upstream: _Upstream, query_api: bool, begins: bytes) -> None:
    """The server never sees the request; CloudFormation wraps its errors differently."""
    proxy.rules.add(Rule("status", body="Action=Create", status=429, error="TooMany", query_api=query_api))

    status, body = ask(proxy, "POST", b"Action=Create")

    assert (status, body.partition(b"?>")[2].strip().startswith(begins)) == (429, True), body
    assert b"<Code>TooMany</Code>" in body
    assert upstream.received == []
    assert ask(proxy, "POST", b"Action=Delete") == (200, _ANSWER)


def test_corrupt(proxy: FaultProxy) -> None:
    """One bit is different."""
    proxy.rules.add(Rule("corrupt"))

    _, body = ask(proxy)

    assert [one ^ two for one, two in zip(body, _ANSWER, strict=True) if one != two] == [1]


@pytest.mark.parametrize("rule", [Rule("delay", seconds=0.2), Rule("throttle", rate=1000)], ids=["delay", "throttle"])
def test_what_takes_its_time(proxy: FaultProxy, rule: Rule) -> None:
    """Late, or 200 bytes at 1000 a second; nothing else is different."""
    proxy.rules.add(rule)
    start = time.monotonic()

    assert ask(proxy) == (200, _ANSWER)
    assert time.monotonic() - start >= 0.15


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

    assert " ".join(str(ask(proxy)[0]) for _ in range(4)) == expected


def test_a_client_that_dies(proxy: FaultProxy, upstream: _Upstream) -> None:
    """After a number of requests, or where a hook, which sees each before the server does, says so."""
    seen: list[int] = []

    def hook(index: int, method: str, path: str) -> bool:
        seen.append(len(upstream.received))
        return index != 2

    proxy.on_request, proxy.cut_after = hook, 3

    for is_cut in (False, True, False, True):
        if is_cut:
            with pytest.raises(ConnectionResetError):
                ask(proxy)
        else:
            assert ask(proxy)[0] == 200

    assert (seen, len(upstream.received)) == ([0, 1, 1], 2)
    assert [request.action for request in proxy.log] == ["pass", "cut", "pass", "cut"]

"""Asking as browsers do, of servers that are slow, silent, endless or not what they say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.verify.connections import Way
from flask_cdn_stack.verify.viewer import (
    BROKEN,
    NAME_UNKNOWN,
    REFUSED,
    TOO_SLOW,
    Limits,
    NoAnswerError,
    Viewer,
)
from tests.servers.forward_proxy import ForwardProxy
from tests.servers.loopback import LoopbackServer
from tests.servers.tls_front import Authority, TLSFront, make_authority
from tests.verify.fake_cdn import HOST, LOGO, FakeCDN, Given

_HEAD = b"HTTP/1.1 200 OK\r\n"

Behavior = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]


def sends(*pieces: bytes) -> Behavior:
    """Send some bytes, and end."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(pieces))
        await writer.drain()

    return behave


def drips(before: bytes, piece: bytes) -> Behavior:
    """Send some bytes, and then a little now and then without an end."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)

    return behave


class _Rude(LoopbackServer):
    """Does the same with each request, whatever it asks for."""

    def __init__(self, behavior: Behavior) -> None:
        super().__init__()
        self._behavior = behavior
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        await self._behavior(writer)


def ask(server: _Rude, limits: Limits) -> NoAnswerError:
    """Ask, and return why there was no answer."""
    with Viewer(limits=limits) as viewer, pytest.raises(NoAnswerError) as caught:
        viewer.ask(f"http://127.0.0.1:{server.port}/app.js")
    return caught.value


_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
_ENDLESS_BODY = drips(_HEAD + b"Content-Length: 100000\r\n\r\n", b"x")


@pytest.mark.parametrize(
    ("behavior", "code"),
    [
        pytest.param(drips(b"", b""), TOO_SLOW, id="silent"),
        pytest.param(drips(_HEAD, b"X-A: 1\r\n"), TOO_SLOW, id="headers that drip"),
        pytest.param(_ENDLESS_BODY, TOO_SLOW, id="a body that drips"),
        pytest.param(drips(_HEAD + b"Connection: close\r\n\r\n", b"x"), TOO_SLOW, id="one of unknown length"),
        pytest.param(drips(_HEAD + _CHUNKED, b"1\r\nx\r\n"), TOO_SLOW, id="chunks that drip"),
        pytest.param(sends(_HEAD, b"Content-Length: 10\r\n\r\nx"), BROKEN, id="cut off"),
        pytest.param(sends(_HEAD, _CHUNKED, b"5\r\nx"), BROKEN, id="a chunk cut off"),
        pytest.param(sends(_HEAD, b"X-A: 1\r\n" * 200, b"\r\n"), BROKEN, id="too many headers"),
        pytest.param(sends(b"220 mail.example ESMTP\r\n"), BROKEN, id="another protocol"),
        pytest.param(sends(), BROKEN, id="nothing at all"),
    ],
)  # fmt: skip
def test_a_rude_server(behavior: Behavior, code: str) -> None:
    """It takes no longer than it may, however it goes about it; what is broken is asked for again, what is slow not."""
    with _Rude(behavior) as server:
        error = ask(server, Limits(connect=0.3, whole=0.3, repeats=1, pause=0.0))

        assert (error.code, server.requests) == (code, 1 if code == TOO_SLOW else 2)
        assert error.reason
        assert f"http://127.0.0.1:{server.port}/app.js" in str(error)


def test_a_body_of_any_size(cdn: FakeCDN) -> None:
    """No more than one byte is read beyond what is expected, and the connection is not used again."""
    cdn.fault = lambda asked, given: Given(200, {}, b"x" * 10_000_000)
    with Viewer(cdn.way) as viewer:
        answer = viewer.ask(f"http://{HOST}/a", size=5, keep=True)
        viewer.ask(f"http://{HOST}/a", size=10_000_000)

    assert (answer.body, answer.size, answer.is_cut) == (b"xxxxxx", 6, True)
    assert cdn.connections == 2


def test_connections_are_kept(cdn: FakeCDN) -> None:
    """One brings many requests; where the server ends it meanwhile, another one takes its place without a pause."""
    cdn.fault = lambda asked, given: given.with_header("Connection", "close") if asked.path == "/last" else given
    waited: list[float] = []
    with Viewer(cdn.way, sleep=waited.append) as viewer:
        sizes = [viewer.ask(f"http://{HOST}/static/logo.svg?c={number}").size for number in range(20)]
        assert cdn.connections == 1
        for connection in viewer._all:
            connection.sock.shutdown(socket.SHUT_RDWR)
        viewer.ask(f"http://{HOST}/last")
        viewer.ask(f"http://{HOST}/static/logo.svg")

    assert set(sizes) == {len(LOGO)}
    assert (cdn.connections, waited) == (3, [])


def test_pauses_grow(cdn: FakeCDN) -> None:
    """Before what failed is asked for again; how often it was is part of the answer."""
    cdn.fault = lambda asked, given: Given(503)
    waited: list[float] = []
    with Viewer(cdn.way, Limits(repeats=3, pause=1.0), waited.append) as viewer:
        answer = viewer.ask(f"http://{HOST}/a")

    assert (answer.status, answer.asked, waited) == (503, 4, [1.0, 2.0, 4.0])


def test_a_host_that_begins_to_listen() -> None:
    """Is reached after a pause."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        with Viewer(sleep=lambda seconds: listener.listen()) as viewer:
            viewer.reach(f"http://127.0.0.1:{port}/")


def test_headers_that_come_twice(cdn: FakeCDN) -> None:
    """Are one, as a list (RFC 9110, section 5.3)."""
    with (
        _Rude(sends(_HEAD, b"Vary: Origin\r\nvary: Accept-Encoding\r\nContent-Length: 0\r\n\r\n")) as server,
        Viewer() as viewer,
    ):
        assert viewer.ask(f"http://127.0.0.1:{server.port}/").headers["vary"] == "Origin, Accept-Encoding"


def test_nobody_is_there() -> None:
    """Neither on the port, nor of the name; a URL that is none is not asked for."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        urls = {
            f"http://127.0.0.1:{closed.getsockname()[1]}/": REFUSED,
            "http://nobody.invalid/": NAME_UNKNOWN,
            f"http://{'a' * 70}.example/": NAME_UNKNOWN,
            "http://[::1/": BROKEN,
            "ftp://127.0.0.1/": BROKEN,
        }
        for url, code in urls.items():
            with Viewer(limits=Limits(pause=0.0)) as viewer, pytest.raises(NoAnswerError) as caught:
                viewer.ask(url)
            assert caught.value.code == code, url


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_through_a_proxy(cdn: FakeCDN, front: TLSFront, authority: Authority, scheme: str) -> None:
    """Plain http is asked of it, and TLS goes through it; both with its password."""
    server = ("127.0.0.1", front.port if scheme == "https" else int(cdn.url.rpartition(":")[2]))
    with ForwardProxy({HOST: server}, ("ada", "s p")) as proxy:
        way = Way(find_proxy=lambda url: f"http://ada:s%20p@{proxy.address}", authorities=str(authority.certificate))
        with Viewer(way) as viewer:
            url = f"{scheme}://{HOST}/static/logo.svg"
            assert [viewer.ask(url).status, viewer.ask(url).status] == [200, 200]

    assert proxy.log == {"http": [("GET", url)] * 2, "https": [("CONNECT", f"{HOST}:443")]}[scheme]


def test_a_file_of_authorities(tmp_path: Path) -> None:
    """Counts besides the usual ones."""
    with Viewer(Way(authorities=None)) as viewer:
        usual = len(viewer._context.get_ca_certs())
    file = make_authority(tmp_path / "more").certificate
    with Viewer(Way(authorities=str(file))) as viewer:
        assert len(viewer._context.get_ca_certs()) == usual + 1

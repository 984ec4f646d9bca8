"""Fetching through the CDN, and what counts as a problem."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from flask_cdn_stack.errors import UnreachableError
from flask_cdn_stack.verify.fetching import check_url, fetch

_BODY = b"console.log('caf\xc3\xa9')\n"
_CHECKSUM = hashlib.sha256(_BODY).hexdigest()
_TYPE = "text/javascript; charset=utf-8"


class _Site(ThreadingHTTPServer):
    """Answers a few paths, and remembers who was asked for what."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str | None, str, str | None]] = []

    def find_address(self, host: str) -> tuple[str, int] | None:
        return ("127.0.0.1", self.server_port) if host.startswith("cdn.example") else None


class _Handler(BaseHTTPRequestHandler):
    server: _Site

    def do_GET(self) -> None:
        self.server.requests.append((self.headers["Host"], self.path, self.headers["Origin"]))
        path = self.path.partition("?")[0]
        self.send_response({"/moved.js": 301, "/gone.js": 403}.get(path, 200))
        if path != "/untyped.js":
            self.send_header("Content-Type", "text/plain" if path == "/plain.js" else _TYPE)
        self.send_header("Location", "/app.js")
        self.send_header("Content-Length", str(len(_BODY) + (path == "/cut.js")))
        self.end_headers()
        self.wfile.write(b"x" * len(_BODY) if path == "/other.js" else _BODY)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[_Site]:
    with _Site() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_it_connects_where_it_is_told_and_asks_for_the_url_s_host(site: _Site) -> None:
    """Port and query included; headers are sent and come back by their lower-case names."""
    answer = fetch("http://cdn.example:4566/a%2Bb.js?c=1&v=2", site.find_address, {"Origin": "https://shop.example"})

    assert site.requests[-1] == ("cdn.example:4566", "/a%2Bb.js?c=1&v=2", "https://shop.example")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, _BODY, _TYPE)


def test_without_an_address_it_asks_dns(site: _Site) -> None:
    """Host and port are the URL's own."""
    answer = fetch(f"http://127.0.0.1:{site.server_port}/app.js", lambda host: None)

    assert answer.body == _BODY


def test_a_redirect_is_an_answer(site: _Site) -> None:
    """It is not followed: a published file is not supposed to move."""
    assert fetch("http://cdn.example/moved.js", site.find_address).status == 301


def test_a_url_without_a_path_asks_for_the_root(site: _Site) -> None:
    """As browsers do."""
    fetch("http://cdn.example", site.find_address)

    assert site.requests[-1][1] == "/"


@pytest.mark.parametrize(
    ("path", "checksum", "problem"),
    [
        ("app.js", _CHECKSUM, ""),
        ("app.js?c=1", _CHECKSUM, ""),
        ("app.js", None, "not in the manifest"),
        ("app.js", "0" * 64, "other bytes than the manifest says"),
        ("other.js", _CHECKSUM, "other bytes than the manifest says"),
        ("gone.js", _CHECKSUM, "status 403"),
        ("gone.js", None, "status 403"),
        ("moved.js", _CHECKSUM, "status 301"),
        ("plain.js", _CHECKSUM, f"content type text/plain, not {_TYPE}"),
        ("untyped.js", _CHECKSUM, f"content type missing, not {_TYPE}"),
    ],
)
def test_a_url_is_compared_with_what_was_published(site: _Site, path: str, checksum: str | None, problem: str) -> None:
    """Status, bytes and content type; the first that is wrong is said."""
    checked = check_url(f"http://cdn.example/{path}", checksum, _TYPE, site.find_address)

    assert (checked.url, checked.size, checked.problem) == (f"http://cdn.example/{path}", len(_BODY), problem)


def test_an_answer_that_ends_too_early_is_a_failure(site: _Site) -> None:
    """The URL is named."""
    with pytest.raises(UnreachableError, match=r"http://cdn\.example/cut\.js could not be fetched"):
        fetch("http://cdn.example/cut.js", site.find_address)


def test_nothing_answers() -> None:
    """URL, reason and what to check."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/app.js"

        with pytest.raises(UnreachableError) as caught:
            fetch(url, lambda host: None)

    assert caught.value.message.startswith(f"{url} could not be fetched: ")
    assert caught.value.hint


def test_a_host_that_speaks_another_protocol(site: _Site) -> None:
    """An https URL of a plain http server fails in one sentence too."""
    with pytest.raises(UnreachableError):
        fetch(f"https://127.0.0.1:{site.server_port}/app.js", lambda host: None)


@pytest.mark.parametrize("url", ["http://cdn.example/with space.js", "http://cdn.example/über.js"])
def test_a_url_that_is_not_one(site: _Site, url: str) -> None:
    """An address with raw spaces or letters cannot be sent; it fails as one that cannot be reached."""
    with pytest.raises(UnreachableError):
        fetch(url, site.find_address)

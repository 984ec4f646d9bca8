"""Fetching through the CDN, and what counts as a problem."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from flask_cdn_stack.errors import UnreachableError
from flask_cdn_stack.verify.fetching import check_url, fetch
from tests.servers.loopback import HTTPLoopback

_BODY = b"console.log('caf\xc3\xa9')\n"
_CHECKSUM = hashlib.sha256(_BODY).hexdigest()
_TYPE = "text/javascript; charset=utf-8"


class _Site(HTTPLoopback):
    """Answers a few paths, and remembers who was asked for what."""

    def __init__(self) -> None:
        requests = self.requests = list[tuple[str | None, str, str | None]]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append((self.headers["Host"], self.path, self.headers["Origin"]))
                path = self.path.partition("?")[0]
                self.send_response_only({"/moved.js": 301, "/gone.js": 403}.get(path, 200))
                if path != "/untyped.js":
                    self.send_header("Content-Type", "text/plain" if path == "/plain.js" else _TYPE)
                self.send_header("Location", "/app.js")
                self.send_header("Content-Length", str(len(_BODY) + (path == "/cut.js")))
                self.end_headers()
                self.wfile.write(b"x" * len(_BODY) if path == "/other.js" else _BODY)

        super().__init__(Handler)

    def find_address(self, host: str) -> tuple[str, int] | None:
        port = int(self.url.rpartition(":")[2])
        return ("127.0.0.1", port) if host.startswith("cdn.example") else None


@pytest.fixture(scope="module")
def site() -> Iterator[_Site]:
    with _Site() as server:
        yield server


def test_it_connects_where_it_is_told_and_asks_for_the_url_s_host(site: _Site) -> None:
    """Port and query included; headers are sent and come back by their lower-case names."""
    answer = fetch("http://cdn.example:4566/a%2Bb.js?c=1&v=2", site.find_address, {"Origin": "https://shop.example"})
    fetch("http://cdn.example", site.find_address)

    assert site.requests[-2:] == [
        ("cdn.example:4566", "/a%2Bb.js?c=1&v=2", "https://shop.example"),
        ("cdn.example", "/", None),
    ]
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, _BODY, _TYPE)


def test_without_an_address_it_asks_dns(site: _Site) -> None:
    """Host and port are the URL's own."""
    assert fetch(f"{site.url}/app.js", lambda host: None).body == _BODY


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


@pytest.mark.parametrize(
    "url",
    ["http://cdn.example/cut.js", "http://{closed}/app.js", "https://{site}/app.js", "http://cdn.example/with space.js",
     "http://cdn.example/über.js"],
    ids=["cut off", "nobody listens", "another protocol", "a space", "a letter"],
)  # fmt: skip
def test_what_cannot_be_fetched(site: _Site, url: str) -> None:
    """Is named with the reason and what to check; an address with raw spaces or letters cannot even be sent."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = url.format(closed=f"127.0.0.1:{closed.getsockname()[1]}", site=site.url.partition("//")[2])
        with pytest.raises(UnreachableError) as caught:
            fetch(url, site.find_address)

    assert caught.value.message.startswith(f"{url} could not be fetched: ")
    assert caught.value.hint

from __future__ import annotations

import os
import time
import tracemalloc
import zipfile
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path, PureWindowsPath
from threading import Event
from typing import TYPE_CHECKING

import pytest

from flask_cdn_stack.errors import ManifestError
from flask_cdn_stack.extension.manifest_source import describe, is_remote, read_manifest

from .conftest import drip

if TYPE_CHECKING:
    from .conftest import ManifestServer

TEXT = "abc  static/unié.js\n"


def read(location: str, root: str = "/", timeout: float = 5, max_bytes: int = 1000) -> str:
    found = read_manifest(location, root, timeout=timeout, max_bytes=max_bytes)
    assert found is not None
    return found.text


def test_paths(tmp_path: Path) -> None:
    """A path may be absolute, relative to the app's root path, or a file URL."""
    file = tmp_path / "with space.txt"
    file.write_text(TEXT, "utf-8")
    for location in (str(file), file.name, f"./{file.name}", file.as_uri(), f"FILE:{file}"):
        assert read(location, str(tmp_path)) == TEXT


@pytest.mark.parametrize("location", ["app.pyz/pkg/m.txt", "app.pyz/pkg/sub/../m.txt"])
def test_path_inside_an_archive(tmp_path: Path, location: str) -> None:
    """A path may go on inside a zip archive, also in one that begins with an interpreter line."""
    with (tmp_path / "app.pyz").open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("pkg/m.txt", TEXT)
    assert read(location, str(tmp_path)) == TEXT


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("nothing.txt", "No such file"),
        ("plain.txt/m.txt", "Not a directory"),
        ("latin.txt", "not UTF-8"),
        ("pipe.txt", "a pipe"),
        ("large.txt", "larger than 1,000 bytes"),
        ("app.pyz/large.txt", "larger than 1,000 bytes"),
        ("file://elsewhere/m.txt", "on another machine"),
        ("file:///a%00b", "cannot be read"),
        ("file://[", r"file://\["),
    ],
)
def test_unreadable_paths(tmp_path: Path, location: str, reason: str) -> None:
    """What cannot be read, or is not a manifest's text, is one error that names it."""
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "plain.txt").write_text("x")
    (tmp_path / "latin.txt").write_bytes(b"\xff\xfea\x00")
    (tmp_path / "large.txt").write_text("x" * 1001)
    with zipfile.ZipFile(tmp_path / "app.pyz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("large.txt", "x" * 100_000)
    with pytest.raises(ManifestError, match=reason) as caught:
        read(location, str(tmp_path))
    assert location in str(caught.value)
    (tmp_path / "large.txt").write_text("x" * 1000)
    assert len(read("large.txt", str(tmp_path))) == 1000, "exactly the largest size is read"


def test_url(server: ManifestServer) -> None:
    """A manifest is fetched over http, through redirects, in chunks too."""
    plain = server.add("/m", TEXT.encode())
    moved = server.add("/old", b"", 302, Location="/m", Content_Length="0")
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT.encode()), TEXT.encode())

    def reply_in_chunks(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(body)

    chunked = server.add_reply("/chunked", reply_in_chunks)
    assert [read(url) for url in (plain, moved, chunked, plain.replace("http", "HTTP"))] == [TEXT] * 4


@pytest.mark.parametrize(
    ("status", "body", "headers", "reason"),
    [
        (404, b"", {}, "answers 404"),
        (200, b"x" * 1001, {}, "larger than 1,000 bytes"),
        (200, b"\xff", {}, "not UTF-8"),
        (200, b"abc  a.js\n", {"Content_Length": "500"}, "ended too early"),
        (302, b"", {"Location": "file:///etc/hosts"}, "cannot be fetched"),
    ],
)
def test_unusable_answers(
    server: ManifestServer, status: int, body: bytes, headers: dict[str, str], reason: str
) -> None:
    """An answer that is no manifest is one error that says why."""
    url = server.add("/m", body, status, **headers)
    with pytest.raises(ManifestError, match=reason):
        read(url)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("HTTPS://example.net/m", True),
        ("/srv/m", False),
        ("http/m", False),
        (str(PureWindowsPath("C:/app/m.txt")), False),
    ],
)
def test_is_remote(location: str, expected: bool) -> None:
    """Only http and https are; a drive letter is no scheme."""
    assert is_remote(location) is expected
    assert describe(location) == location


def test_bytes_without_end(server: ManifestServer) -> None:
    """A server that was given up is hung up on: each further reading would leave another connection behind."""
    hung_up = Event()
    reply = partial(drip, length=None, hung_up=hung_up)
    with pytest.raises(ManifestError, match="longer than"):
        read(server.add_reply("/m", reply), timeout=0.2)
    assert hung_up.wait(2)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/m", "http://127.0.0.1:port/m", "http:///m", "https://["])
def test_unreachable_servers(url: str) -> None:
    """A server that is not there, or a URL that names none, is an error of the same kind."""
    with pytest.raises(ManifestError, match="cannot be fetched"):
        read(url)


def test_slow_servers(server: ManifestServer) -> None:
    """The time allowed is for the whole of it, headers, redirects, single bytes and silence, not for each wait."""

    def drip_headers(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for number in range(20):
            time.sleep(0.1)
            handler.send_header(f"X-{number}", "x")
            handler.flush_headers()

    def redirect(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.15)
        handler.send_response(302)
        handler.send_header("Location", f"/r?{time.monotonic()}")
        handler.end_headers()

    for path, reply in (("/h", drip_headers), ("/r", redirect), ("/b", drip), ("/s", lambda handler: time.sleep(3))):
        started = time.monotonic()
        with pytest.raises(ManifestError, match=r"longer than 0\.3 seconds"):
            read(server.add_reply(path, reply), timeout=0.3)
        assert time.monotonic() - started < 1.5


def test_memory_of_reading(tmp_path: Path) -> None:
    """Reading takes the memory that the manifest needs, not what it might have needed."""
    (tmp_path / "m.txt").write_text(TEXT, "utf-8")
    tracemalloc.start()
    try:
        assert read("m.txt", str(tmp_path), max_bytes=64 * 1024 * 1024) == TEXT
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://user:secret@example.net/m?X-Amz-Signature=secret#x", "https://example.net/m"),
        ("/srv/app/m?.txt", "/srv/app/m?.txt"),
        (" https://user:secret@example.net/m?sig=secret", "https://example.net/m"),
        ("https:\\\\user:secret@example.net", "https://example.net"),
        ("//user:secret@example.net/m", "example.net/m"),
        ("https://user:sec/ret@example.net", "https://example.net"),
    ],
)
def test_secrets_are_not_shown(location: str, shown: str) -> None:
    """Passwords and signatures in a URL stay out of messages."""
    assert describe(location) == shown


@pytest.mark.parametrize(
    "url",
    [
        "http://user:secret@127.0.0.1:port/m",
        "http://127.0.0.1:1/m?X-Amz-Signature=secret with space",
        "http://127.0.0.1:1/m?X-Amz-Signature=secret\u00e9",
    ],
)
def test_secrets_are_not_in_errors(url: str) -> None:
    """Nor in what the network code says of a URL that it cannot use."""
    with pytest.raises(ManifestError) as caught:
        read(url)
    assert "secret" not in str(caught.value)


def test_password(server: ManifestServer) -> None:
    """A user name and password in the URL are sent, percent-decoded, as other tools do (RFC 7617)."""
    url = server.add("/m", TEXT.encode()).replace("://", "://user:p%40ss@")
    assert read(url) == TEXT
    assert server.headers[0]["Authorization"] == "Basic dXNlcjpwQHNz"

"""A CDN on loopback that serves as a stack of ours does behind CloudFront, but for one fault that it is given."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from flask_cdn_stack.verify.connections import Way
from flask_cdn_stack.verify.model import PublishedFile, Subject
from flask_cdn_stack.verify.packing import can_unpack
from tests.servers.loopback import HTTPLoopback

HOST = "cdn.example"

LOGO = b"<svg xmlns='http://www.w3.org/2000/svg'/>\n"
STYLE = f"body {{ background: url(../logo.svg?c={hashlib.sha256(LOGO).hexdigest()}) }}\n".encode() + b"p {}\n" * 300
CACHE = "public, max-age=3600, s-maxage=31536000"


@dataclass(frozen=True)
class Asked:
    """A request: what of it the CDN goes by, and how often the same came before."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    before: int

    @property
    def is_plain(self) -> bool:
        """Whether it is one for a file as it is, as each file is asked for first."""
        return self.method == "GET" and self.headers.get("accept-encoding") == "identity" and self.query[:2] == "c="


@dataclass(frozen=True)
class Given:
    """An answer. ``waits`` is given before it: seconds in which nothing is sent."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    waits: float = 0.0

    def with_header(self, name: str, value: str | None) -> Given:
        """Return the answer with another value of a header; without it for None."""
        kept = {key: old for key, old in self.headers.items() if key != name}
        return replace(self, headers=kept if value is None else {**kept, name: value})


#: Makes another answer of what would be given; of None the connection is ended without any.
Fault = Callable[[Asked, Given], Given | None]


def no_fault(asked: Asked, given: Given) -> Given:
    """Change nothing."""
    return given


def pack(encoding: str, body: bytes) -> bytes:
    """Return a body packed; by brotli only where it is installed, and nobody can look into it otherwise."""
    if encoding == "gzip":
        return gzip.compress(body, mtime=0)
    return bytes(import_module("brotli").compress(body)) if can_unpack("br") else b"packed"


class FakeCDN(HTTPLoopback):
    """Serves files; ``asked`` are the requests so far, ``connections`` how many brought them."""

    def __init__(self, files: dict[str, tuple[str, bytes]], fault: Fault = no_fault) -> None:
        cdn = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                cdn.connections += 1

            def handle(self) -> None:
                with suppress(ConnectionError):  # of a viewer that has waited for long enough
                    super().handle()

            def serve(self) -> None:
                cdn.serve(self)

            do_GET = do_OPTIONS = serve

        super().__init__(Handler)
        self.files, self.fault = files, fault
        self.asked: list[Asked] = []
        self.connections = 0
        self._seen: dict[tuple[str, ...], int] = {}
        self._counting = threading.Lock()

    @property
    def way(self) -> Way:
        """How :data:`HOST` is reached; every other host is left to DNS."""
        port = urlsplit(self.url).port or 0
        return Way(lambda host: ("127.0.0.1", port) if host == HOST else None)

    def publish(self, **more: Any) -> Subject:
        """Return what a stack of ours would publish here."""
        files = [
            PublishedFile(
                f"http://{HOST}/{key}?c={hashlib.sha256(body).hexdigest()}",
                key,
                hashlib.sha256(body).hexdigest(),
                len(body),
                content_type,
                CACHE,
            )
            for key, (content_type, body) in self.files.items()
        ]
        return Subject(HOST, https=False, files=tuple(files), **more)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        path, _, query = handler.path.partition("?")
        headers = {name.lower(): value for name, value in handler.headers.items()}
        name = (handler.command, handler.path, headers.get("accept-encoding", ""))
        with self._counting:
            before = self._seen[name] = self._seen.get(name, -1) + 1
        asked = Asked(handler.command, path, query, headers, before)
        self.asked.append(asked)
        given = self.fault(asked, self._answer(asked))
        if given is None:
            handler.close_connection = True
            return
        if given.waits:
            threading.Event().wait(given.waits)
        handler.send_response_only(given.status)
        for header, value in {"Content-Length": str(len(given.body)), **given.headers}.items():
            handler.send_header(header, value)
        handler.end_headers()
        handler.wfile.write(given.body)

    def _answer(self, asked: Asked) -> Given:
        headers = {"X-Cache": f"{'Hit' if asked.before else 'Miss'} from cloudfront", "Vary": "Accept-Encoding, Origin"}
        if "origin" in asked.headers:
            headers["Access-Control-Allow-Origin"] = "*"
        if asked.method == "OPTIONS":
            return Given(200, {**headers, "Access-Control-Allow-Methods": "GET, HEAD"})
        content_type, body = self.files.get(asked.path.removeprefix("/"), ("", b""))
        if not content_type:
            return Given(403, headers, b"<Error>AccessDenied</Error>")
        headers |= {"Content-Type": content_type, "Cache-Control": CACHE}
        encoding = asked.headers.get("accept-encoding", "")
        if encoding in ("gzip", "br") and len(body) >= 1000:
            return Given(200, {**headers, "Content-Encoding": encoding}, pack(encoding, body))
        return Given(200, headers, body)

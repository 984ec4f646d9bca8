"""A small tree of static files, apps over it, and a server of manifests on loopback."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.errors import ManifestError
from flask_cdn_stack.extension.manifest_source import ManifestText

FILES = {
    "static/bah.js": 1400000000,
    "static/css/app.css": 1400000001,
    "static/both.js": 1400000002,
    "static/with space.js": 1400000003,
    "static/unié.js": 1400000004,
    "static/a+b.js": 1400000005,
    "static/frac.js": 1400000123.987,
    "admin_static/adm.js": 1500000000,
    "admin_static/both.js": 1500000001,
    "child_static/kid.js": 1500000002,
    "media/pic.png": 1500000003,
    "secret.txt": 1234567890,
}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with static files of known modification times."""
    folder = tmp_path / "root"
    for name, mtime in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
        os.utime(file, (mtime, mtime))
    os.utime(folder / "static/css", (1300000000, 1300000000))
    return folder


class Source:
    """Stands for where a manifest comes from: has a text, or fails, and counts its readings.

    ``known`` are the versions that the readings were told; ``during`` is called within each, as what other pages do.
    """

    def __init__(self) -> None:
        self.text = "abc  static/bah.js\n"
        self.failure = ""
        self.known: list[tuple[str, ...]] = []
        self.during: Callable[[], object] = lambda: None

    def __call__(
        self, location: str, root_path: str, *, timeout: float, max_bytes: int, known: tuple[str, ...] = ()
    ) -> ManifestText | None:
        self.known.append(known)
        text, failure = self.text, self.failure
        self.during()
        if failure:
            raise ManifestError(failure, "Check it.")
        return None if known == (text,) else ManifestText(text, (text,))


@pytest.fixture
def source() -> Source:
    return Source()


class Work:
    """Background work that is done when a test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def run(self) -> None:
        """Do what was begun until now."""
        begun, self.waiting = self.waiting, []
        for work in begun:
            work()


@pytest.fixture
def work() -> Work:
    return Work()


def ask(app: Flask, filename: str = "bah.js", endpoint: str = "static", page: str = "/", **values: Any) -> str:
    """Return a file's URL, as a page would show it."""
    with app.test_request_context(page):
        return url_for(endpoint, filename=filename, **values)


MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(root: Path) -> MakeApp:
    """Build an app with blueprints over ``root``; config as keywords, CDN initialised."""

    def make(clock: Callable[[], float] | None = None, **config: Any) -> Flask:
        app = Flask("shop", root_path=str(root))
        app.config.update(CDN_DOMAIN="cdn.example.net")
        app.config.update(config)
        admin = Blueprint("admin", "shop", url_prefix="/admin", static_folder="admin_static", root_path=str(root))
        parent = Blueprint("parent", "shop", url_prefix="/parent", root_path=str(root))
        child = Blueprint("child", "shop", url_prefix="/child", static_folder="child_static", root_path=str(root))
        parent.register_blueprint(child)
        app.register_blueprint(admin)
        app.register_blueprint(admin, name="again", url_prefix="/again")
        app.register_blueprint(parent)
        app.add_url_rule("/", "index", lambda: "")
        app.add_url_rule("/admin/page", "admin.page", lambda: "")
        app.add_url_rule("/media/<path:filename>", "media", lambda filename: "")
        app.add_url_rule("/<lang>/files/<path:filename>", "tongue.static", lambda lang, filename: "")
        app.add_url_rule("/page", "view.static", lambda: "")
        CDN().init_app(app, clock=clock or time.monotonic)
        return app

    return make


class ManifestServer:
    """Serves ``replies`` by path and counts ``requests``, whose headers are in ``headers``."""

    def __init__(self) -> None:
        self.replies: dict[str, Callable[[BaseHTTPRequestHandler], object]] = {}
        self.requests: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.requests.append(self.path)
                server.headers.append(dict(self.headers))
                self.close_connection = True
                server.replies[self.path.partition("?")[0]](self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def add(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """Serve ``body`` at ``path`` and return its URL; headers replace the usual Content-Length."""

        return self.add_reply(path, lambda handler: _answer(handler, body, status, headers))

    def add_version(self, path: str, body: bytes, etag: str = "", modified: str = "") -> str:
        """Serve ``body`` with validators at ``path``, or 304 to who names all of them, and return its URL."""
        validators = {name: value for name, value in (("ETag", etag), ("Last_Modified", modified)) if value}

        def reply(handler: BaseHTTPRequestHandler) -> None:
            named = (handler.headers.get("If-None-Match", ""), handler.headers.get("If-Modified-Since", ""))
            is_known = any(named) and named == (etag, modified)
            _answer(handler, b"" if is_known else body, 304 if is_known else 200, validators)

        return self.add_reply(path, reply)

    def add_reply(self, path: str, reply: Callable[[BaseHTTPRequestHandler], object]) -> str:
        """Answer requests for ``path`` with a function of the handler, and return the URL."""
        self.replies[path] = reply
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _answer(handler: BaseHTTPRequestHandler, body: bytes, status: int, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in ({"Content_Length": str(len(body))} | dict(headers)).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def server() -> Iterator[ManifestServer]:
    opened = ManifestServer()
    yield opened
    opened.close()


def drip(handler: BaseHTTPRequestHandler, length: int | None = 1000, hung_up: Event | None = None) -> None:
    """Answer with single bytes for seconds; say when the other side has hung up."""
    handler.send_response(200)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b"x")
            time.sleep(0.02)
    except OSError:
        if hung_up is not None:
            hung_up.set()

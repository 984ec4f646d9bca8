"""A small tree of static files, apps over it, and a server of manifests on loopback."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_cdn_stack import CDN

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
        if clock:
            CDN().init_app(app, clock=clock)
        else:
            CDN(app)
        return app

    return make


class ManifestServer:
    """Serves ``replies`` by path and counts ``requests``."""

    def __init__(self) -> None:
        self.replies: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.requests.append(self.path)
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

        def reply(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in ({"Content_Length": str(len(body))} | headers).items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        return self.add_reply(path, reply)

    def add_reply(self, path: str, reply: Callable[[BaseHTTPRequestHandler], None]) -> str:
        """Answer requests for ``path`` with a function of the handler, and return the URL."""
        self.replies[path] = reply
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[ManifestServer]:
    opened = ManifestServer()
    yield opened
    opened.close()

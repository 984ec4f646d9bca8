"""A Flask app that answers https on loopback, as CloudFront finds it behind its host name."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass(frozen=True)
class Asked:
    """A request that reached the app."""

    target: str
    host: str
    cookie: str | None


@dataclass
class AppServer:
    """The app's upstream address, and every request that reached it."""

    url: str = ""
    requests: list[Asked] = field(default_factory=list)

    def take(self) -> list[Asked]:
        """Return the requests since the last time."""
        taken, self.requests = self.requests, []
        return taken

    def record(self, app: Flask) -> Any:
        """Return a WSGI app that keeps each request, and hands it on."""

        def recorded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            target, host = environ["RAW_URI"], environ["HTTP_HOST"]
            self.requests.append(Asked(target, host, environ.get("HTTP_COOKIE")))
            return app(environ, start_response)

        return recorded


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def load_app(package: Path) -> Flask:
    """Return the app of a package's ``create_app``, without leaving the package among the imported ones."""
    spec = importlib.util.spec_from_file_location(f"{package.name}_origin", package / "__init__.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Flask asks for the module's file by its name.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        app: Flask = module.create_app()
        return app
    finally:
        del sys.modules[spec.name]


@contextmanager
def serve_app(app: Flask) -> Iterator[AppServer]:
    """Serve an app over plain http, for a TLS front to speak TLS for it."""
    found = AppServer()
    server = make_server("127.0.0.1", 0, found.record(app), threaded=True, request_handler=_Quiet)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

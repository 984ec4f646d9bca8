"""A small app on one loopback port and its CDN on another, which has nothing but what a deploy would publish.

An answer's headers are those that a deploy stores with the object, changed as the response headers policy of the
template says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer
from threading import Thread
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from flask import Flask, render_template_string
from werkzeug.serving import WSGIRequestHandler, make_server

import flask_cdn_stack.local.demo
from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.assets.collect import collect_assets
from flask_cdn_stack.assets.fingerprint import Builder
from flask_cdn_stack.assets.hashes import FileHashes
from flask_cdn_stack.assets.headers import Kind, headers_finder
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.local.edge.messages import Request
from flask_cdn_stack.local.edge.response_headers import apply_policy
from flask_cdn_stack.local.edge.rules import HeadersPolicy
from flask_cdn_stack.manifest import parse_manifest
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Assets, Settings
from tests.conftest import write_files
from tests.servers.edge_rules import read_rules

#: A small font.
FONT = (Path(flask_cdn_stack.local.demo.__file__).parent / "project/shop/static/fonts/tea-dots.woff2").read_bytes()

#: Config of an app whose file names carry the checksum, and of one whose query does.
PATH = {"CDN_FINGERPRINT": "path", "CDN_CHECKSUM_LENGTH": 16}
QUERY: dict[str, Any] = {}

_FIND_HEADERS = headers_finder(Assets())


def read_policy(delivery: Delivery | None = None) -> HeadersPolicy:
    """Return the response headers policy of the template for these settings."""
    values = {"Bucket.RegionalDomainName": "shop.s3.eu-west-1.amazonaws.com", "OriginAccessControl.Id": "access"}
    return read_rules(build_template(Settings(delivery=delivery or Delivery())), values).behaviors[-1].headers


@dataclass
class CDNServer:
    """Serves ``published``, bytes by decoded path and query, and keeps the targets that were asked for.

    As S3 does, it reads a plain ``+`` in a path as a space. As CloudFront does, it answers 304 to whoever has a copy.
    """

    policy: HeadersPolicy = field(default_factory=read_policy)
    published: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def make_handler(self) -> type[BaseHTTPRequestHandler]:
        """Return what answers the requests."""
        cdn = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = cdn.find(self.path)
                stored = {} if body is None else cdn.describe(self.path, body)
                known = bool(stored) and self.headers["If-None-Match"] == stored["etag"]
                self.send_response(304 if known else 200 if stored else 404)
                asked = Request("GET", self.path, {name.lower(): value for name, value in self.headers.items()})
                for name, value in apply_policy(cdn.policy, stored, asked).items():
                    self.send_header(name, value)
                sent = b"" if known else body or b""
                if not known:
                    self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def find(self, target: str) -> bytes | None:
        """Return what is published at a target, and take note of the request."""
        path, question, query = target.partition("?")
        body = self.published.get(f"{unquote_plus(path)}{question}{query}")
        self.requests.append(target)
        if body is None:
            self.missing.append(target)
        return body

    def describe(self, target: str, body: bytes) -> dict[str, str]:
        """Return the headers that are stored with what is published at a target."""
        path, _, query = target.partition("?")
        kind: Kind = "query" if query else "hashed"
        headers = _FIND_HEADERS(unquote_plus(path).removeprefix("/"), kind)
        stored = {"content-type": headers.content_type, "cache-control": headers.cache_control}
        return {**stored, "etag": f'"{hashlib.md5(body).hexdigest()}"'}


@dataclass(frozen=True)
class Site:
    """A running app and its CDN."""

    app: Flask
    cdn: CDNServer
    address: str
    cdn_address: str

    def target(self, filename: str) -> str:
        """Return path and query of a static file's URL, as templates get it."""
        with self.app.test_request_context():
            url = urlsplit(url_for("static", filename=filename))
        return f"{url.path}?{url.query}" if url.query else url.path

    def key(self, filename: str) -> str:
        """Return what a static file is published as."""
        return unquote_plus(self.target(filename))

    def move(self, folder: str) -> None:
        """Move everything that is at the CDN into a folder, given as it stands in URLs."""
        self.app.config["CDN_DOMAIN"] += folder
        self.cdn.published = {unquote_plus(folder) + path: body for path, body in self.cdn.published.items()}


#: Changes an app after its CDN was initialised.
Install = Callable[[Site], object]


@contextmanager
def open_site(
    folder: Path, page: str, files: Mapping[str, str | bytes], install: Install, config: Mapping[str, Any]
) -> Iterator[Site]:
    """Write static files, publish them, and serve a page with them."""
    write_files(folder, {f"static/{name}": content for name, content in files.items()})
    app = Flask("shop", root_path=str(folder))
    app.add_url_rule("/", "index", lambda: render_template_string(page))
    cdn = CDNServer()
    with (
        _serving(ThreadingHTTPServer(("127.0.0.1", 0), cdn.make_handler())) as cdn_host,
        serve(app) as host,
    ):
        app.config.update(CDN_DOMAIN=cdn_host, CDN_HTTPS=False, CDN_MANIFEST=True, CDN_MANIFEST_URL="cdn_manifest.txt")
        app.config.update(config)
        _publish(app, cdn)
        CDN(app)
        site = Site(app, cdn, f"http://{host}/", f"http://{cdn_host}")
        install(site)
        yield site


def _publish(app: Flask, cdn: CDNServer) -> None:
    """Publish what a deploy would as the config says it is named: each file once, or under a plain name sought, too."""
    values = {
        "fingerprint": "CDN_FINGERPRINT",
        "checksum_length": "CDN_CHECKSUM_LENGTH",
        "keep_names": "CDN_KEEP_NAMES",
    }
    settings = Assets(plain_copies=False, keep_names=(), checksum_length=64).replace(
        **{name: app.config[key] for name, key in values.items() if key in app.config}
    )
    build = Builder(collect_assets(app).assets, settings, FileHashes()).build()
    versions = parse_manifest(build.manifest)
    sought = {key for found in build.sought for key in found.keys}
    for item in build.objects:
        body = item.read_body() or Path(item.file).read_bytes()
        if item.kind == "hashed" or item.key in sought:
            cdn.published[f"/{item.key}"] = body
        if item.kind != "hashed":
            cdn.published[f"/{item.key}?c={versions[item.key][: settings.checksum_length]}"] = body
    (Path(app.root_path) / "cdn_manifest.txt").write_text(build.manifest, "utf-8")


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def serve(app: Flask) -> AbstractContextManager[str]:
    """Serve an app; the value is its host and port."""
    return _serving(make_server("127.0.0.1", 0, app, threaded=True, request_handler=_QuietHandler))


@contextmanager
def _serving(server: BaseServer) -> Iterator[str]:
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"  # type: ignore[index]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

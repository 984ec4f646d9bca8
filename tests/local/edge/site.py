"""An origin whose answers a test decides, and rules of a distribution in front of it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

from flask_cdn_stack.local.edge.origins import Surroundings
from flask_cdn_stack.local.edge.rules import Behavior, CachePolicy, Choice, Origin, Rules
from flask_cdn_stack.local.edge.server import EdgeServer
from tests.servers.loopback import HTTPLoopback

#: A policy such as the generated template has.
POLICY = CachePolicy(0, 86400, 31536000, Choice("whitelist", frozenset({"c"})), gzip=True, brotli=True)


@dataclass(frozen=True)
class Reply:
    """What the origin answers."""

    body: bytes = b"one"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_chunked: bool = False


class FakeOrigin(HTTPLoopback):
    """Answers by path from ``replies``, else 404. In ``asked`` are method, target and headers of each request."""

    def __init__(self) -> None:
        origin = self
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                origin.asked.append((self.command, self.path, headers))
                reply = origin.replies.get(self.path.partition("?")[0], Reply(b"missing", 404))
                is_known = reply.headers.get("ETag") == headers.get("if-none-match", "none")
                self.send_response_only(304 if is_known else reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if is_known:
                    return self.end_headers()
                if reply.is_chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(reply.body), reply.body))
                else:
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)

            do_GET = do_HEAD = do_OPTIONS = do_POST = serve

        super().__init__(Handler)

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self.url.rpartition(":")[2])

    @property
    def targets(self) -> list[str]:
        """The targets asked for."""
        return [target for _, target, _ in self.asked]


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Seen:
    """What a viewer got."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def result(self) -> str:
        """The first word of ``X-Cache``."""
        return self.headers["x-cache"].removesuffix(" from cloudfront")


@dataclass(frozen=True)
class Site:
    """An edge, its origin and its time."""

    edge: EdgeServer
    origin: FakeOrigin
    clock: Clock

    def ask(self, target: str = "/a.css", method: str = "GET", **headers: str) -> Seen:
        """Ask as a viewer does; underscores in names of headers stand for hyphens."""
        return ask(self.edge.port, target, method, **headers)

    def results(self, *targets: str) -> list[str]:
        """Return where the answers to these came from."""
        return [self.ask(target).result for target in targets]


def ask(port: int, target: str, method: str = "GET", host: str = "cdn.example", **headers: str) -> Seen:
    """Ask what listens on a port as a viewer does."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, headers={"Host": host, "Accept-Encoding": "identity", **named})
        response = connection.getresponse()
        return Seen(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def make_rules(port: int, behavior: Mapping[str, Any] | None = None, **rules: Any) -> Rules:
    """Return rules of a distribution with one behavior and one origin, which is no bucket."""
    one = Behavior("*", "app", "redirect-to-https", ("GET", "HEAD"), ("GET", "HEAD"), True, POLICY)
    origin = Origin("app", "app.example", is_bucket=False, scheme="http", port=port, attempts=1)
    made = Rules("E0", "d0.cloudfront.net", (replace(one, **(behavior or {})),), {"app": origin})
    return replace(made, **rules)


@contextmanager
def open_site(behavior: Mapping[str, Any] | None = None, **rules: Any) -> Iterator[Site]:
    """Serve a distribution whose origin has ``/a.css``."""
    clock = Clock()
    with FakeOrigin() as origin:
        origin.replies["/a.css"] = Reply(headers={"Content-Type": "text/css", "ETag": '"1"'})
        made = make_rules(origin.port, behavior, **rules)
        with EdgeServer(Surroundings("", custom_address="127.0.0.1"), made, clock=clock) as edge:
            yield Site(edge, origin, clock)

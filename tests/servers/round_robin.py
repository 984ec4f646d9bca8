"""One port in front of several app servers, each of which gets a request in turn, as behind a load balancer."""

from __future__ import annotations

import contextlib
import http.client
from http.server import BaseHTTPRequestHandler

from tests.servers.loopback import HTTPLoopback


class RoundRobin(HTTPLoopback):
    """Hands each GET to the next of ``backends``, which are hosts with their ports and may change meanwhile."""

    def __init__(self, backends: list[str]) -> None:
        self.backends = backends
        self._turn = 0
        front = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                connection = http.client.HTTPConnection(front.take_turn(), timeout=10)
                with contextlib.closing(connection):
                    connection.request("GET", self.path)
                    answer = connection.getresponse()
                    body = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", str(answer.getheader("Content-Type")))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        super().__init__(Handler)

    def take_turn(self) -> str:
        """Return whose turn it is."""
        self._turn += 1
        return self.backends[self._turn % len(self.backends)]

"""Temporary credentials as a container or a build machine asks for them: another key each time."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

from tests.servers.loopback import HTTPLoopback


class TokenService(HTTPLoopback):
    """Gives ``KEY1``, then ``KEY2`` and so on, each good for hours, until ``ended`` is set."""

    def __init__(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = service._answer()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.given = 0
        self.ended = False
        self._counting = threading.Lock()
        super().__init__(Handler)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that send an AWS client here."""
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.url}/"}

    def _answer(self) -> tuple[int, bytes]:
        if self.ended:
            return 400, b'{"code": "SessionEnded", "message": "Log in again"}'
        with self._counting:
            self.given += 1
            number = self.given
        key = {"AccessKeyId": f"KEY{number}", "SecretAccessKey": f"secret{number}", "Token": f"token{number}"}
        until = datetime.now(UTC) + timedelta(hours=6)
        return 200, json.dumps({**key, "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode()

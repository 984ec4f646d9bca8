"""Temporary credentials by each of the ways on which AWS gives them: another key each time.

A container's endpoint, an instance's metadata (version 2), STS, and IAM Identity Center with its renewal of a login,
all on one address. What they answer is as in AWS's references, as far as botocore reads it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from tests.servers.loopback import HTTPLoopback

#: What the STS here takes for the code of an MFA device, and Identity Center for a login.
CODE, LOGIN = "424242", "portal-token"

_METADATA = "/latest/meta-data/iam/security-credentials/"
_Answer = tuple[int, bytes]


class TokenService(HTTPLoopback):
    """Gives ``KEY1``, then ``KEY2`` and so on, each good for hours, until ``ended`` is set.

    ``asked`` are the ways that were taken.
    """

    def __init__(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(service._answer_get(self.path, {name.lower(): text for name, text in self.headers.items()}))

            def do_PUT(self) -> None:
                self._send((200, b"metadata-token"))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._send(service._answer_post(self.path, body))

            def _send(self, answer: _Answer) -> None:
                status, body = answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                # The life of the metadata's token, in seconds.
                self.send_header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.given = 0
        self.ended = False
        self.asked: list[str] = []
        self._counting = threading.Lock()
        super().__init__(Handler)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that send an AWS client here, as in a container."""
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.url}/"}

    def _answer_get(self, path: str, headers: Mapping[str, str]) -> _Answer:
        if path.startswith("/federation/credentials"):
            return self._answer_portal(headers)
        if not path.startswith(_METADATA):
            return self._refuse() if self.ended else self._give("container")
        if headers.get("x-aws-ec2-metadata-token") != "metadata-token":
            return 401, b""
        if path == _METADATA:
            return 200, b"deploy"
        return (404, b"") if self.ended else self._give("metadata")

    def _answer_portal(self, headers: Mapping[str, str]) -> _Answer:
        if self.ended or headers.get("x-amz-sso_bearer_token") != LOGIN:
            return 401, b'{"__type": "UnauthorizedException", "message": "Session token not found or invalid"}'
        key, until = self._make("portal")
        role = {
            "accessKeyId": key["AccessKeyId"],
            "secretAccessKey": key["SecretAccessKey"],
            "sessionToken": key["Token"],
            "expiration": int(until.timestamp() * 1000),
        }
        return 200, json.dumps({"roleCredentials": role}).encode()

    def _answer_post(self, path: str, body: bytes) -> _Answer:
        if path == "/token":
            return 200, json.dumps({"accessToken": LOGIN, "expiresIn": 3600, "tokenType": "Bearer"}).encode()
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if self.ended:
            return _refuse_role("ExpiredToken", "The security token included in the request is expired")
        if "SerialNumber" in form and form.get("TokenCode") != CODE:
            return _refuse_role("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
        action = form["Action"]
        key, until = self._make(action)
        return 200, (
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>'
            "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/deploy/x</Arn><AssumedRoleId>A:x"
            f"</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>{key['AccessKeyId']}</AccessKeyId>"
            f"<SecretAccessKey>{key['SecretAccessKey']}</SecretAccessKey><SessionToken>{key['Token']}</SessionToken>"
            f"<Expiration>{until:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials></{action}Result></{action}Response>"
        ).encode()

    def _refuse(self) -> _Answer:
        return 400, b'{"code": "SessionEnded", "message": "Log in again"}'

    def _give(self, way: str) -> _Answer:
        key, until = self._make(way)
        return 200, json.dumps({**key, "Code": "Success", "Expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}"}).encode()

    def _make(self, way: str) -> tuple[dict[str, str], datetime]:
        with self._counting:
            self.given += 1
            number = self.given
            self.asked.append(way)
        key = {"AccessKeyId": f"KEY{number}", "SecretAccessKey": f"secret{number}", "Token": f"token{number}"}
        return key, datetime.now(UTC) + timedelta(hours=6)


def _refuse_role(code: str, message: str) -> _Answer:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return 403, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>".encode()

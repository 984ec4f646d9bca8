"""What time it is by AWS, told by an answer to anybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from flask_cdn_stack.aws.clock import ask_time
from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.errors import UnreachableError
from tests.servers.loopback import HTTPLoopback

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@contextmanager
def serve(date: str | None) -> Iterator[HTTPLoopback]:
    """Answer as STS does to who has signed nothing: a redirection, with a date."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(302)
            self.send_header("Location", "https://aws.amazon.com/iam")
            self.send_header("Content-Length", "0")
            if date is not None:
                self.send_header("Date", date)
            self.end_headers()
            assert "Authorization" not in self.headers

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with HTTPLoopback(Handler) as server:
        yield server


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Mon, 30 Nov 2026 12:00:00 GMT", timedelta(0)),
        ("Mon, 30 Nov 2026 11:40:00 GMT", timedelta(minutes=20)),
        ("Mon, 30 Nov 2026 12:06:00 -0000", timedelta(minutes=-6)),
        ("noon", None),
        (None, None),
    ],
)
def test_a_clock(date: str | None, ahead: timedelta | None) -> None:
    """Is as far ahead as it is; where there is no date nothing is known."""
    with serve(date) as server:
        answer = ask_time(open_connection(endpoint_url=server.url), "sts", lambda: NOON)

    assert answer == ("127.0.0.1", ahead)


def test_no_answer() -> None:
    """Is the usual error."""
    with pytest.raises(UnreachableError):
        ask_time(open_connection(endpoint_url="http://127.0.0.1:9"), "sts", lambda: NOON)

"""What time it is by AWS, told by an answer to anybody."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from flask_cdn_stack.aws.clock import ask_time
from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.errors import UnreachableError
from tests.servers.loopback import serve_answer

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def serve(date: str | None) -> AbstractContextManager[str]:
    """Answer as STS does to who has signed nothing: a redirection, with a date."""
    return serve_answer(302, headers={"Location": "https://aws.amazon.com/iam", **({"Date": date} if date else {})})


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
    with serve(date) as url:
        answer = ask_time(open_connection(endpoint_url=url), "sts", lambda: NOON)

    assert answer == ("127.0.0.1", ahead)


def test_no_answer() -> None:
    """Is the usual error."""
    with pytest.raises(UnreachableError):
        ask_time(open_connection(endpoint_url="http://127.0.0.1:9"), "sts", lambda: NOON)

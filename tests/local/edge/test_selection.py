"""Conditional and range requests for an object of ten bytes."""

from __future__ import annotations

import pytest

from flask_cdn_stack.local.edge.messages import Answer, Request
from flask_cdn_stack.local.edge.selection import select

_THEN, _EARLIER, _LATER = (f"Fri, 15 Jan 2027 0{hour}:00:00 GMT" for hour in (8, 7, 9))
_HEADERS = {"etag": '"1"', "last-modified": _THEN, "content-type": "text/css", "content-length": "10", "age": "3"}
_WHOLE = Answer(200, _HEADERS, b"0123456789", "Hit")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"if-none-match": '"1"'}, 304),
        ({"if-none-match": '"0", W/"1"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"2"'}, 200),
        ({"if-none-match": '"2"', "if-modified-since": _LATER}, 200),
        ({"if-modified-since": _THEN}, 304),
        ({"if-modified-since": _EARLIER}, 200),
        ({"if-modified-since": "yesterday"}, 200),
        ({"if-none-match": '"1"', "range": "bytes=0-1"}, 304),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions(asked: dict[str, str], status: int, method: str) -> None:
    """An ETag is compared weakly, and outdoes a date."""
    assert select(_WHOLE, Request(method, "/a", asked)).status == status


def test_what_a_304_says() -> None:
    """Nothing of the body, but how old the copy is, and where from."""
    answer = select(_WHOLE, Request("GET", "/a", {"if-none-match": '"1"'}))

    assert (dict(answer.headers), answer.body, answer.result) == (
        {"etag": '"1"', "last-modified": _THEN, "age": "3"},
        b"",
        "Hit",
    )


@pytest.mark.parametrize(
    ("wanted", "part", "span"),
    [
        ("bytes=0-3", b"0123", "0-3/10"),
        ("bytes=7-", b"789", "7-9/10"),
        ("bytes=-4", b"6789", "6-9/10"),
        ("bytes=-40", b"0123456789", "0-9/10"),
        ("bytes=8-99", b"89", "8-9/10"),
    ],
)
def test_ranges(wanted: str, part: bytes, span: str) -> None:
    """A part says which one it is, and its own length."""
    answer = select(_WHOLE, Request("GET", "/a", {"range": wanted}))

    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, part, f"bytes {span}")
    assert answer.headers["content-length"] == str(len(part))


@pytest.mark.parametrize("wanted", ["bytes=3-1", "bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=a-b"])
def test_ranges_that_are_none(wanted: str) -> None:
    """Get the whole."""
    assert select(_WHOLE, Request("GET", "/a", {"range": wanted})) == _WHOLE


def test_a_range_beyond_the_end() -> None:
    """Is refused, with the size."""
    answer = select(_WHOLE, Request("GET", "/a", {"range": "bytes=10-"}))

    assert (answer.status, answer.headers) == (416, {"content-range": "bytes */10"})


@pytest.mark.parametrize(
    ("condition", "status"), [('"1"', 206), ('W/"1"', 200), ('"2"', 200), (_THEN, 206), (_EARLIER, 200)]
)
def test_a_range_of_what_has_not_changed(condition: str, status: int) -> None:
    """Else the whole: compared strongly."""
    assert select(_WHOLE, Request("GET", "/a", {"range": "bytes=0-1", "if-range": condition})).status == status


def test_an_error_is_sent_whole() -> None:
    """Whatever was asked."""
    error = Answer(404, _HEADERS, b"0123456789")

    assert select(error, Request("GET", "/a", {"if-none-match": '"1"', "range": "bytes=0-1"})) == error

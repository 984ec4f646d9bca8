"""What is compressed, and what then stands in the headers."""

from __future__ import annotations

import gzip

import brotli
import pytest

from flask_cdn_stack.local.edge.compression import Encoding, choose_encoding, compress
from flask_cdn_stack.local.edge.messages import Answer


def _answer(size: int = 1000, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"content-type": "text/css", "content-length": str(size), **named}, b"a" * size)


@pytest.mark.parametrize(
    ("answer", "encodings", "chosen"),
    [
        (_answer(), "br,gzip", "br"),
        (_answer(), "gzip", "gzip"),
        (_answer(), "", None),
        (_answer(999), "br", None),
        (_answer(10_000_000), "br", "br"),
        (_answer(10_000_001), "br", None),
        (_answer(status=404), "br", "br"),
        (_answer(status=403), "br", "br"),
        (_answer(status=206), "br", None),
        (_answer(status=500), "br", None),
        (_answer(content_type="text/javascript; charset=utf-8"), "br", "br"),
        (_answer(content_type="Image/SVG+XML"), "br", "br"),
        (_answer(content_type="font/woff2"), "br", None),
        (_answer(content_type="image/png"), "br", None),
        (_answer(content_encoding="gzip"), "br", None),
        (Answer(200, {"content-type": "text/css"}, bytes(2000)), "br", None),
    ],
)
def test_what(answer: Answer, encodings: str, chosen: str | None) -> None:
    """By status, size, type, what the origin did already, and whether it said the length."""
    assert choose_encoding(answer, encodings) == chosen


@pytest.mark.parametrize(("encoding", "decode"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
@pytest.mark.parametrize("etag", ['"1"', 'W/"1"'])
def test_how(encoding: Encoding, decode: object, etag: str) -> None:
    """The bytes are the same again, the ETag is weak, and caches are told."""
    before = _answer(5000, etag=etag, accept_ranges="bytes", vary="Origin")

    after = compress(before, encoding)

    assert callable(decode)
    assert decode(after.body) == before.body
    assert after.headers == {
        "content-type": "text/css",
        "content-length": str(len(after.body)),
        "content-encoding": encoding,
        "etag": 'W/"1"',
        "vary": "Origin, Accept-Encoding",
    }
    assert compress(before, encoding) == after

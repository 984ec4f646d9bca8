"""Compression at the edge, by the CloudFront developer guide, "Serve compressed files"."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Literal

import brotli

from .messages import Answer

#: Smallest and largest object that is compressed, in bytes.
LEAST_BYTES, MOST_BYTES = 1_000, 10_000_000

_TYPES = """
    application/dash+xml application/eot application/font application/font-sfnt application/javascript application/json
    application/opentype application/otf application/pdf application/pkcs7-mime application/protobuf
    application/rss+xml application/truetype application/ttf application/vnd.apple.mpegurl
    application/vnd.mapbox-vector-tile application/vnd.ms-fontobject application/wasm application/xhtml+xml
    application/xml application/x-font-opentype application/x-font-truetype application/x-font-ttf
    application/x-httpd-cgi application/x-javascript application/x-mpegurl application/x-opentype application/x-otf
    application/x-perl application/x-ttf font/eot font/opentype font/otf font/ttf image/svg+xml text/css text/csv
    text/html text/javascript text/js text/plain text/richtext text/tab-separated-values text/xml text/x-component
    text/x-java-source text/x-script vnd.apple.mpegurl
"""

#: The content types that are compressed, as the guide lists them.
COMPRESSED_TYPES = frozenset(_TYPES.split())

_STATUSES = (200, 403, 404)

Encoding = Literal["br", "gzip"]


def choose_encoding(answer: Answer, encodings: str) -> Encoding | None:
    """Return the encoding to compress an origin's response with; None to leave it as it is.

    :param encodings: those that the viewer accepts, as in the cache key. Brotli is preferred to gzip.
    """
    headers = answer.headers
    if not encodings or answer.status not in _STATUSES or "content-encoding" in headers:
        return None
    # A response in chunks has no Content-Length, and CloudFront does not compress it.
    if "content-length" not in headers or not LEAST_BYTES <= len(answer.body) <= MOST_BYTES:
        return None
    if not is_compressed_type(headers):
        return None
    return "br" if "br" in encodings.split(",") else "gzip"


def is_compressed_type(headers: Mapping[str, str]) -> bool:
    """Return whether the edge compresses objects of this content type."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() in COMPRESSED_TYPES


def compress(answer: Answer, encoding: Encoding) -> Answer:
    """Compress a response; a strong ETag becomes a weak one."""
    body = brotli.compress(answer.body, quality=5) if encoding == "br" else gzip.compress(answer.body, 6, mtime=0)
    headers = {**answer.headers, "content-encoding": encoding, "content-length": str(len(body))}
    headers.pop("accept-ranges", None)
    headers["vary"] = add_vary(headers.get("vary", ""))
    if (etag := headers.get("etag", "")) and not etag.startswith("W/"):
        headers["etag"] = f"W/{etag}"
    return Answer(answer.status, headers, body, answer.result)


def add_vary(value: str) -> str:
    """Return a ``Vary`` with ``Accept-Encoding`` added."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    return ", ".join(names if "accept-encoding" in map(str.lower, names) else [*names, "Accept-Encoding"])

"""Viewers' requests and the edge's responses, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """A request. ``target`` is path and query as sent; header names are in lower case.

    ``origin_path`` replaces the path of the first origin; None unless a function has set it.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    address: str = "127.0.0.1"
    origin_path: str | None = None

    @property
    def path(self) -> str:
        """The path, as sent."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query string without its question mark, as sent."""
        return self.target.partition("?")[2]

    @property
    def host(self) -> str:
        """The host, in lower case and without its port."""
        return self.headers.get("host", "").partition(":")[0].lower()

    @property
    def is_plain_http(self) -> bool:
        """Whether the viewer counts as using http: on loopback, only if ``X-Forwarded-Proto`` says so."""
        return self.headers.get("x-forwarded-proto") == "http"


@dataclass(frozen=True)
class Answer:
    """A response. ``result`` is the word that ``X-Cache`` begins with, such as ``Hit``."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    result: str = "Miss"


def build_target(path: str, query: str) -> str:
    """Return path and query as the target of a request."""
    return f"{path}?{query}" if query else path

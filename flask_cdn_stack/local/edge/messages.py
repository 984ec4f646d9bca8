"""What viewers ask and what they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """A request. ``target`` is as it was sent; headers are by lower-case name.

    ``origin_path`` is what a function has set in place of the path of the (first) origin; None where none has.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    address: str = "127.0.0.1"
    origin_path: str | None = None

    @property
    def path(self) -> str:
        """The path, as it was sent."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the question mark, as it was sent."""
        return self.target.partition("?")[2]

    @property
    def host(self) -> str:
        """The host, in lower case and without its port."""
        return self.headers.get("host", "").partition(":")[0].lower()

    @property
    def is_plain_http(self) -> bool:
        """Whether the viewer came by http: on loopback only who says so in ``X-Forwarded-Proto`` did."""
        return self.headers.get("x-forwarded-proto") == "http"


@dataclass(frozen=True)
class Answer:
    """An answer. ``result`` is CloudFront's word for where it is from, as it stands in ``X-Cache``."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    result: str = "Miss"


def build_target(path: str, query: str) -> str:
    """Return the target of a request."""
    return f"{path}?{query}" if query else path

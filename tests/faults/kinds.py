"""The kinds of requests that a deploy makes, and the one of them at which something happens."""

from __future__ import annotations

import re
from dataclasses import dataclass

STATE = r"/state\.json\.gz$"
RELEASE = r"/releases/"
ASSET = r"/static/[^?]*(\?x-id=PutObject)?$"
PART = r"/static/.*partNumber="
INVALIDATION = r"/invalidation$"
LISTING = r"\?.*list-type=2"


@dataclass(frozen=True)
class Point:
    """The ``nth`` request (from 1) with a method and path that these expressions find something in."""

    name: str
    method: str = ""
    path: str = ""
    nth: int = 1

    def matches(self, method: str, path: str) -> bool:
        """Say whether a request is of this kind."""
        return bool(re.search(self.method, method) and re.search(self.path, path))


def every(nth: int) -> Point:
    """The ``nth`` of all requests."""
    return Point(f"request {nth}", nth=nth)


def asset(nth: int) -> Point:
    """The ``nth`` upload."""
    return Point(f"asset {nth}", "PUT", ASSET, nth)


def is_asset(point: Point) -> bool:
    """Say whether a request is an upload."""
    return point.path == ASSET


def change(nth: int) -> Point:
    """The ``nth`` change of the state: first come claims, at last the switch."""
    return Point(f"state change {nth}", "PUT", STATE, nth)


READ = Point("state read", "GET", STATE)
RECORD = Point("release record", "PUT", RELEASE)
FORGET = Point("invalidation", "POST", INVALIDATION)

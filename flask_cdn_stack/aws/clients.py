"""Shares one boto3 client between threads."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any


def share_client(open_client: Callable[[], Any]) -> Callable[[], Any]:
    """Return a function that returns the same client to every thread, and opens it at the first call."""
    opening = Lock()
    clients: list[Any] = []

    def find_client() -> Any:
        with opening:
            if not clients:
                clients.append(open_client())
            return clients[0]

    return find_client

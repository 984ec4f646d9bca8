"""One boto3 client for many threads."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any


def share_client(open_client: Callable[[], Any]) -> Callable[[], Any]:
    """Return what gives every thread the same client, which is made when the first asks for it."""
    opening = Lock()
    clients: list[Any] = []

    def find_client() -> Any:
        with opening:
            if not clients:
                clients.append(open_client())
            return clients[0]

    return find_client

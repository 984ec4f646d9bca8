"""One boto3 client for many threads."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from .session import Connection


def share_client(connection: Connection, service: str) -> Callable[[], Any]:
    """Return what gives every thread the same client, which is made when the first asks for it."""
    opening = Lock()
    clients: list[Any] = []

    def find_client() -> Any:
        with opening:
            if not clients:
                clients.append(connection.client(service))
            return clients[0]

    return find_client

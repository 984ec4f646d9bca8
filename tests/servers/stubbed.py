"""A connection whose services answer what a test has prepared, by botocore's own stubs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.stub import Stubber

from flask_cdn_stack.aws.session import Connection


@dataclass(frozen=True)
class StubbedConnection(Connection):
    """``asked`` are service and region of each client that our code has taken."""

    open_client: Callable[[str], Any] = field(kw_only=True)
    asked: list[tuple[str, str]] = field(default_factory=list)
    stubs: dict[str, tuple[Any, Stubber]] = field(default_factory=dict)

    def stub(self, service: str) -> Stubber:
        """Return what answers for a service."""
        if service not in self.stubs:
            client = self.open_client(service)
            self.stubs[service] = client, Stubber(client)
            self.stubs[service][1].activate()
        return self.stubs[service][1]

    def client(self, service: str, patient: bool = False, once: bool = False) -> Any:
        """Return the one client of a service, for which nothing may have been prepared."""
        self.asked.append((service, self.region))
        self.stub(service)
        return self.stubs[service][0]


def open_stubbed(region: str = "us-east-1") -> StubbedConnection:
    """Return such a connection, for a user in a region."""
    session: Any = boto3.Session("key", "secret", region_name=region)
    return StubbedConnection(session._session, region, None, {}, open_client=session.client)

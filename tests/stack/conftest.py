"""A project and the account that its stack lies in."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.cloudformation import Event
from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.settings.model import Project, Settings
from flask_cdn_stack.stack.provision import Waiting

_numbers = itertools.count()


@pytest.fixture
def connection(local_aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A user whose only account is the local AWS."""
    for name, value in local_aws.environment.items():
        monkeypatch.setenv(name, value)
    return open_connection()


@pytest.fixture
def client(connection: Connection) -> Any:
    """CloudFormation, looked at without our own code."""
    return connection.client("cloudformation")


MakeProject = Callable[..., Project]


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Return projects that share one stack, which no other test has."""
    stack = f"shop{next(_numbers)}-cdn"

    def make(settings: Settings | None = None, name: str = "shop", named: bool = False, **more: Any) -> Project:
        values = {"folder": tmp_path, "file": None, "stage": None, "stack": stack, **more}
        return Project(settings=settings or Settings(), name=name, stack_named=named, **values)

    return make


@pytest.fixture
def events() -> list[Event]:
    """What was told while waiting."""
    return []


@pytest.fixture
def waiting(events: list[Event]) -> Waiting:
    """Wait shorter than a user does."""
    return Waiting(sleep=lambda seconds: time.sleep(min(seconds, 0.02)), on_event=events.append)

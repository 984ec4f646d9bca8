"""A project and the account that its stack lies in."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.settings.model import Project, Settings
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.servers.stubbed import StubbedConnection, open_stubbed

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
def waiting() -> StackWaiter:
    """Wait shorter than a user does."""
    return StackWaiter(sleep=lambda seconds: time.sleep(min(seconds, 0.02)))


@pytest.fixture
def answering() -> Iterator[StubbedConnection]:
    """A user in Frankfurt, whose services answer what a test prepares, all of which must be asked for."""
    connection = open_stubbed("eu-central-1")
    yield connection
    for _, stub in connection.stubs.values():
        stub.assert_no_pending_responses()


ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop-cdn/1"


@dataclass(frozen=True)
class PreparedConnection(Connection):
    """A connection whose CloudFormation answers what it was given."""

    prepared: Any
    stubber: Stubber

    def client(self, service: str, patient: bool = False, once: bool = False) -> Any:
        """Return the one client."""
        return self.prepared

    def no_stack(self) -> None:
        """Prepare that there is none."""
        self.stubber.add_client_error("describe_stacks", "ValidationError", "Stack with id x does not exist")

    def makes_change_set(self, **described: Any) -> None:
        """Prepare that a change set is asked for, and what is said of it."""
        change_set = {"ChangeSetId": "cs", "StackId": ARN}
        self.stubber.add_response("create_change_set", {"Id": "cs", "StackId": ARN})
        self.stubber.add_response("describe_change_set", {**change_set, **described})

    def stack(self, status: str, **more: Any) -> None:
        """Prepare a description of the stack."""
        stack = {"StackName": "shop-cdn", "StackId": ARN, "StackStatus": status, "CreationTime": datetime.now(UTC)}
        self.stubber.add_response("describe_stacks", {"Stacks": [{**stack, **more}]})

    def discards(self) -> None:
        """Prepare that the change set goes, and the empty stack with it."""
        self.stubber.add_response("delete_change_set", {}, {"ChangeSetName": "cs"})
        self.stubber.add_response("list_change_sets", {"Summaries": []}, {"StackName": ARN})
        self.stack("REVIEW_IN_PROGRESS")
        self.stubber.add_response("delete_stack", {}, {"StackName": ARN})

    def events(self, *events: tuple[str, str, str], kind: str = "AWS::X::Y") -> None:
        """Prepare the stack's events, given oldest first, of resources of a type."""
        items = [
            {
                "StackId": ARN,
                "StackName": "shop-cdn",
                "EventId": f"{name} {status}",
                "Timestamp": datetime.now(UTC),
                "LogicalResourceId": name,
                "ResourceType": "AWS::CloudFormation::Stack" if name == "shop-cdn" else kind,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            }
            for name, status, reason in reversed(events)
        ]
        self.stubber.add_response("describe_stack_events", {"StackEvents": items})


@pytest.fixture
def prepared() -> Iterator[PreparedConnection]:
    """A connection that answers what a test prepares, all of which must be asked for."""
    session = boto3.Session("key", "secret", region_name="us-east-1")
    client = session.client("cloudformation")
    connection = PreparedConnection(session._session, "us-east-1", None, {}, client, Stubber(client))
    connection.stubber.activate()
    yield connection
    connection.stubber.assert_no_pending_responses()

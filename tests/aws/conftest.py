"""An account: the local AWS, and clients with prepared answers."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.local.launcher import LocalAWS
from tests.servers.fault_proxy import FaultProxy
from tests.servers.stubbed import open_stubbed

_numbers = itertools.count()

#: What fails for good fails soon.
REPEATS = 2

MakeBucket = Callable[..., Bucket]

#: Gives a connection for a service, and the stubber of its client.
MakeStubbed = Callable[[str], tuple[Connection, Stubber]]


def set_variables(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """Change the environment."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def connection(local_aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A user whose only account is the local AWS, and who does not wait two minutes for what fails for good."""
    set_variables(monkeypatch, local_aws.environment)
    return replace(open_connection(), repeats=REPEATS)


@pytest.fixture
def proxy(local_aws: LocalAWS) -> Iterator[FaultProxy]:
    """A way to the local AWS on which nothing fails yet."""
    with FaultProxy(local_aws.endpoint_url) as running:
        yield running


@pytest.fixture(scope="session")
def s3(local_aws: LocalAWS) -> Any:
    """Another S3 client than the one that is tested."""
    session = boto3.Session("key", "secret", region_name="us-east-1")
    return session.client("s3", endpoint_url=local_aws.endpoint_url)


@pytest.fixture
def make_bucket(connection: Connection, s3: Any) -> MakeBucket:
    """Open the one bucket of this test, perhaps through another endpoint."""
    name = f"bucket-{next(_numbers)}"
    s3.create_bucket(Bucket=name)

    def make(
        endpoint_url: str | None = None,
        prefix: str = "",
        requests: Counter[str] | None = None,
        by_boto3: bool = False,
        **more: Any,
    ) -> Bucket:
        return Bucket(
            replace(open_connection(endpoint_url=endpoint_url), **{"repeats": REPEATS, **more}),
            name,
            prefix,
            Counter() if requests is None else requests,
            by_boto3,
        )

    return make


@pytest.fixture
def bucket(make_bucket: MakeBucket) -> Bucket:
    return make_bucket()


@pytest.fixture
def stubbed() -> MakeStubbed:
    """Return a connection for a service, and the stubber of its client."""

    def make(service: str) -> tuple[Connection, Stubber]:
        connection = open_stubbed()
        return connection, connection.stub(service)

    return make

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from tests.conftest import Program
from tests.faults.site import Site, provision
from tests.servers.fault_proxy import FaultProxy


@pytest.fixture
def site(local_aws: LocalAWS, program: Program) -> Site:
    """A project with its stack, and nothing deployed."""
    return provision(local_aws, program)


@pytest.fixture
def proxy(local_aws: LocalAWS) -> Iterator[FaultProxy]:
    """A way to the local AWS on which nothing fails yet."""
    with FaultProxy(local_aws.endpoint_url) as running:
        yield running

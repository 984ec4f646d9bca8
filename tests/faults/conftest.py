from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from tests.faults.processes import Forge, open_forge
from tests.faults.site import Site, provision
from tests.servers.fault_proxy import FaultProxy


@pytest.fixture(scope="session")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """What starts the program quickly."""
    with open_forge(tmp_path_factory.mktemp("forge")) as opened:
        yield opened


@pytest.fixture(scope="session")
def provisioned(local_aws: LocalAWS, forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Site]:
    """One stack for each kind of fingerprint."""
    return cache(lambda kind: provision(local_aws, forge, tmp_path_factory.mktemp(kind) / "project", kind))


@pytest.fixture
def site(request: pytest.FixtureRequest, provisioned: Callable[[str], Site]) -> Site:
    """A project with its stack, and nothing deployed; checksums are in the query unless the test says otherwise."""
    found = provisioned(getattr(request, "param", "query"))
    found.clear()
    return found


@pytest.fixture
def proxy(local_aws: LocalAWS) -> Iterator[FaultProxy]:
    """A way to the local AWS on which nothing fails yet."""
    with FaultProxy(local_aws.endpoint_url) as running:
        yield running

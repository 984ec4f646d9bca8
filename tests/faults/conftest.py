from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.conftest import Services
from tests.faults.site import Deployment, aim, provision
from tests.servers.fault_proxy import FaultProxy


@pytest.fixture(scope="session")
def find_site(
    request: pytest.FixtureRequest, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Deployment]:
    """One site for each kind of fingerprint, and for each server: ``path``, or ``seaweedfs path``."""

    @cache
    def find(kind: str) -> Deployment:
        *names, fingerprint = kind.split()
        folder = tmp_path_factory.mktemp(kind.replace(" ", "-")) / "project"
        if names:
            return aim(services(names[0]), folder, fingerprint)
        return provision(request.getfixturevalue("local_aws"), folder, fingerprint)

    return find


@pytest.fixture
def site(request: pytest.FixtureRequest, find_site: Callable[[str], Deployment]) -> Deployment:
    """A project with its bucket, and nothing deployed; checksums are in the query unless the test says otherwise."""
    found = find_site(getattr(request, "param", "query"))
    found.clear()
    return found


@pytest.fixture
def frugal(site: Deployment) -> Iterator[Deployment]:
    """The site, with settings by which there is something to prune."""
    with site.keeping(2):
        yield site


@pytest.fixture
def proxy(site: Deployment) -> Iterator[FaultProxy]:
    """A way to the bucket on which nothing fails yet."""
    with FaultProxy(site.endpoint_url) as running:
        yield running

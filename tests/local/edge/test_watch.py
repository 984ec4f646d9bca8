"""When the account is asked again how a distribution is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import pytest

from flask_cdn_stack.aws.distribution_parts import DistributionParts
from flask_cdn_stack.local.edge.front import is_viewer
from flask_cdn_stack.local.edge.origins import Surroundings
from flask_cdn_stack.local.edge.server import EdgeServer
from flask_cdn_stack.local.edge.watch import PATIENCE, Watch, find_domain
from flask_cdn_stack.local.launcher import reserve_port
from tests.local.edge.site import ask

_HOST = "d1.cloudfront.localhost"


class _Account:
    """An account with one distribution, which counts how often that is read."""

    def __init__(self) -> None:
        self.reads = 0
        self.is_there = True
        self.invalidations: dict[str, tuple[str, ...]] = {"old": ("/*",)}

    def find(self, domain: str) -> str | None:
        return "E1" if domain == "d1.cloudfront.net" and self.is_there else None

    def read(self, distribution_id: str) -> DistributionParts | None:
        self.reads += 1
        behavior = {"TargetOriginId": "a", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "p"}
        config = {"DefaultCacheBehavior": behavior}
        distribution = {"Id": "E1", "ARN": "arn", "DomainName": "d1.cloudfront.net", "DistributionConfig": config}
        return DistributionParts(distribution, {"p": {"MinTTL": 0}}, {}, {}) if self.is_there else None

    def list_invalidations(self, distribution_id: str) -> set[str]:
        return set(self.invalidations)

    def read_paths(self, distribution_id: str, invalidation: str) -> tuple[str, ...]:
        return self.invalidations[invalidation]


class _Watching:
    """A watch of an account, its time, and what it had forgotten."""

    def __init__(self) -> None:
        self.account = _Account()
        self.now = 0.0
        self.forgotten: list[tuple[str, ...]] = []
        self.watch = Watch(self.account, self._forget, lambda: self.now)

    def pass_time(self) -> None:
        """Let as much time go by as nothing is asked for."""
        self.now += PATIENCE

    def _forget(self, distribution: str, paths: Iterable[str]) -> None:
        self.forgotten.append((distribution, *paths))


def test_the_account_is_asked_when_the_api_was_used() -> None:
    """And after some seconds without that; however many ask at once, it is asked once."""
    watching = _Watching()

    async def use() -> list[int]:
        reads = []
        changes: list[Callable[[], None] | None] = [None, watching.watch.note_use, None, watching.pass_time]
        for change in changes:
            if change:
                change()
            await asyncio.gather(*(watching.watch.find_rules(_HOST) for _ in range(5)))
            reads.append(watching.account.reads)
        return reads

    assert asyncio.run(use()) == [1, 2, 2, 3]


def test_each_invalidation_counts_once() -> None:
    """One that was made before anything was asked for has nothing to forget."""
    watching = _Watching()

    async def use() -> None:
        await watching.watch.find_rules(_HOST)
        watching.account.invalidations["new"] = ("/a.css", "/b*")
        for _ in range(2):
            watching.watch.note_use()
            await watching.watch.find_rules(_HOST)

    asyncio.run(use())
    assert watching.forgotten == [("E1", "/a.css", "/b*")]


def test_hosts_without_a_distribution() -> None:
    """Have no rules, and fill no memory."""
    watching = _Watching()

    async def use() -> None:
        for number in range(1500):
            assert await watching.watch.find_rules(f"d{number + 2}.cloudfront.net") is None
        assert await watching.watch.find_rules("cdn.example") is None
        watching.account.is_there = False
        assert await watching.watch.find_rules(_HOST) is None

    asyncio.run(use())
    assert len(watching.watch._known) < 1100


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("d1abc.cloudfront.net", "d1abc.cloudfront.net"),
        ("d1abc.cloudfront.localhost", "d1abc.cloudfront.net"),
        ("cloudfront.localhost", None),
        ("d1.evil.cloudfront.net", None),
        ("d1.cloudfront.net.evil.example", None),
        ("127.0.0.1", None),
        ("bucket.s3.localhost", None),
    ],
)
def test_whose_a_host_is(host: str, domain: str | None) -> None:
    """A distribution's, by either name, or the API's."""
    assert find_domain(host) == domain
    assert is_viewer(f"GET / HTTP/1.1\r\nA: b\r\nhost:{host.upper()}:4566".encode()) is (domain is not None)


def test_a_local_aws_that_is_gone() -> None:
    """Viewers are told so, and clients get no answer, as they would without the edge."""
    with EdgeServer(Surroundings(f"http://127.0.0.1:{reserve_port(0)}")) as edge:
        seen = ask(edge.port, "/", host=_HOST)
        assert seen.status == 503
        assert b"could not be reached" in seen.body
        with pytest.raises(ConnectionResetError):
            ask(edge.port, "/", host="127.0.0.1")

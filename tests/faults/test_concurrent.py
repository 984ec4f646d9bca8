"""Two deploys of different trees at once, as two processes."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

import pytest

from tests.faults.site import Deployment, Tree
from tests.forking import Forked
from tests.servers.fault_proxy import FaultProxy

pytestmark = pytest.mark.long

BASE = {"a.css": "a0", "b.css": "b0", "c.css": "c0"}


def _trees(mark: str) -> tuple[Tree, Tree]:
    """Two releases that differ in a common key, in a key that one of them leaves alone, and in a new one."""
    return {**BASE, "a.css": f"one {mark}", "one.css": mark}, {**BASE, "a.css": f"two {mark}", "b.css": f"two {mark}"}


def _end(running: Forked) -> dict[str, str]:
    """Wait for a deploy and return its reasons."""
    result = running.end()
    assert result.exit_code == 0, result.stderr
    assert "Traceback" not in result.stderr
    return {item["key"]: item["reason"] for item in result.json["uploaded"]}


def _check_end(sites: tuple[Deployment, Deployment], trees: tuple[Tree, Tree], releases: int) -> None:
    """The release is one of the two, whole; whoever published it has nothing left to do."""
    state = sites[0].state
    checksums = [hashlib.sha256(site.manifest_file.encode()).hexdigest() for site in sites]
    last = checksums.index(str(state.manifest))
    sites[last].check(trees[last])
    assert len(state.releases) == releases
    assert state.writing == {}
    assert set(state.objects) >= {f"static/{name}" for tree in trees for name in tree}
    assert sites[last].publish(trees[last])["requests"] == {"GetObject": 1}
    sites[0].check_releases()


@pytest.fixture
def sites(site: Deployment, tmp_path: Path) -> tuple[Deployment, Deployment]:
    """One stack, two checkouts."""
    return site, site.copy(tmp_path / "other")


@pytest.mark.parametrize(
    ("site", "stagger"),
    # Where a server knows no conditions, as rclone, one at a time is all that can be asked.
    [("query", 0.0), ("query", 0.1), ("path", 0.03), ("seaweedfs query", 0.03)],
    indirect=["site"],
)
def test_at_once(sites: tuple[Deployment, Deployment], stagger: float) -> None:
    """As it comes, first deploys and later ones."""
    for number in range(2):
        trees = _trees(f"{number}")
        runs = []
        for site, tree in zip(sites, trees, strict=True):
            site.write(tree)
        for site in sites:
            runs.append(site.start())
            time.sleep(stagger)
        for running in runs:
            _end(running)

        _check_end(sites, trees, releases=2 * number + 2)


@pytest.mark.parametrize("first", [True, False], ids=["first deploys", "later deploys"])
def test_one_in_the_middle_of_the_other(sites: tuple[Deployment, Deployment], proxy: FaultProxy, first: bool) -> None:
    """One is held at each of its requests while the other runs from beginning to end."""
    releases = 0
    if not first:
        sites[0].publish(BASE)
        releases = 1
    for number in range(2, 7):
        trees = _trees(f"{number}")
        for site, tree in zip(sites, trees, strict=True):
            site.write(tree)
        held, passed = threading.Event(), threading.Event()
        seen: list[str] = []

        def hold(index: int, method: str, path: str) -> None:
            seen.append(path)  # noqa: B023
            if len(seen) == number + 1:  # noqa: B023
                held.set()  # noqa: B023
                passed.wait(30)  # noqa: B023

        proxy.on_request = hold
        running = sites[0].start(proxy)
        assert held.wait(30)
        sites[1].publish(trees[1])
        passed.set()
        reasons = _end(running)

        releases += 2
        _check_end(sites, trees, releases)
        sites[0].check(trees[0])
        assert reasons["static/a.css"] in ("new", "changed")
        assert "interrupted" not in reasons.values()

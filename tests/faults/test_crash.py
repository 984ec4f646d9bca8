"""A deploy killed at each of its requests, and what comes after it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.faults.site import Site, Tree, through
from tests.servers.fault_proxy import FaultProxy

BASE = {f"{folder}/{name}.css": f"{name} 0" for folder in ("one", "two") for name in "abc"}

#: Read, claim, three uploads, release record, invalidation, switch.
REQUESTS = 8


def _changed(tree: Tree, mark: str) -> Tree:
    return {**tree, "one/a.css": f"a {mark}", "two/b.css": f"b {mark}", f"new/{mark}.css": mark}


def _other(tree: Tree, mark: str) -> Tree:
    kept = {name: text for name, text in tree.items() if name != "two/b.css"}
    return {**kept, "one/a.css": f"other {mark}", "two/c.css": f"other {mark}"}


def _kill(site: Site, proxy: FaultProxy, number: int, forwarded: bool) -> None:
    """Start a deploy and kill it at its N-th request to S3 or CloudFront; that one may still be carried out."""
    seen: list[str] = []
    started = threading.Event()

    def end_process(index: int, method: str, path: str) -> bool:
        if (method, path) == ("POST", "/"):
            return True  # CloudFormation
        seen.append(path)
        if len(seen) < number:
            return True
        started.wait(10)
        process.kill()
        return forwarded and len(seen) == number

    proxy.on_request = end_process
    with site.program.start("deploy", environment=through(proxy)) as process:
        started.set()
        process.communicate(timeout=60)
    assert process.returncode == -9
    assert len(seen) >= number


@pytest.mark.parametrize(
    ("follow", "forwarded"),
    [
        pytest.param(lambda before, after: after, True, id="run again"),
        pytest.param(lambda before, after: before, True, id="revert"),
        pytest.param(lambda before, after: before, False, id="revert, the request lost"),
        pytest.param(lambda before, after: _other(before, "o"), True, id="another tree"),
    ],
)
def test_kill(site: Site, proxy: FaultProxy, follow: Callable[[Tree, Tree], Tree], forwarded: bool) -> None:
    """Whatever is deployed next, every key of the published manifest has its bytes."""
    before: Tree = BASE
    site.publish(before)
    for number in range(1, REQUESTS + 1):
        after = _changed(before, f"{number}")
        site.write(after)
        _kill(site, proxy, number, forwarded)

        following = follow(before, after)
        site.publish(following)

        site.check(following)
        assert site.manifest_file == site.published
        before = following
    assert site.publish(before)["requests"] == {"GetObject": 1}


def test_kill_of_a_first_deploy(site: Site, proxy: FaultProxy) -> None:
    """There is no record yet, and no release to fall back on."""
    tree = {"a.css": "a", "b.css": "b"}
    site.write(tree)
    for number in range(1, 6):
        _kill(site, proxy, number, forwarded=True)
        assert site.state.serial == 0

    site.publish({**tree, "a.css": "other"})

    site.check({**tree, "a.css": "other"})

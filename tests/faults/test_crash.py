"""A deploy of fifty files, killed at each of its requests, and what comes after it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.faults.kinds import FORGET, READ, RECORD, Point, asset, change, every, is_asset
from tests.faults.site import KEPT, Deployment, Tree, both_modes, query_or_long
from tests.servers.fault_proxy import FaultProxy

#: Gives what is deployed after the kill, from the tree before it and the one that was being deployed.
Follow = Callable[[Tree, Tree], Tree]

#: Where to kill, and whether the request there is still carried out.
Kill = tuple[Point, bool]

#: What a deploy of other files than before asks for. With checksums in the query, those with new names are claimed and
#: sent first, because they are more than sixteen. Between the first and the last of a batch, one stands for all.
LATER = {
    "query": [READ, *map(change, (1, 2, 3)), *map(asset, (1, 9, 19, 20, 22, 25)), RECORD, FORGET],
    "path": [READ, *map(change, (1, 2)), *map(asset, (1, 12, 24, 25, 40, 49)), RECORD, FORGET],
}
#: A first deploy, of which twenty files are no style sheets and sent first, unless their names need their checksums.
FIRST = {
    "query": [READ, *map(change, (1, 2, 3)), *map(asset, (1, 20, 21, 50)), RECORD],
    "path": [READ, *map(change, (1, 2)), *map(asset, (1, 25, 50, 51, 99)), RECORD],
}

#: Parts of the whole matrix, for as many workers.
PARTS = 6

FILES = 50


def make_tree(mark: str) -> Tree:
    """Fifty files: half of them always the same, some with content by ``mark``, the others with names by it too."""
    same = {f"same/{number}.css": f"{number}" for number in range(25)}
    changed = {f"changed/{number}.css": f"{number} {mark}" for number in range(5)}
    new = {f"new/{mark}-{number}.js": f"{number} {mark}" for number in range(19)}
    return {**same, **changed, **new, KEPT: mark}


def run_again(before: Tree, after: Tree) -> Tree:
    """The same tree."""
    return after


def revert(before: Tree, after: Tree) -> Tree:
    """The tree before."""
    return before


def deploy_another(before: Tree, after: Tree) -> Tree:
    """A tree that shares some of what both have, and lacks some of it."""
    taken = dict(list(after.items())[20:45:3])
    return {**dict(list(before.items())[::2]), **taken, "changed/1.css": f"other {after[KEPT]}"}


FOLLOWERS = {"run again": run_again, "revert": revert, "another tree": deploy_another}


def kill(
    site: Deployment, proxy: FaultProxy, point: Point, forwarded: bool, *options: str, command: str = "deploy"
) -> bool:
    """Deploy, and kill the process at a request; that one may still be carried out. Say whether it came to that.

    :param command: what is done instead, with ``options``.
    """
    met, counting, started = itertools.count(1), threading.Lock(), threading.Event()
    killed = False

    def watch(index: int, method: str, path: str) -> bool:
        nonlocal killed
        with counting:
            if killed:
                return False
            if (method, path) == ("POST", "/"):
                return True  # CloudFormation
            if not point.matches(method, path) or next(met) < point.nth:
                return True
            killed = True
            started.wait(10)
            running.kill()
            return forwarded

    proxy.on_request = watch
    running = site.start(proxy, *options, command=command)
    started.set()
    result = running.end()
    assert result.exit_code == (-9 if killed else 0), result.stderr
    return killed


def check_after(site: Deployment, tree: Tree) -> None:
    """This tree is the published one, whole, and older releases are as they were."""
    site.check(tree)
    site.check_releases()
    assert site.manifest_file == site.published


def kill_and_follow(site: Deployment, proxy: FaultProxy, kills: Iterable[Kill], follow: Follow) -> Point:
    """At each point in turn: kill, look at what is served, deploy what follows, and look again.

    Return the last of them, or the first that was not met.
    """
    before = make_tree("begin")
    site.publish(before)
    for number, (point, forwarded) in enumerate(kills):
        after = make_tree(f"m{number}")
        site.write(after)
        if not kill(site, proxy, point, forwarded):
            before = after
            break
        site.check_releases()
        before = follow(before, after)
        site.publish(before)
        check_after(site, before)
    assert site.publish(before)["requests"] == {"GetObject": 1}
    return point


def kill_first(site: Deployment, proxy: FaultProxy, kills: Iterable[Kill], follow: Follow) -> Point:
    """The same with deploys into an empty bucket: there is no record yet, and no release to fall back on."""
    for point, forwarded in kills:
        site.clear()
        after = make_tree("first")
        site.write(after)
        if not kill(site, proxy, point, forwarded):
            break
        assert site.state.serial <= forwarded  # the switch may be carried out
        following = follow(make_tree("begin"), after)
        site.publish(following)
        check_after(site, following)
    return point


def _mode(site: Deployment) -> str:
    return "path" if site.in_path else "query"


def _every(part: int, forwarded: bool) -> Iterator[Kill]:
    return ((every(nth), forwarded) for nth in itertools.count(part + 1, PARTS))


whole = pytest.mark.parametrize("part", range(PARTS))
sent = pytest.mark.parametrize("forwarded", [True, False], ids=["carried out", "lost"])


@query_or_long
@pytest.mark.parametrize("turn", range(len(FOLLOWERS)))
def test_kill_at_each_kind_of_request(site: Deployment, proxy: FaultProxy, turn: int) -> None:
    """Whatever is deployed next, every key of the published manifest has its bytes."""
    kills = [
        (point, (index + turn) % 2 == 0)
        for index, point in enumerate(LATER[_mode(site)])
        if index % 3 == turn or (not is_asset(point) and (index + 1) % 3 == turn)
    ]
    assert kill_and_follow(site, proxy, kills, list(FOLLOWERS.values())[turn]) == kills[-1][0]


@query_or_long
@pytest.mark.parametrize("follow", [run_again, deploy_another])
def test_kill_of_a_first_deploy(site: Deployment, proxy: FaultProxy, follow: Follow) -> None:
    """The same before there is a release."""
    chosen = FIRST[_mode(site)][follow is run_again :: 2]
    kills = [(point, number % 2 == 0) for number, point in enumerate(chosen)]
    assert kill_first(site, proxy, kills, follow) == chosen[-1]


@pytest.mark.full_matrix
@both_modes
@sent
@whole
@pytest.mark.parametrize("follow", FOLLOWERS.values(), ids=FOLLOWERS)
def test_kill_at_each_request(site: Deployment, proxy: FaultProxy, follow: Follow, forwarded: bool, part: int) -> None:
    """Every request, every follower."""
    assert kill_and_follow(site, proxy, _every(part, forwarded), follow).nth > FILES / 2


@pytest.mark.full_matrix
@both_modes
@sent
@whole
@pytest.mark.parametrize("follow", [run_again, deploy_another])
def test_kill_of_a_first_deploy_at_each_request(
    site: Deployment, proxy: FaultProxy, follow: Follow, forwarded: bool, part: int
) -> None:
    """Every request before there is a release."""
    assert kill_first(site, proxy, _every(part, forwarded), follow).nth > FILES

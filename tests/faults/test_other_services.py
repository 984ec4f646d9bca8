"""The program on servers that are neither AWS's nor made to be like it; :mod:`tests.servers.abilities` knows them."""

from __future__ import annotations

import pytest

from tests.faults.kinds import RECORD, Point, asset, change
from tests.faults.site import KEPT, TargetSite, small_tree
from tests.faults.test_crash import deploy_another, kill, kill_and_follow, kill_first, revert
from tests.servers.fault_proxy import FaultProxy

pytestmark = pytest.mark.long

#: Names that are hard to carry, and carried by all.
ODD = ("a+b.js", "with space.js", "über.svg", "100%.txt", "a?b#c&d=e.txt", "'quoted' [x] (y) ~!$,;@.txt", "日本/茶.png")

#: Sent in parts.
LARGE = "frame" * 7_000_000


_KINDS = ("seaweedfs query", "seaweedfs path", "rclone query", "rclone path")


def on(*kinds: str, others: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """Run a test on these, a server and where checksums are; on the others with the full matrix only."""
    matrix = [pytest.param(kind, marks=pytest.mark.full_matrix) for kind in others if kind not in kinds]
    return pytest.mark.parametrize("site", [*kinds, *matrix], indirect=True)


@on("seaweedfs query", "rclone path", others=_KINDS)
def test_four_acts(site: TargetSite) -> None:
    """First deploy; nothing changed; a change, a deletion and an addition; nothing changed. Read back after each."""
    files = {name: name for name in ODD} | {"empty.txt": "", KEPT: "icon"}
    first = site.publish(files)
    site.check(files)
    assert site.publish(files)["requests"] == {"GetObject": 1}

    changed = {**files, "a+b.js": "changed", "new.js": "new"}
    del changed["100%.txt"]
    reasons = {item["key"]: item["reason"] for item in site.publish(changed)["uploaded"]}
    assert set(reasons.values()) <= {"changed", "new"}
    assert reasons["static/a+b.js"] == "changed"
    site.check(changed)
    again = site.publish(changed)
    assert (again["requests"], again["uploaded"]) == ({"GetObject": 1}, [])
    assert again["release"] != first["release"]

    if not site.in_path:  # there, the kept release before needs it
        assert site.publish(changed, "--delete", "--yes")["deleted"] == ["static/100%.txt"]
        assert "static/100%.txt" not in site.etags()
        site.check(changed)


@on("seaweedfs query", "rclone query", others=_KINDS)
def test_going_back(site: TargetSite) -> None:
    """Is done where the bytes are there still: under names of their own, or as versions."""
    trees = [small_tree("one"), small_tree("two")]
    for tree in trees:
        site.publish(tree)

    result = site.start(None, "--yes", command="rollback").end()

    if site.service.abilities.keeps_versions:
        assert result.exit_code == 0, result.stderr
        site.check(trees[0])
        assert site.publish(trees[0], "--verify-remote")["uploaded"] == []
        site.publish(trees[1])
    else:  # a name that stays was overwritten
        assert result.exit_code == 4
        assert f"static/{KEPT}" in result.stderr
        assert site.publish(trees[1])["requests"] == {"GetObject": 1}
    site.check(trees[1])


@on("seaweedfs path", "rclone query", others=_KINDS)
def test_pruning(frugal: TargetSite) -> None:
    """What no kept release needs is deleted, and what they need stays."""
    for number in range(4):
        frugal.publish(small_tree(f"{number}"))

    result = frugal.start(None, "--yes", command="prune").end()

    assert result.exit_code == 0, result.stderr
    left = {key for key in frugal.etags() if key.startswith("static/new-")}
    assert {key.partition(".")[0] for key in left} == {"static/new-2", "static/new-3"}
    frugal.check(small_tree("3"))
    frugal.check_releases(2)


@on("seaweedfs query", "rclone path")
def test_repairing(site: TargetSite) -> None:
    """What somebody changed or deleted is sent again, and nothing else is, except what cannot be known."""
    tree = {**small_tree("one"), "film.bin": LARGE}
    site.publish(tree)
    keys = [key for key in site.etags() if key.startswith("static/")]
    large = {key for key in keys if "film" in key}
    damaged, gone = sorted(set(keys) - large)[:2]
    site.s3.put_object(Bucket=site.bucket, Key=damaged, Body=b"damaged")
    site.s3.delete_object(Bucket=site.bucket, Key=gone)

    repaired = {item["key"] for item in site.publish(tree, "--verify-remote")["uploaded"]}

    assert repaired == {damaged, gone} | (set() if site.service.abilities.keeps_part_etag else large)
    site.check(tree)


#: One before anything is sent, one in the middle, one when all is sent, and the last one.
_POINTS: dict[str, list[tuple[Point, bool]]] = {
    "later": [(change(1), True), (asset(9), False), (RECORD, True), (change(3), False)],
    "first": [(change(1), False), (asset(20), True), (RECORD, False)],
}


@on("seaweedfs query", "rclone path", others=_KINDS)
def test_kills(site: TargetSite, proxy: FaultProxy) -> None:
    """Whatever is deployed next, every key of the published manifest has its bytes."""
    points = [(point, sent) for point, sent in _POINTS["later"] if not site.in_path or point != change(3)]
    assert kill_and_follow(site, proxy, points, deploy_another) == points[-1][0]


@on("seaweedfs path", others=_KINDS)
def test_kills_of_a_first_deploy(site: TargetSite, proxy: FaultProxy) -> None:
    """The same before there is a release."""
    assert kill_first(site, proxy, _POINTS["first"], revert) == RECORD


@on("seaweedfs query")
@pytest.mark.parametrize(("command", "point"), [("rollback", change(2)), ("prune", change(1))])
def test_kills_of_what_goes_back(frugal: TargetSite, proxy: FaultProxy, command: str, point: Point) -> None:
    """The releases that are kept stay whole; the command can be run again, and a deploy after it."""
    for number in range(3):
        frugal.publish(small_tree(f"{number}"))

    assert kill(frugal, proxy, point, command == "prune", "--yes", command=command)

    frugal.check_releases(2)
    again = frugal.start(None, "--yes", command=command).end()
    assert again.exit_code == 0, again.stderr
    frugal.publish(small_tree("after"))
    frugal.check(small_tree("after"))

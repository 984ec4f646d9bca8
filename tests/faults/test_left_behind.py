"""What killed and stopped processes leave behind, and who finishes it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flask_cdn_stack.release.state import STATE_KEY, Removal
from flask_cdn_stack.release.state_text import encode_state
from tests.cli.observing import invalidations
from tests.conftest import wait_until, write_files
from tests.faults.kinds import ASSET, FORGET, Point, asset
from tests.faults.site import Deployment, Site, TargetSite
from tests.faults.test_crash import kill
from tests.servers.fault_proxy import FaultProxy, Rule

pytestmark = pytest.mark.long

DELETE = Point("deletion", "POST", r"\?delete")

on_target = pytest.mark.parametrize("site", ["ministack query"], indirect=True)
on_path_target = pytest.mark.parametrize("site", ["ministack path"], indirect=True)

#: Puts a clock an hour and a minute on, in every process that Python starts with it in its path.
LATE = {"sitecustomize.py": "import time\n\nreal = time.time\ntime.time = lambda: real() + 3660\n"}


@pytest.fixture
def frugal(site: Deployment) -> Iterator[Deployment]:
    """The site, with settings that keep one release."""
    with site.keeping(1):
        yield site


def run(site: Deployment, command: str, *options: str) -> dict[str, object]:
    result = site.start(None, "--yes", *options, command=command).end()
    assert result.exit_code == 0, result.stderr
    answer: dict[str, object] = result.json
    return answer


@on_target
def test_a_stopped_deploy(site: TargetSite, proxy: FaultProxy, tmp_path: Path) -> None:
    """Goes on holding what it claimed while its process lives, whatever another's clock says."""
    trees = [{f"{number}.js": f"{mark} {number}" for number in range(30)} for mark in ("before", "first", "second")]
    site.publish(trees[0])
    proxy.rules.add(Rule("hang", method="PUT", path=ASSET, nth=tuple(range(9, 20))))
    proxy.rules.add(Rule("delay", method="PUT", path=ASSET, seconds=2))
    site.write(trees[1])
    first = site.start(proxy)
    assert wait_until(lambda: len(site.state.writing) == 1 and sum("/static/" in item.path for item in proxy.log) > 10)
    os.kill(first.pid, signal.SIGSTOP)

    site.write(trees[2])
    write_files(tmp_path / "late", LATE)
    path = f"{tmp_path / 'late'}{os.pathsep}{site.program.environment['PYTHONPATH']}"
    with site.program.start("deploy", environment={"PYTHONPATH": path}) as later:
        assert later.wait(60) == 0, later.communicate()
    held = site.state.writing

    os.kill(first.pid, signal.SIGCONT)
    time.sleep(8)  # what was on its way arrives
    first.kill()
    first.end()

    assert len(held) == 1
    assert set(next(iter(held.values())).keys) == {f"static/{number}.js" for number in range(30)}
    site.publish(trees[2])
    site.check(trees[2])
    assert site.state.writing == {}


@on_target
def test_an_object_that_is_gone(site: TargetSite) -> None:
    """And that only another release needs: going back to its file sends it."""
    trees: list[dict[str, str]] = [{"a.css": "a", "b.css": "b"}, {"a.css": "a"}]
    for tree in trees:
        site.publish(tree)
    site.s3.delete_object(Bucket=site.bucket, Key="static/b.css")
    site.publish(trees[1], "--verify-remote")

    assert [item["key"] for item in site.publish(trees[0])["uploaded"]] == ["static/b.css"]
    site.check(trees[0])


@on_path_target
@pytest.mark.parametrize("command", ["deploy", "prune"])
def test_orphans(frugal: TargetSite, proxy: FaultProxy, command: str) -> None:
    """Of killed deploys are ours to delete, and nobody is in doubt afterwards."""
    tree = {"app.css": "app"}
    frugal.publish(tree)
    for number in range(2):
        frugal.write({f"{name}.js": f"{number} {name}" for name in "abcdef"})
        assert kill(frugal, proxy, asset(4), forwarded=True)
    assert any(key.endswith(".js") for key in frugal.etags())

    frugal.write(tree)
    run(frugal, command, *(["--delete"] if command == "deploy" else []))

    assert not [key for key in frugal.etags() if key.endswith(".js")]
    assert frugal.state.writing == {}
    frugal.check(tree)


@on_path_target
def test_a_prune_killed_before_it_deletes(frugal: TargetSite, proxy: FaultProxy) -> None:
    """Does not keep a deploy waiting that needs what it doomed, on the same machine."""
    trees = [{"app.css": "one"}, {"app.css": "two"}]
    for tree in trees:
        frugal.publish(tree)
    assert kill(frugal, proxy, DELETE, False, "--yes", command="prune")
    assert frugal.state.removing
    began = time.monotonic()

    frugal.publish(trees[0])

    assert time.monotonic() - began < 5
    frugal.check(trees[0])
    assert frugal.state.removing == {}


@on_path_target
def test_a_prune_of_another_machine(site: TargetSite) -> None:
    """Is waited for, with the time that is left, and is taken over where that is said."""
    tree = {"app.css": "one"}
    site.publish(tree)
    state = site.state
    key = next(key for key in state.objects if key != "static/app.css")
    removal = Removal((key,), time.time(), "another", 1)
    changed = replace(state, removing={"theirs": removal}, objects={})
    site.s3.put_object(Bucket=site.bucket, Key=STATE_KEY, Body=encode_state(changed))
    waiting = site.start()
    assert wait_until(lambda: "Waiting" in waiting.said)
    waiting.kill()

    assert "in 15 min, or at once with --take-over" in waiting.end().stderr
    site.publish(tree, "--take-over")
    site.check(tree)
    assert site.state.removing == {}


@pytest.fixture
def leak(tmp_path: Path) -> str:
    """A file that no other test publishes: the edge of the site is everybody's."""
    return f"{tmp_path.name}.txt"


def leave_owed(frugal: Site, proxy: FaultProxy, leak: str, command: str) -> None:
    """Kill a ``deploy --delete`` or a ``prune`` at its request to the edge, when everything is deleted."""
    frugal.publish({"app.css": "one", leak: "leak"})
    frugal.write({"app.css": "one"})
    if command == "prune":
        assert frugal.deploy().exit_code == 0
    options = ["--delete"] if command == "deploy" else []
    assert kill(frugal, proxy, FORGET, False, *options, "--yes", command=command)
    assert f"static/{leak}" not in frugal.etags()
    assert f"/static/{leak}" not in str(invalidations(frugal.program))


def check_forgotten(site: Site, leak: str, done: dict[str, object]) -> None:
    """The edge was asked to forget the file that is deleted, and the next run has nothing to ask."""
    assert f"/static/{leak}" in str(done["invalidated"])
    asked = invalidations(site.program)
    assert f"/static/{leak}" in str(asked)
    run(site, "deploy")
    assert invalidations(site.program) == asked


@pytest.mark.parametrize(
    ("killed", "command"), [("deploy", "deploy"), ("deploy", "prune"), ("deploy", "rollback"), ("prune", "deploy")]
)
def test_the_edge_is_told(frugal: Site, proxy: FaultProxy, leak: str, killed: str, command: str) -> None:
    """By whoever comes after a run that was killed when it was to tell it; then nothing is owed."""
    leave_owed(frugal, proxy, leak, killed)

    done = run(frugal, command)

    check_forgotten(frugal, leak, done)


def test_a_removal_that_the_next_run_finishes(frugal: Site, proxy: FaultProxy, leak: str) -> None:
    """Is what the edge is told of by that one."""
    frugal.publish({"app.css": "one", leak: "leak"})
    frugal.write({"app.css": "one"})
    assert kill(frugal, proxy, DELETE, True, "--delete", "--yes")

    done = run(frugal, "deploy")

    assert f"static/{leak}" not in frugal.etags()
    check_forgotten(frugal, leak, done)


def test_deletions_are_waited_for(site: Site, proxy: FaultProxy, leak: str) -> None:
    """At the edge, too."""
    site.publish({"app.css": "one", leak: "leak"})
    site.write({"app.css": "one"})

    result = site.deploy(proxy, "--delete", "--yes", "--wait")

    assert result.exit_code == 0, result.stderr
    check_forgotten(site, leak, result.json)
    asked = [request.method for request in proxy.log if "/invalidation" in request.path]
    assert asked[:2] == ["POST", "GET"]

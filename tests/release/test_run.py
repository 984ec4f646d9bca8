"""Runs, and how one tells that another is dead."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from flask_cdn_stack.release.run import process_lives, start_run
from flask_cdn_stack.release.state import CLAIM_SECONDS, REMOVAL_SECONDS, Claim, Removal
from tests.release.fakes import FakeClock, make_run


@pytest.mark.parametrize(
    ("host", "pid", "age", "left"),
    [
        ("here", 1, 0, False),
        ("here", 1, CLAIM_SECONDS, False),
        ("here", 1, CLAIM_SECONDS + 1, True),
        ("here", 2, 0, True),
        ("there", 2, 0, False),
        ("there", 2, CLAIM_SECONDS, False),
        ("there", 2, CLAIM_SECONDS + 1, True),
        ("there", 1, -60, False),
    ],
)
def test_left_claims(host: str, pid: int, age: float, left: bool) -> None:
    """Its process is dead here, or it is over an hour old."""
    clock = FakeClock()
    run = make_run(clock=clock, host="here", pid=1)

    assert run.is_left(Claim((), clock.now() - age, host, pid)) is left


@pytest.mark.parametrize(("age", "overdue"), [(0, False), (REMOVAL_SECONDS, False), (REMOVAL_SECONDS + 1, True)])
def test_overdue_removals(age: float, overdue: bool) -> None:
    """A quarter of an hour is enough for any."""
    clock = FakeClock()

    assert make_run(clock=clock).is_overdue(Removal((), clock.now() - age)) is overdue


def test_claim() -> None:
    """It says whose it is, and since when."""
    clock = FakeClock()

    assert make_run(clock=clock, host="here", pid=5).claim(("a",)) == Claim(("a",), clock.now(), "here", 5)


def test_processes() -> None:
    """A child is alive until it has ended; one of another user, or the first process, counts as alive."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process_lives(child.pid)
    child.communicate(b"\n")

    assert not process_lives(child.pid)
    assert process_lives(os.getpid())
    assert process_lives(1)


def test_runs_of_this_machine() -> None:
    """They know each other's host, and have ids of their own."""
    one, two = start_run(), start_run()

    assert (one.host, one.pid) == (two.host, os.getpid())
    assert one.id != two.id
    assert not two.is_left(one.claim(("a",)))


def test_release_ids() -> None:
    """They sort by time, and two of a moment differ."""
    clock = FakeClock()
    run = make_run(clock=clock)
    ids = []
    for seconds in (1, 9, 100, 86_400, 40_000_000):
        ids.append(run.release_id())
        clock.sleep(seconds)

    assert ids == sorted(ids)
    assert ids[0].startswith("20231114T221320Z-")
    assert run.release_id() != run.release_id()
    assert replace(run, id="other").release_id()[:17] == run.release_id()[:17]

"""Runs, and how one tells that another is dead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flask_cdn_stack.release.process import this_process
from flask_cdn_stack.release.run import start_run
from flask_cdn_stack.release.state import CLAIM_SECONDS, REMOVAL_SECONDS, SKEW_SECONDS, Claim, Owner, Removal
from tests.release.fakes import OWNER, FakeClock, make_run


@pytest.mark.parametrize(
    ("host", "alive", "age", "renewed", "left"),
    [
        ("here", True, 0, 0, False),
        ("here", True, 100 * CLAIM_SECONDS, 100 * CLAIM_SECONDS, False),
        ("here", False, 0, 0, True),
        ("here", None, CLAIM_SECONDS, CLAIM_SECONDS, False),
        ("here", None, CLAIM_SECONDS + 1, CLAIM_SECONDS + 1, True),
        ("here", None, 100 * CLAIM_SECONDS, CLAIM_SECONDS, False),
        ("there", False, CLAIM_SECONDS, CLAIM_SECONDS, False),
        ("there", True, CLAIM_SECONDS + 1, CLAIM_SECONDS + 1, True),
        ("there", True, 100 * CLAIM_SECONDS, CLAIM_SECONDS, False),
        ("there", True, -60, -60, False),
    ],
)
def test_left_claims(host: str, alive: bool | None, age: float, renewed: float, left: bool) -> None:
    """A claim lives as long as its process, or where nobody can ask for that, for an hour after it was renewed."""
    clock = FakeClock()
    run = replace(make_run(clock=clock, host="here"), lives=lambda pid, started: alive)
    claim = Claim((), clock.now() - age, host, 2, 7, clock.now() - renewed)

    assert run.is_left(claim) is left


@pytest.mark.parametrize(
    ("host", "alive", "age", "overdue"),
    [
        ("here", True, 100 * REMOVAL_SECONDS, False),
        ("here", False, 0, True),
        ("here", None, REMOVAL_SECONDS + SKEW_SECONDS, False),
        ("here", None, REMOVAL_SECONDS + SKEW_SECONDS + 1, True),
        ("there", False, REMOVAL_SECONDS + SKEW_SECONDS, False),
        ("there", True, REMOVAL_SECONDS + SKEW_SECONDS + 1, True),
        ("there", True, -REMOVAL_SECONDS, False),
        ("there", True, -REMOVAL_SECONDS - SKEW_SECONDS - 1, True),
    ],
)
def test_overdue_removals(host: str, alive: bool | None, age: float, overdue: bool) -> None:
    """Where its process cannot be asked for, a quarter of an hour must be over; who takes over does not wait."""
    clock = FakeClock()
    run = replace(make_run(clock=clock, host="here"), lives=lambda pid, started: alive)
    removal = Removal((), clock.now() - age, host, 2, 7)

    assert run.is_overdue(removal) is overdue
    is_known = host == "here" and alive is not None
    assert replace(run, takes_over=True).is_overdue(removal) is (overdue or not is_known)


@pytest.mark.parametrize(
    ("owner", "named", "owns"),
    [
        (OWNER, False, True),
        (OWNER._replace(project="other"), False, False),
        (OWNER._replace(stack="other"), False, False),
        (OWNER._replace(project="other"), True, True),
        (OWNER._replace(stack="other"), True, False),
    ],
)
def test_whose_a_record_is(owner: Owner, named: bool, owns: bool) -> None:
    """Project and stack are the same, or the settings name the stack."""
    assert replace(make_run(), named=named).owns(owner) is owns


def test_claim() -> None:
    """It says whose it is, and since when."""
    clock = FakeClock()

    run, now = make_run(clock=clock, host="here", pid=5), clock.now()
    assert run.claim(("a",)) == Claim(("a",), now, "here", 5, 0, now)
    assert run.removal(("a",)) == Removal(("a",), now, "here", 5, 0)


def test_runs_of_this_machine() -> None:
    """They know each other's host, and have ids of their own."""
    one, two = start_run(OWNER), start_run(OWNER)

    assert one.process == two.process == this_process()
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

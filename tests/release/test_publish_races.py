"""Deploys at once, in every order, with a kill or a lost answer at every point."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.release.deployments import Race
from tests.release.interleaving import mark_long

BASE = {"a": "a0", "b": "b0"}
EARLIER = {"a": "a0", "old": "old0", "older": "older0"}

RACES = {
    "different bytes of one key": Race(BASE, [{**BASE, "a": "a1"}, {**BASE, "a": "a2"}]),
    "both may be killed": Race(BASE, [{"a": "a1", "b": "b1"}, {**BASE, "a": "a2"}], kills=2),
    "both may be killed, on two hosts": Race(
        BASE, [{"a": "a1", "b": "b1"}, {**BASE, "a": "a2"}], kills=2, one_host=False
    ),
    "one brings back what the other changes": Race(BASE, [{**BASE, "a": "a1"}, {**BASE, "b": "b2"}], losses=1),
    "one changes and one keeps": Race(BASE, [{**BASE, "a": "a1"}, BASE], kills=1, losses=1),
    "an answer is lost and one is killed": Race({}, [{"a": "a1"}, {"a": "a2"}], kills=1, losses=1),
    "first deploys": Race({}, [{"a": "a1", "b": "b0"}, {"a": "a0", "b": "b2"}], kills=2),
    "the same release twice": Race(BASE, [{"a": "a1", "b": "b1"}, {"a": "a1", "b": "b1"}], kills=1),
    "new files are sent early": Race({}, [{"a": "a1", "b": "b0"}, {"a": "a0"}], kills=2, early=True),
    "new files are sent early beside a known one": Race(
        {"a": "a0"}, [{"a": "a1", "b": "b1"}, {"a": "a0", "b": "b2"}], kills=1, early=True
    ),
    "names hold checksums": Race({}, [{"a": "a", "b": "b"}, {"a": "a", "c": "c"}], kills=1, losses=1),
    "one is stopped for an hour, on two hosts": Race(
        BASE, [{**BASE, "a": "a1"}, {**BASE, "a": "a2"}], jumps=(3700.0,), kills=1, one_host=False
    ),
    "one is stopped for an hour, on one host": Race(
        BASE, [{**BASE, "a": "a1"}, {**BASE, "a": "a2"}], jumps=(3700.0,), kills=1
    ),
    "an upload takes an hour": Race({"a": "a0"}, [{"a": "a1"}, {"a": "a2"}], jumps=(3000.0,), one_host=False),
    "an upload takes hours": Race({"a": "a0"}, [{"a": "a1"}, {"a": "a2"}], jumps=(700.0, 3000.0), one_host=False),
    "what arrived is recorded": Race(BASE, [{"a": "a1", "b": "b1"}, {**BASE, "a": "a2"}], refusals=1, kills=1),
    "releases without a common key": Race({}, [{"a": "a1"}, {"b": "b1"}], kills=1),
    "one alone": Race(BASE, [{"a": "a1", "b": "b1"}], kills=1, losses=3),
    "a key is deleted meanwhile": Race(
        {"a": "a0"}, [{"a": "a1", "old": "old1"}], kills=1, losses=1, earlier=EARLIER, removes=("old",)
    ),
    "two keys are deleted meanwhile": Race(
        {"a": "a0"}, [{"a": "a0", "old": "old0"}], kills=2, earlier=EARLIER, removes=("old", "older")
    ),
    "a deletion was abandoned": Race(
        {"a": "a0"}, [{"a": "a0", "old": "old1"}], kills=1, losses=2, earlier=EARLIER, abandoned=("old", "older")
    ),
    "two finish what was abandoned": Race(
        {"a": "a0"},
        [{"a": "a0", "old": "old1"}, {"a": "a0", "older": "older0"}],
        earlier=EARLIER,
        abandoned=("old", "older"),
    ),
}


LONG = {"an upload takes hours", "both may be killed, on two hosts", "one is stopped for an hour, on one host"}


@pytest.mark.parametrize("race", mark_long(RACES, LONG))
def test_every_order(race: Race) -> None:
    """At each moment the table tells the truth of unclaimed keys, and any deploy afterwards ends right."""
    assert race.explore() > 10


ALIKE = {**BASE, "a": "a1"}
THREE = {
    "with accidents": Race(BASE, [ALIKE, {"a": "a2", "b": "b2"}, {**BASE, "b": "b1", "c": "c1"}], kills=2, losses=2),
    "two of them alike": Race(BASE, [ALIKE, ALIKE, {**BASE, "b": "b2"}]),
}


@pytest.mark.parametrize("race", mark_long(THREE, {"two of them alike"}))
@settings(max_examples=200, derandomize=True, database=None)
@given(decisions=st.lists(st.integers(0, 10**6), min_size=40, max_size=60))
def test_three_at_once(race: Race, decisions: list[int]) -> None:
    """Too many orders to see all of them."""
    race.play(decisions)

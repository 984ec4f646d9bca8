"""Deploys, rollbacks and prunes at once, in every order, with a kill or a lost answer at every point."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.release.histories import Act, History
from tests.release.interleaving import mark_long

OLD, BASE = {"a": "a0", "old": "old0"}, {"a": "a1"}
#: As with checksums in names: a key never has other bytes.
OLD_PATH, BASE_PATH = {"a.0": "a0", "b.0": "b0"}, {"a.1": "a1", "b.0": "b0"}

ROLLBACK, PRUNE = Act("rollback"), Act("prune")

HISTORIES = {
    "prune alone": History([OLD, BASE], [PRUNE], kills=1, losses=2),
    "rollback alone": History([OLD, BASE], [ROLLBACK], kills=1, losses=2),
    "two rollbacks": History([OLD, BASE], [ROLLBACK, ROLLBACK], kills=1),
    "a rollback that is refused half-way": History([OLD, BASE], [ROLLBACK, Act("deploy", OLD)], refusals=1),
    "a deletion that is refused": History([OLD, BASE], [Act("delete", BASE)], refusals=1, kills=1),
    "two prunes": History([OLD, BASE], [PRUNE, PRUNE]),
    "rollback and prune": History([{"a": "a0"}, {"a": "a1"}], [ROLLBACK, PRUNE], kills=1),
    "rollback and deploy": History([OLD, BASE], [ROLLBACK, Act("deploy", {"a": "a2"})], kills=1),
    "prune and a deploy that needs what goes": History([OLD, BASE], [PRUNE, Act("deploy", OLD)], kills=1),
    "prune and a deploy that changes what goes": History(
        [OLD, BASE], [PRUNE, Act("deploy", {"a": "a1", "old": "old1"})], kills=1
    ),
    "deletion and rollback": History(
        [{"old": "old0"}, {"old": "old0", "a": "a1"}], [Act("delete", {"a": "a2"}), ROLLBACK]
    ),
    "deletion and a deploy": History([OLD, BASE], [Act("delete", BASE), Act("deploy", OLD)]),
    "path mode: rollback and prune": History([{"b.0": "b0"}, {"a.1": "a1"}], [ROLLBACK, PRUNE], kills=1),
}


LONG = {"path mode: rollback and prune", "deletion and rollback", "two prunes"}  # what three at once look at by chance


@pytest.mark.parametrize("history", mark_long(HISTORIES, LONG))
def test_every_order(history: History) -> None:
    """At each moment nothing is missing that a kept release needs, and whatever comes next ends right."""
    assert history.explore() > 10


THREE = {
    "of each kind": History([OLD, BASE], [ROLLBACK, PRUNE, Act("deploy", {"a": "a2", "old": "old1"})], 2, 2),
    "deletions": History([OLD, BASE], [Act("delete", BASE), Act("delete", {"a": "a2"}), ROLLBACK], 2, 2),
    "path mode": History([OLD_PATH, BASE_PATH], [ROLLBACK, PRUNE, Act("delete in path mode", {"a.2": "a2"})], 2, 2),
}


@pytest.mark.parametrize("history", THREE.values(), ids=THREE.keys())
@settings(max_examples=60, derandomize=True, database=None)
@given(decisions=st.lists(st.integers(0, 10**6), min_size=40, max_size=60))
def test_three_at_once(history: History, decisions: list[int]) -> None:
    """Too many orders to see all of them."""
    history.play(decisions)

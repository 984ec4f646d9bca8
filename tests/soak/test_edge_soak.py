"""The soak in memory once more, through the local edge, by the policy that the template has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.soak.acts import Act, Deployer
from tests.soak.edge_model import EdgeModel
from tests.soak.edge_soak import EdgeSoak, open_edge_soak, soak_through_edge
from tests.soak.seeds import Length
from tests.soak.viewers import STYLE_SECONDS

STEPS = 60

#: What lets the edge keep plain copies for longer than others have theirs.
_CACHED = {
    "headers": [{"match": "*.css", "set": {"Cache-Control": "public, max-age=7200"}}],
    "cache_control": {"kept": "public, max-age=300, stale-while-revalidate=86400"},
}


@pytest.mark.parametrize(
    ("seed", "settings"),
    [
        pytest.param(200, {}, id="query", marks=pytest.mark.long),
        pytest.param(201, {"fingerprint": "path", **_CACHED}, id="path", marks=pytest.mark.long),
        pytest.param(202, {"immutable": True, **_CACHED}, id="immutable"),
    ],
)
def test_soak_through_the_edge(seed: int, settings: Mapping[str, Any], length: Length) -> None:
    """Nobody sees for longer than is said what was replaced, and never other bytes at a URL for ever."""
    soak_through_edge(length.seed(seed), length.steps(STEPS), settings)


def lose_mapping(running: EdgeSoak) -> None:
    running.facts.s3.is_mapped = not running.facts.s3.is_mapped


def make_deaf(running: EdgeSoak) -> None:
    running.machine.edge = EdgeModel()


def keep_for_long(running: EdgeSoak) -> None:
    for deployer in running.deployers:
        deployer.project.settings["cache_control"] = {"query": "public, max-age=31536000"}


@pytest.mark.parametrize(
    ("settings", "harm"),
    [({}, make_deaf), ({}, keep_for_long), ({"immutable": True}, lose_mapping)],
    ids=["an edge that forgets nothing", "a browser that is told to keep what changes", "a function that is missing"],
)
def test_each_harm_is_seen(settings: Mapping[str, Any], harm: Callable[[EdgeSoak], None]) -> None:
    """A soak that found nothing says something."""
    with open_edge_soak(0, settings) as running:
        harm(running)
        running.reloads = 0
        deployer = running.deployers[0]
        running.perform([Act("deploy", deployer.copy())], 0)
        deployer.project.files = {name: data + b" " for name, data in deployer.project.files.items()}
        with pytest.raises(AssertionError):
            deploy_and_wait(running, deployer)


def deploy_and_wait(running: EdgeSoak, deployer: Deployer) -> None:
    running.perform([Act("deploy", deployer.copy())], 0)
    running.clock.sleep(STYLE_SECONDS + 1)
    running.visit()

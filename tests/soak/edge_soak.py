"""The soak in memory with the local edge in front, and viewers who ask for every URL before and after each act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.release.fakes import FakeClock
from tests.soak.acts import Act
from tests.soak.bucket_facts import Facts
from tests.soak.edge_in_front import EdgeInFront
from tests.soak.memory_soak import MemorySoak, make_facts, take_steps
from tests.soak.viewers import Viewers


class EdgeSoak(MemorySoak):
    """A soak from a seed, before viewers, of whose visits some (``reloads``) begin with the button for that."""

    def __init__(
        self, seed: int, settings: Mapping[str, Any], facts: Facts, clock: FakeClock, viewers: Viewers
    ) -> None:
        super().__init__(seed, settings, facts, clock)
        self._viewers, self.reloads = viewers, 0.2

    def perform(self, acts: list[Act], likelihood: float) -> None:
        """Do it between two visits."""
        self.visit()
        super().perform(acts, likelihood)
        self.visit()

    def visit(self) -> None:
        """Let viewers come now."""
        self._viewers.visit(self.clock.now(), anew=self.dice.random() < self.reloads)


@contextmanager
def open_edge_soak(seed: int, settings: Mapping[str, Any]) -> Iterator[EdgeSoak]:
    """An edge that is there for as long as the block runs, and a soak."""
    facts, clock = make_facts(settings), FakeClock()
    with EdgeInFront(facts.s3, clock.now) as edge:
        facts.edge = edge
        yield EdgeSoak(seed, settings, facts, clock, Viewers(facts, edge))


def soak_through_edge(seed: int, steps: int, settings: Mapping[str, Any]) -> None:
    """Take so many steps; a failure tells the seed and the last steps."""
    with open_edge_soak(seed, settings) as running:
        take_steps(running, seed, steps)

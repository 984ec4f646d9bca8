"""What a run asks the edge to forget, and the count of it: so many paths are free each month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from ..aws.invalidations import find_invalidations, is_charged
from .ownership import read_own
from .run import Run
from .state import State
from .store import Store, change_state


class Distribution(Protocol):
    """What may hold copies of the assets."""

    def invalidate(self, paths: Sequence[str], reference: str) -> str:
        """Ask that copies be dropped; return an id, empty where nothing could be asked."""


class Edge:
    """A distribution, and what one run has asked it for.

    ``asked`` is how many paths that were, ``invalidation`` the id of the last request.
    """

    def __init__(self, distribution: Distribution) -> None:
        self._distribution = distribution
        self.asked = 0
        self.invalidation: str | None = None

    def forget(self, paths: Sequence[str], reference: str) -> int:
        """Ask that copies be dropped, and return how many paths were asked for so far."""
        if paths:
            self.invalidation = self._distribution.invalidate(paths, reference)
            self.asked += len(paths) if self.invalidation else 0
        return self.asked


class Forgotten(NamedTuple):
    """Paths that the edge was asked to forget, and the id of the request.

    ``charged`` says that the month had no free ones left for them.
    """

    paths: tuple[str, ...] = ()
    charged: bool = False
    invalidation: str | None = None


def settle_owed(store: Store, distribution: Distribution, run: Run) -> Forgotten:
    """Ask that the edge forget what it owes, count the paths, and take that out of the record.

    Costs a read, and where there is something a request and a write.
    """
    edge, forgotten = Edge(distribution), Forgotten()
    while True:
        snapshot = read_own(store, run)
        before, owed = snapshot.state.usage.paths_at(run.now()), snapshot.state.owed
        paths = find_invalidations(owed, before)
        edge.forget(paths, run.release_id())
        if paths and edge.asked:
            forgotten = Forgotten(paths, is_charged(paths, before), edge.invalidation)

        def settle(state: State, owed: frozenset[str] = owed) -> State:
            if not owed & state.owed:
                return state
            return replace(state, owed=state.owed - owed, usage=state.usage.add(edge.asked, run.now()))

        if change_state(store, snapshot, settle) is not None:
            return forgotten

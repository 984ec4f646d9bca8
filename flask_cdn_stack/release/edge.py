"""What a run asks the edge to forget, and the count of it: so many paths are free each month."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from .invalidation import find_invalidations, is_charged, quote_key
from .run import Run
from .state import State, Store, change_state, read_state


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
    """Paths that the edge was asked to forget; ``charged`` says that the month had no free ones left for them."""

    paths: tuple[str, ...] = ()
    charged: bool = False


def forget_deleted(
    store: Store, distribution: Distribution, keys: Collection[str], run: Run, reference: str
) -> Forgotten:
    """Let the edge forget deleted keys, and count the paths.

    Counting costs a read and a write: what is deleted is known only after the last change of the record.
    """
    snapshot, edge = read_state(store), Edge(distribution)
    before = snapshot.state.usage.paths_at(run.now())
    paths = find_invalidations(map(quote_key, keys), before)
    asked = edge.forget(paths, reference)

    def count(state: State) -> State:
        return replace(state, usage=state.usage.add(asked, run.now()))

    while change_state(store, snapshot, count) is None:
        snapshot = read_state(store)
    return Forgotten(paths, is_charged(paths, before))

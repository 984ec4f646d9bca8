"""Invalidations: planned from what a run replaces and what earlier runs left to invalidate, and counted by month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Protocol

from ..aws.invalidations import Invalidation
from .ownership import read_own
from .run import Run
from .state import State
from .store import Store, change_state

#: The message if something should be invalidated and this tool cannot ask the CDN.
NOT_ASKED = (
    "The CDN may hold copies of files that are not published any more, and no invalidation was sent: the settings "
    "have no "
    "target.distribution_id."
)


class CDN(Protocol):
    """A CDN with cached copies of the assets; it knows how to invalidate them."""

    def cover(self, paths: Iterable[str], asked: int) -> Invalidation:
        """Return the paths to invalidate for URL paths as in :class:`~.state.State`; makes no request.

        :param asked: how many paths were invalidated in this month.
        """

    def invalidate(self, paths: Sequence[str], reference: str) -> str:
        """Request an invalidation; return its id, empty if the CDN cannot be asked.

        :param reference: the caller reference; repeating a request with it creates no second invalidation.
        """

    def wait(self, invalidation: str) -> None:
        """Wait until the invalidation with this id is complete; return at once if it is empty."""


class Edge:
    """The invalidations of one run, over all its plans.

    The state lists paths under ``owed`` until they were requested: the write that follows a request must apply
    :meth:`settle` and :meth:`count`.
    """

    def __init__(self, cdn: CDN, run: Run) -> None:
        self._cdn, self._run = cdn, run
        self._asked = 0
        self._id = ""
        self._covered: AbstractSet[str] = frozenset()

    def plan(self, state: State, replaced: AbstractSet[str] = frozenset()) -> Invalidation:
        """Return the paths to invalidate: the replaced URL paths, and those still owed."""
        return self._cdn.cover(state.owed | replaced, state.usage.paths_at(self._run.now()))

    def ask(self, state: State, replaced: AbstractSet[str], reference: str) -> Invalidation:
        """Invalidate what :meth:`plan` returns; return the paths, and the id of the last request of this run."""
        planned = self.plan(state, replaced)
        if planned.paths:
            self._id = self._cdn.invalidate(planned.paths, reference)
            self._asked += len(planned.paths) if self._id else 0
        self._covered = state.owed | replaced
        return planned._replace(id=self._id)

    def settle(self, state: State) -> State:
        """Return the state without the paths that were last requested."""
        return replace(state, owed=state.owed - self._covered)

    def count(self, state: State) -> State:
        """Return the state with the number of requested paths added, those of overtaken plans included."""
        return replace(state, usage=state.usage.add(self._asked, self._run.now()))


def settle_owed(store: Store, cdn: CDN, run: Run) -> Invalidation:
    """Invalidate the paths that the state still owes, count them, and remove them from the state.

    Takes one read, and a request and a write if there are any.
    """
    edge, found = Edge(cdn, run), Invalidation()

    def settle(state: State) -> State:
        settled = edge.settle(state)
        return state if settled == state else edge.count(settled)

    while True:
        snapshot = read_own(store, run)
        asked = edge.ask(snapshot.state, frozenset(), run.release_id())
        found = asked if asked.id and asked.paths else found
        if change_state(store, snapshot, settle) is not None:
            return found

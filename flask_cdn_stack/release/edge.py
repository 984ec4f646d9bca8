"""What a run asks the edge to forget: planned from what it replaces and what the record says is owed, and counted."""

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

#: What a user is told whose CDN should forget something and cannot be asked.
NOT_ASKED = (
    "The CDN may hold copies of files that are not published any more, and no invalidation was sent: the settings "
    "have no "
    "target.distribution_id."
)


class CDN(Protocol):
    """What may hold copies of the assets: what it takes to let it drop them is its own affair."""

    def cover(self, paths: Iterable[str], asked: int) -> Invalidation:
        """Return what makes it drop all copies of URL paths, which are as in :class:`~.state.State`; asks nothing.

        :param asked: how many paths were asked for in this month.
        """

    def invalidate(self, paths: Sequence[str], reference: str) -> str:
        """Ask that copies be dropped; return an id, empty where nothing could be asked.

        :param reference: a name of this request; repeated, it is the same one.
        """

    def wait(self, invalidation: str) -> None:
        """Wait until copies are dropped, by that id; not at all where it is empty."""


class Edge:
    """A CDN as one run asks it, over as many plans as that takes.

    The record says what it owes until it was asked: :meth:`settle` and :meth:`count` belong into the write that
    follows, which makes it true.
    """

    def __init__(self, cdn: CDN, run: Run) -> None:
        self._cdn, self._run = cdn, run
        self._asked = 0
        self._id = ""
        self._covered: AbstractSet[str] = frozenset()

    def plan(self, state: State, replaced: AbstractSet[str] = frozenset()) -> Invalidation:
        """Return what would be asked for: URL paths that are replaced, and those that it owes."""
        return self._cdn.cover(state.owed | replaced, state.usage.paths_at(self._run.now()))

    def ask(self, state: State, replaced: AbstractSet[str], reference: str) -> Invalidation:
        """Ask for what :meth:`plan` returns; return it with the id of the last request, which may be an earlier one."""
        planned = self.plan(state, replaced)
        if planned.paths:
            self._id = self._cdn.invalidate(planned.paths, reference)
            self._asked += len(planned.paths) if self._id else 0
        self._covered = state.owed | replaced
        return planned._replace(id=self._id)

    def settle(self, state: State) -> State:
        """Return the state that owes nothing of what was last asked for."""
        return replace(state, owed=state.owed - self._covered)

    def count(self, state: State) -> State:
        """Return the state with the number of paths that were asked for, in plans that were overtaken too."""
        return replace(state, usage=state.usage.add(self._asked, self._run.now()))


def settle_owed(store: Store, cdn: CDN, run: Run) -> Invalidation:
    """Ask that the edge forget what it owes, count the paths, and take that out of the record.

    Costs a read, and where there is something a request and a write.
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

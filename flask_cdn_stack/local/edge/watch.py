"""Follows the distributions of the local AWS: their current configuration, and new invalidations."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from ...aws.distribution_parts import DistributionParts
from .configuration import read_rules
from .rules import Rules

#: Seconds after which the API is asked again even if no request to it has passed through the edge.
PATIENCE = 5.0

_VIEWED = re.compile(r"([a-z0-9]+)\.cloudfront\.(?:net|localhost)")


def find_domain(host: str) -> str | None:
    """Return the distribution's domain name for a host name of this machine, given without its port."""
    found = _VIEWED.fullmatch(host)
    return f"{found[1]}.cloudfront.net" if found else None


class Reader(Protocol):
    """Reads distributions, as :class:`flask_cdn_stack.aws.distribution_parts.DistributionReader` does."""

    def find(self, domain: str) -> str | None:
        """Return the id of the distribution with a domain name."""

    def read(self, distribution_id: str) -> DistributionParts | None:
        """Read a distribution."""

    def list_invalidations(self, distribution_id: str) -> set[str]:
        """Return the ids of a distribution's invalidations."""

    def read_paths(self, distribution_id: str, invalidation: str) -> tuple[str, ...]:
        """Return the paths of an invalidation."""


@dataclass
class _Known:
    """What was last read of a distribution, when, and how often the API had been used by then."""

    rules: Rules | None
    at: float
    uses: int
    invalidations: set[str] = field(default_factory=set)


class Watch:
    """Knows the distributions of a local AWS. Used within one event loop.

    Requests that change a distribution pass through the edge's own port, so distributions are read again after the API
    was used.

    :param forget: is called with a distribution's id and the paths of each new invalidation.
    """

    def __init__(
        self, reader: Reader, forget: Callable[[str, Iterable[str]], None], clock: Callable[[], float] = monotonic
    ) -> None:
        self._reader = reader
        self._forget = forget
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._reading = asyncio.Lock()
        self._uses = 0

    def note_use(self) -> None:
        """Note that the API was used."""
        self._uses += 1

    async def find_rules(self, host: str) -> Rules | None:
        """Return the current configuration of the distribution for a host; None if there is none.

        :raises CDNStackError: the configuration cannot be read, or holds something that the edge does not support.
        """
        domain = find_domain(host)
        if domain is None:
            return None
        uses = self._uses
        known = self._known.get(domain)
        if known is None or not self._is_current(known, uses):
            async with self._reading:
                known = self._known.get(domain)
                if known is None or not self._is_current(known, uses):
                    known = await self._read(domain, known)
        return known.rules

    def _is_current(self, known: _Known, uses: int) -> bool:
        return known.uses >= uses and self._clock() < known.at + PATIENCE

    async def _read(self, domain: str, before: _Known | None) -> _Known:
        uses, at = self._uses, self._clock()
        rules, invalidations, paths = await asyncio.to_thread(self._ask, domain, before)
        if rules and paths:
            self._forget(rules.id, paths)
        known = _Known(rules, at, uses, invalidations)
        self._remember(domain, known)
        return known

    def _ask(self, domain: str, before: _Known | None) -> tuple[Rules | None, set[str], list[str]]:
        """Return the configuration, the ids of all invalidations, and the paths of the new ones."""
        id = before.rules.id if before and before.rules else self._reader.find(domain)
        parts = self._reader.read(id) if id else None
        if id is None or parts is None:
            return None, set(), []
        invalidations = self._reader.list_invalidations(id)
        # Nothing is cached before the first request, so earlier invalidations have no effect.
        new = invalidations - before.invalidations if before and before.rules else set()
        return read_rules(parts), invalidations, [path for one in new for path in self._reader.read_paths(id, one)]

    def _remember(self, domain: str, known: _Known) -> None:
        # A client may send any number of host names; they must not fill the memory.
        if known.rules is None and len(self._known) > 1000:
            self._known = {name: one for name, one in self._known.items() if one.rules}
        self._known[domain] = known

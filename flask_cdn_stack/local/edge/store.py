"""The copies that the edge keeps, and which of them are forgotten."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from .behaviors import normalise
from .cache_key import CacheKey
from .freshness import Lifetime
from .messages import Answer, build_target

#: Bytes that all copies together take at most.
CAPACITY = 128 * 1024 * 1024

# What a copy takes besides its body: headers, key and objects.
_OVERHEAD = 2048


@dataclass(frozen=True)
class Copy:
    """An answer as it is kept. Times are seconds since 1970.

    :param etag: the origin's own, by which it is asked whether the copy is still right.
    :param viewed: the target that the viewer asked for; a function may have made another one of it.
    """

    answer: Answer
    arrived: float
    lifetime: Lifetime
    etag: str = ""
    viewed: str = ""

    @property
    def expires(self) -> float:
        """Until when it is fresh."""
        return self.arrived + self.lifetime.fresh

    @property
    def size(self) -> int:
        """How many bytes it takes, about."""
        return len(self.answer.body) + _OVERHEAD


class Store:
    """Copies by their keys; where there is no room for another, those go that were asked for longest ago."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._copies: OrderedDict[CacheKey, Copy] = OrderedDict()
        self.size = 0

    def find(self, key: CacheKey) -> Copy | None:
        """Return the copy of a key, fresh or not."""
        copy = self._copies.get(key)
        if copy:
            self._copies.move_to_end(key)
        return copy

    def keep(self, key: CacheKey, copy: Copy) -> None:
        """Keep a copy in place of another one, unless it alone takes more than there is."""
        self.drop(key)
        if copy.size > self._capacity:
            return
        self._copies[key] = copy
        self.size += copy.size
        while self.size > self._capacity:
            self.drop(next(iter(self._copies)))

    def drop(self, key: CacheKey) -> None:
        """Drop the copy of a key, where there is one."""
        copy = self._copies.pop(key, None)
        self.size -= copy.size if copy else 0

    def forget(self, distribution: str, paths: Iterable[str]) -> None:
        """Drop what an invalidation names: its headers and cookies may be any, its query string is part of the path.

        A path that ends in ``*`` stands for all that begin with what is before it. Where a function changes URLs, both
        count (CloudFront developer guide, "What you need to know when invalidating files").
        """
        shapes = [_shape(path) for path in paths]
        exact = {shape for shape in shapes if not shape.endswith("*")}
        beginnings = tuple(shape[:-1] for shape in shapes if shape.endswith("*"))
        for key, copy in list(self._copies.items()):
            targets = {_shape(key.target), _shape(copy.viewed or key.target)}
            if key.distribution == distribution and (
                targets & exact or any(target.startswith(beginnings) for target in targets)
            ):
                self.drop(key)

    def clear(self) -> None:
        """Drop everything."""
        self._copies.clear()
        self.size = 0


def _shape(target: str) -> str:
    path, _, query = target.partition("?")
    return build_target(normalise(path if path.startswith("/") else f"/{path}"), query)

"""The cached copies, and which of them an invalidation or a full cache removes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from .behaviors import normalise
from .cache_key import CacheKey
from .freshness import Lifetime
from .messages import Answer, build_target

#: Most bytes that all copies together may take.
CAPACITY = 128 * 1024 * 1024

# Bytes that a copy takes besides its body: headers, key and Python objects.
_OVERHEAD = 2048


@dataclass(frozen=True)
class Copy:
    """A cached response. Times are in seconds since 1970.

    :param etag: the origin's ETag, sent to ask whether the copy is still valid.
    :param viewed: the target as the viewer sent it; a function may have changed it.
    """

    answer: Answer
    arrived: float
    lifetime: Lifetime
    etag: str = ""
    viewed: str = ""

    @property
    def expires(self) -> float:
        """When it expires."""
        return self.arrived + self.lifetime.fresh

    @property
    def size(self) -> int:
        """Its size in bytes, estimated."""
        return len(self.answer.body) + _OVERHEAD


class Store:
    """Copies by cache key. When the store is full, the least recently used copies are removed."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._copies: OrderedDict[CacheKey, Copy] = OrderedDict()
        self.size = 0

    def find(self, key: CacheKey) -> Copy | None:
        """Return the copy for a key, expired or not."""
        copy = self._copies.get(key)
        if copy:
            self._copies.move_to_end(key)
        return copy

    def keep(self, key: CacheKey, copy: Copy) -> None:
        """Store a copy, unless it is larger than the whole store."""
        self.drop(key)
        if copy.size > self._capacity:
            return
        self._copies[key] = copy
        self.size += copy.size
        while self.size > self._capacity:
            self.drop(next(iter(self._copies)))

    def drop(self, key: CacheKey) -> None:
        """Remove the copy for a key, if there is one."""
        copy = self._copies.pop(key, None)
        self.size -= copy.size if copy else 0

    def forget(self, distribution: str, paths: Iterable[str]) -> None:
        """Remove the copies that an invalidation names, for any headers and cookies. A path includes its query string.

        A path that ends in ``*`` names every path that begins so. If a function changed a URL, either may be named
        (CloudFront developer guide, "What you need to know when invalidating files").
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
        """Remove all copies."""
        self._copies.clear()
        self.size = 0


def _shape(target: str) -> str:
    path, _, query = target.partition("?")
    return build_target(normalise(path if path.startswith("/") else f"/{path}"), query)

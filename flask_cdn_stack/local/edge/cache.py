"""The cache: serves fresh copies, revalidates expired ones, and fetches what it does not have."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from time import time

from .cache_key import CacheKey
from .freshness import Lifetime
from .messages import Answer
from .store import Copy, Store


@dataclass(frozen=True)
class Fetched:
    """A response from the origin, ready to be sent to viewers. It is cached only if it has a lifetime.

    ``renews``: the origin answered 304, so the cached copy is still valid. ``fails``: the origin failed, so an expired
    copy is sent if there is one (CloudFront developer guide, "How CloudFront processes HTTP 4xx and 5xx status codes
    from your origin").
    """

    answer: Answer
    lifetime: Lifetime | None = None
    etag: str = ""
    renews: bool = False
    fails: bool = False


#: Fetches an object from the origin; given a cached copy, asks whether it is still valid.
Fetch = Callable[[Copy | None], Awaitable[Fetched]]


class Cache:
    """Responses by cache key. Used within one event loop."""

    def __init__(self, store: Store, clock: Callable[[], float] = time) -> None:
        self._store = store
        self._clock = clock
        self._flights: dict[CacheKey, asyncio.Task[tuple[Answer, bool]]] = {}
        self._background: set[asyncio.Task[object]] = set()
        self._forgettings = 0

    async def obtain(self, key: CacheKey, viewed: str, fetch: Fetch) -> Answer:
        """Return the response for a key. Requests that arrive during a fetch share its response ("Request collapsing").

        :param viewed: the target as the viewer sent it.
        """
        copy, now = self._store.find(key), self._clock()
        if copy and now < copy.expires:
            return self._serve(copy, now)
        if copy and now < copy.expires + copy.lifetime.stale_while_revalidate:
            self._renew_in_background(key, viewed, fetch)
            return self._serve(copy, now)
        if flight := self._flights.get(key):
            answer, shared = await asyncio.shield(flight)
            if shared:
                return replace(answer, result=_seen_again(answer))
        answer, _ = await asyncio.shield(self._start(key, viewed, fetch))
        return answer

    def forget(self, distribution: str, paths: Iterable[str]) -> None:
        """Drop the copies that an invalidation names. Fetches under way are answered, but not cached."""
        self._forgettings += 1
        self._flights.clear()
        self._store.forget(distribution, paths)

    def clear(self) -> None:
        """Drop all copies."""
        self._forgettings += 1
        self._flights.clear()
        self._store.clear()

    async def close(self) -> None:
        """Cancel the fetches under way."""
        tasks = [*self._flights.values(), *self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _renew_in_background(self, key: CacheKey, viewed: str, fetch: Fetch) -> None:
        if key not in self._flights:
            self._start(key, viewed, fetch)

    def _start(self, key: CacheKey, viewed: str, fetch: Fetch) -> asyncio.Task[tuple[Answer, bool]]:
        task = asyncio.create_task(self._fetch(key, viewed, fetch))
        self._flights[key] = task
        self._background.add(task)
        task.add_done_callback(lambda done: self._land(key, done))
        return task

    def _land(self, key: CacheKey, task: asyncio.Task[tuple[Answer, bool]]) -> None:
        self._background.discard(task)
        if self._flights.get(key) is task:
            del self._flights[key]
        if not task.cancelled():
            task.exception()  # read it, so that asyncio does not log an exception that nobody waited for

    async def _fetch(self, key: CacheKey, viewed: str, fetch: Fetch) -> tuple[Answer, bool]:
        """Return the origin's response, and whether other viewers may get it too."""
        forgettings, copy = self._forgettings, self._store.find(key)
        fetched = await fetch(copy)
        now = self._clock()
        kept, answer = self._judge(copy, fetched, viewed, now)
        if forgettings == self._forgettings:
            if kept:
                self._store.keep(key, kept)
            else:
                self._store.drop(key)
        return answer, kept is not None

    def _judge(self, copy: Copy | None, fetched: Fetched, viewed: str, now: float) -> tuple[Copy | None, Answer]:
        answer, lifetime = fetched.answer, fetched.lifetime
        if copy and fetched.fails and copy.answer.status < 400 and self._may_stand_in(copy, now):
            # The expired copy is served for as long as the error would be cached. Its age is not reset.
            stale = replace(copy, lifetime=replace(copy.lifetime, fresh=now - copy.arrived + _seconds(lifetime)))
            return stale, replace(self._serve(copy, now), result="RefreshHit")
        if copy and fetched.renews:
            renewed = Copy(answer, now, lifetime, copy.etag, viewed) if lifetime else None
            return renewed, replace(answer, result="RefreshHit")
        return Copy(answer, now, lifetime, fetched.etag, viewed) if lifetime else None, answer

    def _may_stand_in(self, copy: Copy, now: float) -> bool:
        limit = copy.lifetime.stale_if_error
        return limit is None or now < copy.expires + limit

    def _serve(self, copy: Copy, now: float) -> Answer:
        headers = copy.answer.headers
        before = headers.get("age", "")
        age = int(max(0.0, now - copy.arrived)) + (int(before) if before.isdigit() else 0)
        result = _seen_again(copy.answer)
        return Answer(copy.answer.status, {**headers, "age": str(age)}, copy.answer.body, result)


def _seen_again(answer: Answer) -> str:
    # X-Cache says Error for an error, cached or not.
    return "Error" if answer.result == "Error" else "Hit"


def _seconds(lifetime: Lifetime | None) -> float:
    return lifetime.fresh if lifetime else 0

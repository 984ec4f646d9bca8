"""The local edge in front of a bucket in memory, by the rules of a built template."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.local.edge import messages
from flask_cdn_stack.local.edge.cache import Cache
from flask_cdn_stack.local.edge.edge import Edge
from flask_cdn_stack.local.edge.functions import find_runner
from flask_cdn_stack.local.edge.origins import Origins, Surroundings
from flask_cdn_stack.local.edge.rules import Origin, Rules
from flask_cdn_stack.local.edge.store import Store
from flask_cdn_stack.naming import OWN_FOLDER
from flask_cdn_stack.settings.model import Assets, Settings
from tests.servers.edge_rules import read_rules
from tests.soak.browser import Given
from tests.soak.edge_model import SHORT_SECONDS, Answer, EdgeModel
from tests.soak.memory_s3 import MemoryS3

_VALUES = {"Bucket.RegionalDomainName": "shop.s3.eu-west-1.amazonaws.com", "OriginAccessControl.Id": "access"}


class EdgeInFront(EdgeModel):
    """The edge, for as long as a ``with`` block runs, in a thread of its own.

    ``copies`` has what was given last for each URL.

    :param now: seconds since 1970.
    """

    def __init__(self, s3: MemoryS3, now: Callable[[], float]) -> None:
        super().__init__(misses=s3.misses_version)
        self._now = now
        self._rules = read_rules(build_template(Settings(assets=Assets(immutable=s3.is_mapped))), _VALUES)
        self._loop, self._functions = asyncio.new_event_loop(), find_runner()
        self._cache = Cache(Store(), now)
        self._edge = Edge(self._find_rules, _MemoryOrigins(s3), self._cache, self._functions, now)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._functions.stop()

    def ask(self, urls: Mapping[str, str]) -> dict[str, Given]:
        """Answer a viewer who has copies with these ETags, or empty ones."""
        given = asyncio.run_coroutine_threadsafe(self._ask(urls), self._loop).result()
        for url, one in given.items():
            if one.answer is not None:
                self.copies[url] = (one.answer, 0)
            elif not one.is_known:
                self.copies.pop(url, None)
        return given

    def fetch(self, url: str, origin: Callable[[str], Answer | None], now: float) -> Answer | None:
        """Answer a viewer who has no copy."""
        return self.ask({url: ""})[url].answer

    def forget(self, paths: Iterable[str]) -> None:
        """Be told of an invalidation."""
        self.asked += paths

        async def forget() -> None:
            self._cache.forget(self._rules.id, paths)

        asyncio.run_coroutine_threadsafe(forget(), self._loop).result()

    def find_stale(self, origin: Callable[[str], Answer | None], now: float) -> Iterator[str]:
        """Yield the URLs for which something else is given than the bucket has, by copies that live for long."""
        for url, given in self.ask(dict.fromkeys(self.copies, "")).items():
            if given.answer and given.answer.seconds > SHORT_SECONDS and origin(url) != given.answer:
                yield url

    async def _ask(self, urls: Mapping[str, str]) -> dict[str, Given]:
        self.note_missed(urls, self._now())
        return {url: await self._give(url, etag) for url, etag in urls.items()}

    async def _give(self, url: str, etag: str) -> Given:
        conditions = {"if-none-match": etag} if etag else {}
        headers = {"host": "cdn.example", "accept-encoding": "gzip, br", **conditions}
        answer = await self._edge.answer(messages.Request("GET", url, headers))
        said = answer.headers
        control, is_known = said.get("cache-control", ""), answer.status == 304
        found = Answer(answer.body, said.get("content-type", ""), control) if answer.status == 200 else None
        return Given(found, control, said.get("etag", ""), int(said.get("age", 0)), is_known)

    async def _find_rules(self, host: str) -> Rules:
        return self._rules


class _MemoryOrigins(Origins):
    """The bucket, as the edge asks it."""

    def __init__(self, s3: MemoryS3) -> None:
        super().__init__(Surroundings(""))
        self._s3 = s3

    async def _send(self, rules: Rules, origin: Origin, target: str, request: messages.Request) -> messages.Answer:
        key = unquote(target.partition("?")[0]).removeprefix("/")
        found = None if key.startswith(f"{OWN_FOLDER}/") else self._s3.find(key)
        if found is None:
            return messages.Answer(403, {"content-type": "application/xml"})
        headers = {
            "content-type": found.content_type,
            "cache-control": found.cache_control,
            "etag": f'"{self._s3.etag(key)}"',
            "content-length": str(len(found.body)),
        }
        if "; Content-Encoding: " in found.content_type:
            headers["content-encoding"] = "gzip"
        is_known = request.headers.get("if-none-match") == headers["etag"]
        filled = {name: value for name, value in headers.items() if value}
        return messages.Answer(304, filled) if is_known else messages.Answer(200, filled, found.body)

"""The edge: turns a viewer's request into a response, by the configuration of the distribution."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from time import time

from .behaviors import explain, find_behavior, refuse
from .cache import Cache, Fetched
from .cache_key import CacheKey, build_key
from .compression import add_vary, choose_encoding, compress, is_compressed_type
from .configuration import ERROR_TTL
from .freshness import find_error_lifetime, find_lifetime
from .function_events import FunctionValidationError, build_event, read_answer, read_outcome
from .functions import FunctionError, FunctionRunner
from .messages import Answer, Request, build_target
from .origins import Origins, UnreachableOrigin
from .response_headers import apply_policy, mark
from .rules import Behavior, ErrorResponse, Rules
from .selection import select
from .store import Copy

#: Finds the configuration of the distribution for a host; None if there is none.
FindRules = Callable[[str], Awaitable[Rules | None]]

# Bodies of at least so many bytes are compressed in another thread.
_LARGE = 100_000


@dataclass(frozen=True)
class _Visit:
    """A request with its cache behavior. ``viewed`` is as the viewer sent it, ``request`` as a function changed it."""

    rules: Rules
    behavior: Behavior
    request: Request
    viewed: Request


class Edge:
    """Answers viewers' requests. Used within one event loop."""

    def __init__(
        self,
        find_rules: FindRules,
        origins: Origins,
        cache: Cache,
        functions: FunctionRunner,
        clock: Callable[[], float] = time,
    ) -> None:
        self._find_rules = find_rules
        self._origins = origins
        self._cache = cache
        self._functions = functions
        self._clock = clock

    async def answer(self, request: Request) -> Answer:
        """Return the response to a viewer's request."""
        rules = await self._find_rules(request.host)
        if rules is None:
            return mark(explain(403, f"no distribution answers for {request.host!r}."))
        behavior = find_behavior(rules, request.path)
        if refusal := refuse(behavior, request):
            return mark(refusal)
        try:
            answer = await self._answer_by(rules, behavior, request)
        except FunctionError as error:
            return mark(replace(explain(503, str(error)), result="FunctionExecutionError"))
        except FunctionValidationError as error:
            return mark(replace(explain(502, str(error)), result="FunctionValidationError"))
        return mark(answer)

    async def _answer_by(self, rules: Rules, behavior: Behavior, request: Request) -> Answer:
        outcome: Request | Answer = request
        if behavior.viewer_request:
            made = self._functions.run(behavior.viewer_request, build_event(rules, request))
            outcome = read_outcome(made, request)
        if isinstance(outcome, Answer):
            return self._finish(behavior, request, outcome)
        if outcome.path == "/" and rules.root_object:
            outcome = replace(outcome, target=build_target(f"/{rules.root_object}", outcome.query))
        visit = _Visit(rules, behavior, outcome, request)
        found = self._finish(behavior, request, select(await self._find(visit), outcome))
        if behavior.viewer_response and found.status < 400:
            event = build_event(rules, outcome, found)
            return read_answer(self._functions.run(behavior.viewer_response, event), found)
        return found

    @staticmethod
    def _finish(behavior: Behavior, request: Request, answer: Answer) -> Answer:
        return replace(answer, headers=apply_policy(behavior.headers, answer.headers, request))

    async def _find(self, visit: _Visit) -> Answer:
        key = build_key(visit.rules.id, visit.behavior.cache, visit.request)
        if visit.request.method not in visit.behavior.cached_methods:
            return (await self._forward(visit, key)).answer
        return await self._cache.obtain(key, visit.viewed.target, lambda copy: self._fetch(visit, key, copy))

    async def _forward(self, visit: _Visit, key: CacheKey) -> Fetched:
        """Forward a request whose method is not cached, such as a CORS preflight or a POST, to the origin."""
        request = visit.request
        names = ("access-control-request-headers", "access-control-request-method", "content-type", "origin")
        more = {name: request.headers[name] for name in names if name in request.headers}
        asked = replace(request, target=key.target, headers={**dict(key.headers), **more})
        answer = await self._ask(visit.rules, visit.behavior, asked)
        return await self._handle_error(visit, answer) if answer.status >= 400 else Fetched(answer)

    async def _fetch(self, visit: _Visit, key: CacheKey, copy: Copy | None) -> Fetched:
        """Fetch a whole object from the origin; with an expired copy, ask whether it is still valid."""
        headers = {**dict(key.headers), **_conditions(copy)}
        asked = Request(key.method, key.target, headers, origin_path=visit.request.origin_path)
        answer = await self._ask(visit.rules, visit.behavior, asked)
        if copy and answer.status == 304:
            return self._renew(visit, copy, answer)
        if answer.status >= 400:
            return await self._handle_error(visit, answer)
        kept = find_lifetime(answer.headers, visit.behavior.cache, self._clock())
        return Fetched(await _prepare(visit.behavior, key, answer), kept, answer.headers.get("etag", ""))

    async def _ask(self, rules: Rules, behavior: Behavior, request: Request) -> Answer:
        try:
            answer = await self._origins.ask(rules, behavior.origin, request)
        except UnreachableOrigin as error:
            return explain(502, f"the origin {error} does not answer.")
        return replace(answer, headers=_drop_vary(behavior, answer.headers))

    def _renew(self, visit: _Visit, copy: Copy, answer: Answer) -> Fetched:
        said = {name: answer.headers[name] for name in ("cache-control", "date", "expires") if name in answer.headers}
        renewed = replace(copy.answer, headers={**copy.answer.headers, **said})
        return Fetched(renewed, find_lifetime(renewed.headers, visit.behavior.cache, self._clock()), renews=True)

    async def _handle_error(self, visit: _Visit, answer: Answer) -> Fetched:
        """Return an error, or its custom error page, with how long it is cached ("Custom error responses")."""
        response = visit.rules.errors.get(answer.status, ErrorResponse(ERROR_TTL))
        lifetime = find_error_lifetime(answer.status, answer.headers, response.min_ttl, self._clock())
        page = await self._find_page(visit, response, answer.status) if response.page else answer
        return Fetched(replace(page, result="Error"), lifetime, fails=answer.status >= 500)

    async def _find_page(self, visit: _Visit, response: ErrorResponse, status: int) -> Answer:
        behavior = find_behavior(visit.rules, response.page)
        page = await self._ask(visit.rules, behavior, Request("GET", response.page, {}))
        # If the page itself fails, viewers get the page's error ("How CloudFront processes errors when you have
        # configured custom error pages").
        return replace(page, status=response.status or status) if page.status == 200 else page


async def _prepare(behavior: Behavior, key: CacheKey, answer: Answer) -> Answer:
    """Return a response as it is cached: compressed if the behavior says so, with its ``Vary`` header."""
    if not behavior.compress or behavior.cache.max_ttl == 0 or "content-encoding" in answer.headers:
        return answer
    if encoding := choose_encoding(answer, key.encodings):
        if len(answer.body) < _LARGE:
            return compress(answer, encoding)
        return await asyncio.to_thread(compress, answer, encoding)
    if is_compressed_type(answer.headers) and (behavior.cache.gzip or behavior.cache.brotli):
        return replace(answer, headers={**answer.headers, "vary": add_vary(answer.headers.get("vary", ""))})
    return answer


def _conditions(copy: Copy | None) -> dict[str, str]:
    if copy is None or copy.answer.status != 200:
        return {}
    modified = copy.answer.headers.get("last-modified", "")
    conditions = {"if-none-match": copy.etag, "if-modified-since": modified}
    return {name: value for name, value in conditions.items() if value}


def _drop_vary(behavior: Behavior, headers: Mapping[str, str]) -> dict[str, str]:
    """Keep in an origin's ``Vary`` only names of the cache key ("Request and response behavior for custom origins")."""
    policy, changed = behavior.cache, dict(headers)
    kept = {"accept-encoding"} if policy.gzip or policy.brotli else set()
    kept |= policy.headers.names | ({"cookie"} if policy.cookies.behavior != "none" else set())
    names = [name.strip() for name in changed.pop("vary", "").split(",")]
    if named := ", ".join(name for name in names if name.lower() in kept):
        changed["vary"] = named
    return changed

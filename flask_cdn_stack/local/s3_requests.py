"""Requests of MiniStack's S3, judged before they are served or after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import s3

Answer = tuple[int, dict[str, str], Any]


@dataclass(frozen=True)
class Request:
    """A request; ``path`` has the bucket first."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, Any]


def judge_requests(judge: Callable[[Request, Callable[[], Awaitable[Answer]]], Awaitable[Answer]]) -> None:
    """Let every request be answered by a function of the request and of what serves it."""
    serve = s3.handle_request

    async def serve_judged(
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, Any],
        *rest: Any,
        **named: Any,
    ) -> Any:
        request = Request(method, path, headers, query)
        return await judge(request, lambda: serve(method, path, headers, body, query, *rest, **named))

    s3.handle_request = serve_judged

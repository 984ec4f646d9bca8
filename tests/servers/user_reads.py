"""Reads of S3 objects that are not there, answered as S3 does: to who may not list the bucket, they are denied.

MiniStack says to everybody who may read that there is nothing. Such a request names no prefix, so that a right to list
that depends on one does not hold for it (S3 API reference, "GetObject").
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from flask_cdn_stack.local.edge.rules import SOURCE_HEADER
from flask_cdn_stack.local.s3_requests import Answer, Request, judge_requests


def apply() -> None:
    """Judge signed reads of nothing by the right to list the bucket."""
    judge_requests(_serve_user)


async def _serve_user(request: Request, serve: Callable[[], Awaitable[Answer]]) -> Answer:
    answer = await serve()
    bucket, _, key = request.path.lstrip("/").partition("/")
    is_read = request.method in ("GET", "HEAD") and key and "authorization" in request.headers
    if not is_read or answer[0] != 404 or SOURCE_HEADER in request.headers:
        return answer
    from ministack import app

    arn = f"arn:aws:s3:::{bucket}"
    return app._enforce_data_plane("s3", "s3:ListBucket", request.headers, request.query, "", arn) or answer

"""Reads of S3 objects that are not there, answered as S3 does: to who may not list the bucket, they are denied.

MiniStack says to everybody who may read that there is nothing. Such a request names no prefix, so that a right to list
that depends on one does not hold for it (S3 API reference, "GetObject").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import s3


def apply() -> None:
    """Judge signed reads of nothing by the right to list the bucket."""
    serve = s3.handle_request

    async def serve_user(
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, Any],
        *rest: Any,
        **named: Any,
    ) -> Any:
        answer = await serve(method, path, headers, body, query, *rest, **named)
        bucket, _, key = path.lstrip("/").partition("/")
        if method not in ("GET", "HEAD") or not key or answer[0] != 404 or "authorization" not in headers:
            return answer
        from ministack import app

        arn = f"arn:aws:s3:::{bucket}"
        return app._enforce_data_plane("s3", "s3:ListBucket", headers, query, "", arn) or answer

    s3.handle_request = serve_user

"""Reads of S3 objects as CloudFront makes them: signed, and allowed by the bucket's policy or not at all.

MiniStack's S3 acts on the ``response-*`` names and on ``versionId``; its own CloudFront never sends them. Requests with
the header ``x-amz-source-arn`` count as those of that distribution: the local edge sends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import s3

from .edge.rules import SOURCE_HEADER
from .s3_requests import Answer, Request, judge_requests

_SIGNED_IN_QUERY = ("X-Amz-Algorithm", "X-Amz-Signature", "Signature")


def apply() -> None:
    """Judge a distribution's requests by the policy of the bucket alone."""
    judge_requests(_serve_distribution)


async def _serve_distribution(request: Request, serve: Callable[[], Awaitable[Answer]]) -> Answer:
    source = request.headers.get(SOURCE_HEADER)
    if source is None:
        return await serve()
    return _refuse(source, request) or _take_part(await serve(), request.query)


def _refuse(source: str, request: Request) -> Answer | None:
    bucket, key = s3._parse_bucket_key(request.path, request.headers)
    if any(name in request.query for name in _SIGNED_IN_QUERY):
        return _error("InvalidArgument", "Only one auth mechanism allowed", 400, request.path)
    action = iam_actions._s3_action(request.method, request.path, request.query) or "GetObject"
    is_allowed = "authorization" in request.headers and _allows(source, f"s3:{action}", bucket, key)
    is_there = not key or key in s3._ensure_bucket(bucket)["objects"]
    if is_allowed and (is_there or _allows(source, "s3:ListBucket", bucket, "")):
        return None
    return _error("AccessDenied", "Access Denied", 403, request.path)


def _allows(source: str, action: str, bucket: str, key: str) -> bool:
    policy = s3._bucket_policies.get(bucket)
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=f"arn:aws:s3:::{bucket}/{key}".rstrip("/"),
        region="us-east-1",
        # On AWS these requests are made over TLS.
        secure_transport=True,
        service_context={"aws:sourcearn": source},
    )
    service = "cloudfront.amazonaws.com"
    return bool(policy and iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow")


def _take_part(answer: Answer, query: Mapping[str, Any]) -> Answer:
    """Return the part that was asked for; an object that was sent whole has one."""
    status, headers, body = answer
    if status != 200 or "partNumber" not in query:
        return answer
    if query["partNumber"] not in ("1", ["1"]):
        return _error("InvalidPartNumber", "The requested partnumber is not satisfiable", 416, "")
    return 206, {**headers, "Content-Range": f"bytes 0-{len(body) - 1}/{len(body)}"}, body


def _error(code: str, message: str, status: int, path: str) -> Answer:
    answer: Answer = s3._error(code, message, status, path)
    return answer

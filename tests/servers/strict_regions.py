"""S3 in regions: a bucket is served in its own, to requests that are signed for it, and MiniStack serves it in all.

Elsewhere S3 answers 301 with the region in a header and the bucket's own endpoint (S3 API reference, "Error responses",
PermanentRedirect). CloudFormation asks S3 in the stack's region.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.core.responses import get_region
from ministack.services import s3
from ministack.services.cloudformation import provisioners

from flask_cdn_stack.local.edge.rules import SOURCE_HEADER
from flask_cdn_stack.local.s3_requests import Answer, Request, judge_requests

_Properties = Mapping[str, Any]


def apply() -> None:
    """Send requests for a bucket of another region away, and let no stack make a policy there."""
    judge_requests(_serve_in_region)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::BucketPolicy"]
    create, update = handlers["create"], handlers["update"]

    def create_policy(logical_id: str, properties: _Properties, stack: str) -> Any:
        _check_region(properties)
        return create(logical_id, properties, stack)

    def update_policy(physical_id: str, old: _Properties, new: _Properties, stack: str) -> Any:
        _check_region(new)
        return update(physical_id, old, new, stack)

    handlers.update(create=create_policy, update=update_policy)


async def _serve_in_region(request: Request, serve: Callable[[], Awaitable[Answer]]) -> Answer:
    signed = re.search(r"Credential=[^/]+/\d+/([^/]+)/s3/", request.headers.get("authorization", ""))
    bucket, key = s3._parse_bucket_key(request.path, request.headers)
    home = s3.bucket_region(bucket) if bucket else None
    # A distribution knows where its origin is.
    is_elsewhere = signed and home not in (None, signed[1]) and SOURCE_HEADER not in request.headers
    if not is_elsewhere or (request.method == "PUT" and not key and not request.query):
        return await serve()
    message = "The bucket you are attempting to access must be addressed using the specified endpoint."
    answer: Answer = s3._error(
        *("PermanentRedirect", message, 301, request.path),
        extra={"Bucket": bucket, "Endpoint": f"{bucket}.s3.{home}.amazonaws.com"},
        headers={"x-amz-bucket-region": home},
    )
    return (*answer[:2], b"") if request.method == "HEAD" else answer


def _check_region(properties: _Properties) -> None:
    home = s3.bucket_region(properties.get("Bucket", ""))
    if home not in (None, get_region()):
        raise ValueError(
            f"The bucket is in this region: {home}. Please use this region to retry the request (Service: S3, "
            "Status Code: 301, Error Code: PermanentRedirect)"
        )

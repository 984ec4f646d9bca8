"""What a stack's distribution and bucket answer, for an account in memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.response import StreamingBody

from flask_cdn_stack.release.records import ReleaseRecord, encode_release, release_key
from flask_cdn_stack.release.state import STATE_KEY, ObjectRecord, State
from flask_cdn_stack.release.state_text import encode_state
from tests.cli.life import Life
from tests.cli.life_stacks import OUTPUTS, Refusal

RELEASE = "20261130T120000Z-0badcafe"
OBJECTS = {key: ObjectRecord("ab" * 32, 1, f'"{key}"', None, "h") for key in ("static/a.css", "static/b.js")}
PUBLISHED = State(serial=1, objects=OBJECTS, release=RELEASE, manifest="m", releases=(RELEASE,))


def refuse(code: str, status: int = 403, message: str = "no") -> Callable[[dict[str, Any]], Any]:
    """Return an answer that is a service's no."""

    def answer(parameters: dict[str, Any]) -> Any:
        raise Refusal(code, message, status)

    return answer


def publish(life: Life, state: State = PUBLISHED, listed: dict[str, str] | None = None, **page: Any) -> None:
    """Let there be a distribution, and a bucket with a record and objects by ETag."""
    record = ReleaseRecord(RELEASE, 1_800_000_000, "# flask-cdn-stack manifest\n", OBJECTS)
    found = {STATE_KEY: encode_state(state), release_key(RELEASE): encode_release(record)}

    def get(parameters: dict[str, Any]) -> Any:
        if (data := found.get(parameters["Key"])) is None:
            raise Refusal("NoSuchKey", "no", 404)
        return {"Body": StreamingBody(io.BytesIO(data), len(data)), "ETag": '"r"'}

    objects = {key: item.etag for key, item in OBJECTS.items()} if listed is None else listed
    contents = [{"Key": key, "ETag": etag} for key, etag in {**objects, STATE_KEY: '"r"'}.items()]
    config = {
        "CallerReference": "c", "Comment": "", "Enabled": True, "Aliases": {"Quantity": 1, "Items": ["cdn.test"]},
        "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "shop.test"}]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"},
    }  # fmt: skip
    distribution = {
        "Id": "E1ABCDEF", "ARN": "arn", "Status": "InProgress", "DomainName": OUTPUTS["CdnDomain"],
        "LastModifiedTime": datetime.now(UTC), "InProgressInvalidationBatches": 2, "DistributionConfig": config,
    }  # fmt: skip
    life.account.answers |= {
        ("s3", "GetObject"): get,
        ("s3", "ListObjectsV2"): {"Contents": contents, **page},
        ("cloudfront", "GetDistribution"): {"Distribution": distribution},
    }

"""The headers that a response headers policy adds and removes, and those that CloudFront adds to every response."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from .messages import Answer, Request
from .rules import CORS, Header, HeadersPolicy

#: The name of this edge location; CloudFront's begin with an airport's code.
POINT_OF_PRESENCE = "LOCAL50-C1"

_VIA = f"1.1 {secrets.token_hex(16)}.cloudfront.net (CloudFront)"


def apply_policy(policy: HeadersPolicy, headers: Mapping[str, str], request: Request) -> dict[str, str]:
    """Return a response's headers after a policy was applied ("Understand response headers policies").

    CORS headers are added only for a request from an allowed ``Origin``.
    """
    changed = {name: value for name, value in headers.items() if name not in policy.removed}
    origin = request.headers.get("origin")
    cors = _cors_headers(policy.cors, origin, request.method) if policy.cors and origin else ()
    for header in (*policy.added, *cors):
        if header.override or header.name not in changed:
            changed[header.name] = header.value
    return changed


def _cors_headers(cors: CORS, origin: str, method: str) -> Iterator[Header]:
    if not any(fnmatchcase(origin, allowed) for allowed in cors.origins):
        return
    yield Header("access-control-allow-origin", "*" if "*" in cors.origins else origin, cors.override)
    if cors.credentials:
        yield Header("access-control-allow-credentials", "true", cors.override)
    if method == "OPTIONS":
        yield Header("access-control-allow-methods", ", ".join(cors.methods), cors.override)
        if cors.headers:
            yield Header("access-control-allow-headers", ", ".join(cors.headers), cors.override)
        if cors.max_age is not None:
            yield Header("access-control-max-age", str(cors.max_age), cors.override)
    elif cors.exposed:
        yield Header("access-control-expose-headers", ", ".join(cors.exposed), cors.override)


def mark(answer: Answer) -> Answer:
    """Add the headers that CloudFront adds to every response."""
    request_id = base64.urlsafe_b64encode(secrets.token_bytes(40)).decode()
    said = {
        "server": answer.headers.get("server", "CloudFront"),
        "x-cache": f"{answer.result} from cloudfront",
        "via": _VIA,
        "x-amz-cf-pop": POINT_OF_PRESENCE,
        "x-amz-cf-id": request_id,
    }
    return Answer(answer.status, {**answer.headers, **said}, answer.body, answer.result)

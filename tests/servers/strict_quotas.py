"""Quotas of CloudFront: an account has only so many of what a stack makes.

The account that all tests share has none; every other one has those that AWS gives it at first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import cloudfront
from ministack.services.cloudformation import provisioners

#: Where MiniStack keeps each kind, and how many there may be (CloudFront developer guide, "Quotas").
QUOTAS: Mapping[str, tuple[Sized, int]] = {
    "CachePolicy": (cloudfront._cache_policies, 20),
    "ResponseHeadersPolicy": (cloudfront._response_headers_policies, 20),
    "OriginAccessControl": (cloudfront._oacs, 100),
    "Function": (cloudfront._functions, 100),
}

#: That of tests which do not say otherwise.
SHARED_ACCOUNT = "000000000000"


def apply() -> None:
    """Refuse what would be one too many, in CloudFormation's words."""
    for kind, (store, most) in QUOTAS.items():
        handlers = provisioners._RESOURCE_HANDLERS[f"AWS::CloudFront::{kind}"]
        handlers["create"] = _bound(kind, store, most, handlers["create"])


def _bound(kind: str, store: Sized, most: int, create: Callable[..., Any]) -> Callable[..., Any]:
    def create_bounded(*arguments: Any) -> Any:
        if get_account_id() != SHARED_ACCOUNT and len(store) >= most:
            raise ValueError(f"Limit exceeded for resource of type 'AWS::CloudFront::{kind}'. Reason: {len(store)}")
        return create(*arguments)

    return create_bounded

"""Warns before a change that reaches the account's CloudFront quotas, where one request can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from ..aws.cloudformation import Change
from ..aws.failures import translate_errors
from ..aws.session import Connection
from ..checks.quotas import SHARED
from ..errors import AWSError

#: By type of resource: the operation that counts it, its parameters, and the key in the answer.
COUNTED: dict[str, tuple[str, dict[str, Any], str]] = {
    "CachePolicy": ("list_cache_policies", {"Type": "custom"}, "CachePolicyList"),
    "ResponseHeadersPolicy": ("list_response_headers_policies", {"Type": "custom"}, "ResponseHeadersPolicyList"),
    "OriginAccessControl": ("list_origin_access_controls", {}, "OriginAccessControlList"),
    # A published function exists in both stages, DEVELOPMENT and LIVE.
    "Function": ("list_functions", {"Stage": "DEVELOPMENT"}, "FunctionList"),
}

#: Warn from this part of a quota on.
_NEARLY = 0.9


def warn_of_quotas(connection: Connection, changes: Iterable[Change]) -> Iterator[str]:
    """Yield a warning for each type of resource that a change adds and whose quota is nearly used up.

    Nothing is yielded if AWS refuses the request, or if the account has more than the default quota, because then it
    was raised.
    """
    added = [change.type.rpartition(":")[2] for change in changes if change.action == "Add"]
    for quota in SHARED:
        if quota.kind not in added or quota.kind not in COUNTED or connection.is_local:
            continue
        count, more = _count(connection, quota.kind), added.count(quota.kind)
        if quota.most * _NEARLY <= count <= quota.most:
            end = "which is too many unless yours was raised" if count + more > quota.most else "which is the last one"
            end = end if count + more >= quota.most else "so that few are left"
            yield f"{quota}, and this one has {count}. This adds {more}, {end}. {quota.remedy}"


def _count(connection: Connection, kind: str) -> int:
    method, arguments, answer = COUNTED[kind]
    with suppress(AWSError), translate_errors(f"cloudfront:{method}"):
        found = getattr(connection.client("cloudfront"), method)(**arguments)
        return int(found[answer]["Quantity"])
    return 0

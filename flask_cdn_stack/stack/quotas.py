"""Quotas of the account, said before a change where one call can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from ..aws.cloudformation import Change
from ..aws.failures import translate_errors
from ..aws.session import Connection
from ..checks.quotas import SHARED
from ..errors import AWSError

#: What is counted: by which call, with what, and where its answer has the number.
COUNTED: dict[str, tuple[str, dict[str, Any], str]] = {
    "CachePolicy": ("list_cache_policies", {"Type": "custom"}, "CachePolicyList"),
    "ResponseHeadersPolicy": ("list_response_headers_policies", {"Type": "custom"}, "ResponseHeadersPolicyList"),
    "OriginAccessControl": ("list_origin_access_controls", {}, "OriginAccessControlList"),
    # A function that is published is there in both stages.
    "Function": ("list_functions", {"Stage": "DEVELOPMENT"}, "FunctionList"),
}

#: The part of a quota that the user should know of.
_NEARLY = 0.9


def warn_of_quotas(connection: Connection, changes: Iterable[Change]) -> Iterator[str]:
    """Yield a sentence for each kind of thing that a change adds and of which the account has nearly all it may.

    It is asked for the user's sake alone: where AWS does not let it be asked, nothing is said, and neither where the
    account has more than the usual, because then the quota was raised.
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

"""How much AWS lets an account, or one of its resources, have of what a stack is made of; and how not to need it.

The figures are what an account begins with (CloudFront developer guide, "Quotas"; IAM user guide, "IAM and AWS STS
quotas"; S3 user guide, "General purpose bucket quotas, limitations, and restrictions"); AWS raises most of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: Paths whose invalidation may be under way for a distribution, without and with a wildcard.
MAX_ACTIVE_PATHS = 3000
MAX_ACTIVE_WILDCARDS = 15

#: Bytes of a template that is sent with a request (CloudFormation user guide, "Understand CloudFormation quotas").
MAX_TEMPLATE = 51_200

#: Bytes of a bucket's policy (S3 user guide, "Bucket policies and user policies").
MAX_BUCKET_POLICY = 20_480

#: Characters of a managed policy, without white space (IAM user guide, "IAM and AWS STS quotas").
MAX_MANAGED_POLICY = 6144

CLOUDFRONT_PAGE = '(CloudFront developer guide, "Quotas")'
_IAM_PAGE = '(IAM user guide, "IAM and AWS STS quotas")'
_BUCKET_PAGE = '(S3 user guide, "General purpose bucket quotas, limitations, and restrictions")'

# CloudFormation's own words, and those of the services' answers that it hands on.
_LIMIT = re.compile(
    r"TooMany(?!Requests)|(?<!Request)LimitExceeded|[Ll]imit (has been )?(exceeded|reached)|"
    r"[Mm]aximum (allowed )?number|quota",
    re.ASCII,
)


@dataclass(frozen=True)
class Quota:
    """A number of things that an account, or one thing, may have.

    :param code: what the service calls its refusal.
    :param kind: the last part of the type of the resource that meets it, such as ``CachePolicy``.
    :param what: the things, and of what.
    :param remedy: the settings with which fewer are needed.
    """

    code: str
    kind: str
    what: str
    most: int
    remedy: str
    page: str = CLOUDFRONT_PAGE

    def __str__(self) -> str:
        return f"{self.what}: {self.most:,} {self.page}"


#: What the account holds, or what others have in common with the stack: not to be seen in its template.
SHARED = (
    Quota(
        "TooManyCachePolicies", "CachePolicy", "Custom cache policies of an account", 20,
        "With delivery.cache_policy_id the stack uses an existing one.",
    ),
    Quota(
        "TooManyResponseHeadersPolicies", "ResponseHeadersPolicy", "Custom response headers policies of an account", 20,
        "With delivery.response_headers_policy_id the stack uses an existing one.",
    ),
    Quota(
        "TooManyFunctions", "Function", "CloudFront functions of an account", 100,
        "With origin: bucket and a list in query_strings the stack has none.",
    ),
    Quota(
        "TooManyOriginAccessControls", "OriginAccessControl", "Origin access controls of an account", 100,
        "With origin: app the stack has none; else delete one that no distribution uses, or ask AWS for more.",
    ),
    Quota(
        "TooManyDistributions", "Distribution", "Distributions of an account", 500,
        "Every stack has one: delete a stack that is not needed, or ask AWS for more.",
    ),
    Quota(
        "TooManyDistributionsAssociatedToCachePolicy", "Distribution", "Distributions with one cache policy", 100,
        "Name another in delivery.cache_policy_id, or take it out.",
    ),
    Quota(
        "TooManyDistributionsAssociatedToResponseHeadersPolicy", "Distribution",
        "Distributions with one response headers policy", 100,
        "Name another in delivery.response_headers_policy_id, or take it out.",
    ),
    Quota(
        "TooManyBuckets", "Bucket", "Buckets of an account", 10_000,
        "With bucket.existing the stack uses an existing one, below assets.prefix.", _BUCKET_PAGE,
    ),
    Quota(
        "LimitExceeded", "ManagedPolicy", "Customer managed policies of an account", 1500,
        "Take access.deploy_policy and access.github out; `flask-cdn-stack template --policy deploy` prints a policy.",
        _IAM_PAGE,
    ),
    Quota(
        "LimitExceeded", "Role", "Roles of an account", 1000,
        "Take access.github out, and attach the policy of access.deploy_policy to an existing role.", _IAM_PAGE,
    ),
)  # fmt: skip


def find_quota(kind: str, reason: str) -> Quota | None:
    """Return the quota that a refusal is about, or None where it is about something else.

    :param kind: the last part of the type of the resource that is refused.
    :param reason: what is said of it.
    """
    named = [quota for quota in SHARED if quota.kind == kind and re.search(rf"\b{quota.code}\b", reason)]
    if named:
        return named[0]
    return next(_of_kind(kind), None) if _LIMIT.search(reason) else None


def _of_kind(kind: str) -> Iterator[Quota]:
    return (quota for quota in SHARED if quota.kind == kind)

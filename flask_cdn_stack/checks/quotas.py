"""A table of AWS's quotas for the resources of a stack, with the settings that need less.

The figures are the default quotas (CloudFront developer guide, "Quotas"; IAM user guide, "IAM and AWS STS
quotas"; S3 user guide, "General purpose bucket quotas, limitations, and restrictions"); AWS raises most of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: Most paths under invalidation at once for a distribution, without and with a wildcard.
MAX_ACTIVE_PATHS = 3000
MAX_ACTIVE_WILDCARDS = 15

#: Most bytes of a template that is sent with a request (CloudFormation user guide, "Understand CloudFormation quotas").
MAX_TEMPLATE = 51_200

#: Most bytes of a bucket policy (S3 user guide, "Bucket policies and user policies").
MAX_BUCKET_POLICY = 20_480

#: Most characters of a managed policy, without white space (IAM user guide, "IAM and AWS STS quotas").
MAX_MANAGED_POLICY = 6144

CLOUDFRONT_PAGE = '(CloudFront developer guide, "Quotas")'
_IAM_PAGE = '(IAM user guide, "IAM and AWS STS quotas")'
_BUCKET_PAGE = '(S3 user guide, "General purpose bucket quotas, limitations, and restrictions")'

# CloudFormation's own words, and those of the services' errors that it passes on.
_LIMIT = re.compile(
    r"TooMany(?!Requests)|(?<!Request)LimitExceeded|[Ll]imit (has been )?(exceeded|reached)|"
    r"[Mm]aximum (allowed )?number|quota",
    re.ASCII,
)


@dataclass(frozen=True)
class Quota:
    """A quota of an account, or of one resource.

    :param code: the service's error code.
    :param kind: the last part of the resource's type, such as ``CachePolicy``.
    :param what: what is counted, and per what.
    :param remedy: the settings that need fewer.
    """

    code: str
    kind: str
    what: str
    most: int
    remedy: str
    page: str = CLOUDFRONT_PAGE

    def __str__(self) -> str:
        return f"{self.what}: {self.most:,} {self.page}"


#: Quotas of the account, or of what it shares with others; a stack's template does not show how much is used.
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
    """Return the quota that a refusal is about, or None.

    :param kind: the last part of the refused resource's type.
    :param reason: AWS's message.
    """
    named = [quota for quota in SHARED if quota.kind == kind and re.search(rf"\b{quota.code}\b", reason)]
    if named:
        return named[0]
    return next(_of_kind(kind), None) if _LIMIT.search(reason) else None


def _of_kind(kind: str) -> Iterator[Quota]:
    return (quota for quota in SHARED if quota.kind == kind)

"""The local AWS with the leniencies closed that would let a test pass where AWS refuses.

Run by ``LocalAWS(module="tests.servers.ministack_strict")``. ``STRICT_DELAY`` is how many seconds a distribution takes
to be created, updated or deleted; ``STRICT_SHORTEST_SESSION``, after how many a session of the shortest duration ends.

* Encryption, ownership, lifecycle, tags and suspended versioning of a bucket are applied.
* A distribution that names an unknown origin, policy or access control, or a certificate elsewhere, fails.
* A certificate that waits for a mail, or for records of DNS, is pending, and a distribution with one that is not issued
  fails.
* A response headers policy with a CORS or security header among its custom ones fails.
* ``S3OriginConfig: {}`` is an S3 origin.
* Policies, access controls, web ACLs and certificates in use are not deleted.
* A bucket is served in its own region only, and has no policy of a stack of another one.
* A user who may not list the bucket is denied an object that is not there.
* Deliveries of logs are there, and refused where they do not fit together. CloudFront's first version of logs writes a
  grant into the bucket's ACL, with which S3 lets nobody turn ACLs off.
* A bucket that has a policy gets no second one, and a delivery's name is there once.
* An account that is not shared by tests has CloudFront's quotas, and a name of a distribution there is once.
* A group's second origin stands in for the first, which a function may change.
* IAM resources need their capability.
* A stack under review keeps its id whatever change set it gets, and its change sets are listed by that id.
* A stack's tags reach its buckets, and it is found by what belongs to it.
* A change set says of each property what it was and becomes.
* With a delay, ``*_IN_PROGRESS`` can be seen.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ministack.services.cloudformation import handlers

from flask_cdn_stack.local import server
from tests.servers import (
    short_sessions,
    strict_buckets,
    strict_certificates,
    strict_changes,
    strict_distributions,
    strict_headers,
    strict_logs,
    strict_origins,
    strict_quotas,
    strict_regions,
    strict_stacks,
    user_reads,
)

_IAM_RESOURCE = re.compile(r"AWS::IAM::(AccessKey|Group|InstanceProfile|ManagedPolicy|Policy|Role|User)\b")
_IAM_NAME = re.compile(r'"?(GroupName|InstanceProfileName|ManagedPolicyName|RoleName|UserName)"?\s*:')
_GUARDED_OPERATIONS = ("_create_stack", "_update_stack", "_create_change_set")

_Parameters = Mapping[str, Any]


def require_capabilities() -> None:
    """Refuse a template with IAM resources that comes without the capability for them."""
    for name in _GUARDED_OPERATIONS:
        _guard(name)


def _guard(name: str) -> None:
    operation = getattr(handlers, name)

    def guarded(parameters: _Parameters, *rest: Any) -> Any:
        missing = _missing_capability(parameters)
        if missing:
            return strict_stacks.refuse(f"Requires capabilities : [{missing}]", "InsufficientCapabilitiesException")
        return operation(parameters, *rest)

    setattr(handlers, name, guarded)
    for registry in [value for value in vars(handlers).values() if isinstance(value, dict)]:
        for key in [key for key, value in registry.items() if value is operation]:
            registry[key] = guarded


def _missing_capability(parameters: _Parameters) -> str:
    body = strict_stacks.first(parameters, "TemplateBody")
    if not _IAM_RESOURCE.search(body):
        return ""
    given = {strict_stacks.first(parameters, key) for key in parameters if key.startswith("Capabilities.member.")}
    enough = {"CAPABILITY_NAMED_IAM"} if _IAM_NAME.search(body) else {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}
    return "" if given & enough else min(enough)


def be_strict() -> None:
    """Close every leniency."""
    strict_buckets.apply()
    strict_regions.apply()
    user_reads.apply()
    short_sessions.apply(float(os.environ.get("STRICT_SHORTEST_SESSION", "0")))
    strict_distributions.apply(delay=float(os.environ.get("STRICT_DELAY", "0")))
    strict_headers.apply()
    strict_certificates.apply()
    strict_logs.apply()
    strict_origins.apply()
    strict_quotas.apply()
    require_capabilities()
    strict_stacks.apply()
    strict_changes.apply()
    # Names of other services, which a test's proxy leads here, and of this machine's other addresses.
    server.TRUSTED_DOMAINS.extend([".test.invalid", "0.0.0.0"])


if __name__ == "__main__":
    server.main([be_strict])

"""Checks the user's own policies before a change, and says which policy statements the user has to add.

These checks are a convenience: one that AWS denies the permission to make is skipped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from ..aws.cloudformation import Stack
from ..aws.failures import translate_errors
from ..aws.session import Connection
from ..checks.cache_keys import MANAGED, CacheKey, check_cache_key, warn_of_cache_key
from ..checks.headers import MANAGED_POLICIES, check_removed, warn_of_vary
from ..checks.quotas import MAX_BUCKET_POLICY
from ..errors import AWSError
from ..infrastructure.bucket import required_statements
from ..infrastructure.encryption import required_key_statement
from ..settings.model import Settings

_CLOUDFRONT = "cloudfront.amazonaws.com"
# Operators with which a condition can compare an ARN (IAM user guide, "IAM JSON policy elements: Condition operators").
_ARN_OPERATORS = {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}

Statement = Mapping[str, Any]


def check_cache_policy(connection: Connection, settings: Settings) -> tuple[str, ...]:
    """Check the cache key of a cache policy of the account's own, if it can be read.

    :return: a warning for each part of it that works, but at a cost.
    :raises SettingsError: a bucket cannot be the origin with it, or the checksum is not in the cache key.
    """
    policy = settings.delivery.cache_policy_id
    if policy is None or policy in MANAGED:
        return ()
    key = _read_cache_key(connection, policy)
    if key is None:
        return ()
    check_cache_key(settings, key)
    return tuple(warn_of_cache_key(settings, key))


def check_headers_policy(connection: Connection, settings: Settings) -> tuple[str, ...]:
    """Check which headers a response headers policy of the account's own removes and adds, if it can be read.

    :return: a warning if its CORS headers do not work with a browser's cache.
    :raises SettingsError: it shows viewers which KMS key encrypts the bucket's files.
    """
    policy = settings.delivery.response_headers_policy_id
    if policy is None or policy in MANAGED_POLICIES:
        return ()
    config = _read_headers_policy(connection, policy)
    if config is None:
        return ()
    check_removed(settings, (item["Header"] for item in config.get("RemoveHeadersConfig", {}).get("Items", ())))
    custom = config.get("CustomHeadersConfig", {}).get("Items", ())
    vary = next((item["Value"] for item in custom if item["Header"].lower() == "vary"), "")
    return tuple(warn_of_vary(settings, vary)) if "CorsConfig" in config else ()


@dataclass(frozen=True)
class PolicyAdvice:
    """The statements that the policy of an existing bucket must contain.

    ``missing`` are those of ``statements`` that it does not contain; None if it cannot be read. ``size`` is the
    policy's size in bytes once they are added.
    """

    bucket: str
    statements: tuple[Statement, ...]
    missing: tuple[Statement, ...] | None
    size: int = 0

    @property
    def is_too_large(self) -> bool:
        """Whether S3 would refuse the policy with the missing statements added."""
        return self.size > MAX_BUCKET_POLICY

    @property
    def text(self) -> str:
        """The statements to add, as JSON."""
        return json.dumps(self.statements if self.missing is None else self.missing, indent=2)


def find_policy_advice(connection: Connection, settings: Settings, stack: Stack) -> PolicyAdvice | None:
    """Compare an existing bucket's policy with the statements that the distribution needs.

    :return: None if the stack manages the policy, or has no distribution.
    """
    bucket = settings.bucket
    distribution = stack.outputs.get("DistributionId")
    if not settings.has_bucket or bucket.existing is None or bucket.manage_policy or distribution is None:
        return None
    arn = stack.distribution_arn(distribution)
    wanted = required_statements(bucket.existing, settings.assets.prefix, arn, settings.delivery.missing)
    policy = read_policy(connection, bucket.existing, bucket.region)
    if policy is None:
        return PolicyAdvice(bucket.existing, tuple(wanted), None)
    there = _listed(json.loads(policy or "{}").get("Statement", []))
    missing = tuple(statement for statement in wanted if not any(_covers(found, statement) for found in there))
    size = len(policy.encode()) + sum(len(json.dumps(statement)) for statement in missing)
    return PolicyAdvice(bucket.existing, tuple(wanted), missing, size)


def find_key_advice(settings: Settings, stack: Stack) -> str | None:
    """Return, as JSON, the statement that lets the distribution decrypt files with the user's own KMS key.

    :return: None if the settings name no such key, or the stack has no distribution.
    """
    distribution = stack.outputs.get("DistributionId")
    if not settings.has_bucket or not settings.bucket.encryption.startswith("kms:") or distribution is None:
        return None
    return json.dumps(required_key_statement(stack.account, stack.distribution_arn(distribution)), indent=2)


def read_policy(connection: Connection, bucket: str, region: str | None) -> str | None:
    """Return the text of a bucket's policy, empty if it has none; None if it cannot be read.

    :param region: the bucket's region; None for the connection's.
    """
    with suppress(AWSError), translate_errors("s3:GetBucketPolicy", bucket):
        client = replace(connection, region=region or connection.region).client("s3")
        try:
            return str(client.get_bucket_policy(Bucket=bucket)["Policy"])
        except client.exceptions.ClientError as error:
            if error.response["Error"].get("Code") != "NoSuchBucketPolicy":
                raise
            return ""
    return None


def _read_cache_key(connection: Connection, policy: str) -> CacheKey | None:
    with suppress(AWSError), translate_errors("cloudfront:GetCachePolicy", policy):
        config = connection.client("cloudfront").get_cache_policy(Id=policy)["CachePolicy"]["CachePolicyConfig"]
        content = config["ParametersInCacheKeyAndForwardedToOrigin"]
        queries, headers = content["QueryStringsConfig"], content["HeadersConfig"]
        return CacheKey(
            config["Name"],
            queries["QueryStringBehavior"],
            tuple(queries.get("QueryStrings", {}).get("Items", ())),
            tuple(headers.get("Headers", {}).get("Items", ())),
            keeps=config.get("MaxTTL") != 0,
        )
    return None


def _read_headers_policy(connection: Connection, policy: str) -> Mapping[str, Any] | None:
    with suppress(AWSError), translate_errors("cloudfront:GetResponseHeadersPolicy", policy):
        found = connection.client("cloudfront").get_response_headers_policy(Id=policy)["ResponseHeadersPolicy"]
        config: Mapping[str, Any] = found["ResponseHeadersPolicyConfig"]
        return config
    return None


def _covers(found: Statement, wanted: Statement) -> bool:
    """Return whether a statement allows or denies what the wanted one does; unusual ways to write it are not found."""
    actions = [action.lower() for action in _listed(found.get("Action", []))]
    return (
        found.get("Effect") == wanted["Effect"]
        and _is_for_cloudfront(found.get("Principal"))
        and _match(actions, [action.lower() for action in _listed(wanted["Action"])])
        and _match(_listed(found.get("Resource", [])), _listed(wanted["Resource"]))
        and _covers_conditions(found.get("Condition", {}), wanted.get("Condition", {}))
    )


def _is_for_cloudfront(principal: Any) -> bool:
    return principal == "*" or (isinstance(principal, dict) and _CLOUDFRONT in _listed(principal.get("Service", [])))


def _match(patterns: list[str], texts: list[str]) -> bool:
    return all(any(fnmatchcase(text, pattern) for pattern in patterns) for text in texts)


def _covers_conditions(found: Statement, wanted: Statement) -> bool:
    there, needed = _conditions(found), _conditions(wanted)
    return there.keys() == needed.keys() and all(_match(there[name], values) for name, values in needed.items())


def _conditions(content: Statement) -> dict[tuple[str, str], list[str]]:
    return {
        ("" if key.lower() == "aws:sourcearn" and operator in _ARN_OPERATORS else operator, key.lower()): _listed(
            values
        )
        for operator, keys in content.items()
        for key, values in keys.items()
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

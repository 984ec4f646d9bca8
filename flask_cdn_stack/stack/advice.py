"""What can be said of a change before AWS refuses it, and of what a stack leaves to the user.

All of it is asked for the user's sake alone: where AWS does not let it be asked, nothing is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from ..aws.cloudformation import Change, Stack
from ..aws.session import Connection, translate_errors
from ..errors import AWSError, SettingsError
from ..infrastructure.bucket import required_statements
from ..infrastructure.cache_keys import MANAGED, CacheKey, check_cache_key, warn_of_cache_key
from ..infrastructure.encryption import required_key_statement
from ..settings.delivery import Delivery
from ..settings.model import Settings

#: Where CloudFront's certificates lie (CloudFront developer guide, "Requirements for using SSL/TLS certificates").
CERTIFICATE_REGION = "us-east-1"

#: Custom policies of each kind that an account may have (CloudFront developer guide, "Quotas").
MAX_POLICIES = 20

#: As many of them as the user should know of.
MANY_POLICIES = 18

_CLOUDFRONT = "cloudfront.amazonaws.com"
_LISTS = {
    "CachePolicy": ("list_cache_policies", "delivery.cache_policy_id"),
    "ResponseHeadersPolicy": ("list_response_headers_policies", "delivery.response_headers_policy_id"),
}

# Ways to write the same of an ARN (IAM user guide, "IAM JSON policy elements: Condition operators").
_ARN_OPERATORS = {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}

Statement = Mapping[str, Any]


def check_certificate(connection: Connection, delivery: Delivery) -> None:
    """Compare the certificate's names with the aliases, where the certificate may be looked at.

    :raises SettingsError: it is not for all of them.
    """
    if not delivery.aliases or delivery.certificate_arn is None:
        return
    names = _read_names(replace(connection, region=CERTIFICATE_REGION), delivery.certificate_arn)
    missing = [alias for alias in delivery.aliases if names and not _is_named(alias.lower(), names)]
    if missing:
        raise SettingsError(
            f"delivery.certificate_arn: the certificate is for {', '.join(sorted(names))}, and not for "
            f"{', '.join(missing)} of delivery.aliases (CloudFront developer guide, "
            '"Requirements for using alternate domain names").',
            "Ask ACM for one with all of them, in us-east-1. A wildcard stands for one label: *.shop.example is for "
            "cdn.shop.example, and not for shop.example.",
        )


def check_cache_policy(connection: Connection, settings: Settings) -> tuple[str, ...]:
    """Judge a cache policy of the account's own by what is in its key, where it may be looked at.

    :return: a sentence for each thing that works at a cost.
    :raises SettingsError: a bucket cannot be asked with it, or it leaves the checksum out.
    """
    policy = settings.delivery.cache_policy_id
    if policy is None or policy in MANAGED:
        return ()
    key = _read_cache_key(connection, policy)
    if key is None:
        return ()
    check_cache_key(settings, key)
    return tuple(warn_of_cache_key(settings, key))


def warn_of_quotas(connection: Connection, changes: Iterable[Change]) -> Iterator[str]:
    """Yield a sentence for each kind of policy that a change adds and of which the account has nearly all it may."""
    added = {change.type for change in changes if change.action == "Add"}
    for kind, (method, key) in _LISTS.items():
        if f"AWS::CloudFront::{kind}" not in added or connection.is_local:
            continue
        count = _count_policies(connection, kind, method)
        if count >= MANY_POLICIES:
            yield (
                f"The account has {count} of the {MAX_POLICIES} custom policies of the kind {kind} that it may have "
                f'(CloudFront developer guide, "Quotas"), and this adds one. With {key} it uses one that is there.'
            )


@dataclass(frozen=True)
class PolicyAdvice:
    """What the policy of a bucket that is not the stack's own must hold.

    ``missing`` are those of ``statements`` that it does not hold, or None where it may not be read.
    """

    bucket: str
    statements: tuple[Statement, ...]
    missing: tuple[Statement, ...] | None

    @property
    def text(self) -> str:
        """The statements that are to be added, as JSON."""
        return json.dumps(self.statements if self.missing is None else self.missing, indent=2)


def find_policy_advice(connection: Connection, settings: Settings, stack: Stack) -> PolicyAdvice | None:
    """Compare an existing bucket's policy with what the distribution needs.

    :return: None where the stack looks after the policy, or has no distribution.
    """
    bucket = settings.bucket
    distribution = stack.outputs.get("DistributionId")
    if not settings.has_bucket or bucket.existing is None or bucket.manage_policy or distribution is None:
        return None
    arn = stack.distribution_arn(distribution)
    wanted = required_statements(bucket.existing, settings.assets.prefix, arn, settings.delivery.missing)
    there = _read_statements(replace(connection, region=bucket.region or connection.region), bucket.existing)
    if there is None:
        return PolicyAdvice(bucket.existing, tuple(wanted), None)
    missing = tuple(statement for statement in wanted if not any(_covers(found, statement) for found in there))
    return PolicyAdvice(bucket.existing, tuple(wanted), missing)


def find_key_advice(settings: Settings, stack: Stack) -> str | None:
    """Return, as JSON, what the policy of a key of the user's own must hold for the distribution to decrypt files.

    :return: None where no such key is named, or the stack has no distribution.
    """
    distribution = stack.outputs.get("DistributionId")
    if not settings.has_bucket or not settings.bucket.encryption.startswith("kms:") or distribution is None:
        return None
    return json.dumps(required_key_statement(stack.account, stack.distribution_arn(distribution)), indent=2)


def read_policy(connection: Connection, bucket: str) -> str | None:
    """Return the text of a bucket's policy, empty where it has none; None where it may not be read."""
    with suppress(AWSError), translate_errors("s3:GetBucketPolicy", bucket):
        client = connection.client("s3")
        try:
            return str(client.get_bucket_policy(Bucket=bucket)["Policy"])
        except client.exceptions.ClientError as error:
            if error.response["Error"].get("Code") != "NoSuchBucketPolicy":
                raise
            return ""
    return None


def _read_names(connection: Connection, certificate: str) -> set[str]:
    with suppress(AWSError), translate_errors("acm:DescribeCertificate", certificate):
        found = connection.client("acm").describe_certificate(CertificateArn=certificate)["Certificate"]
        return {name.lower() for name in (found["DomainName"], *found.get("SubjectAlternativeNames", ()))}
    return set()


def _is_named(alias: str, names: set[str]) -> bool:
    return alias in names or f"*.{alias.partition('.')[2]}" in names


def _count_policies(connection: Connection, kind: str, method: str) -> int:
    with suppress(AWSError), translate_errors(f"cloudfront:{method}"):
        found = getattr(connection.client("cloudfront"), method)(Type="custom")
        return int(found[f"{kind}List"]["Quantity"])
    return 0


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


def _read_statements(connection: Connection, bucket: str) -> list[Statement] | None:
    policy = read_policy(connection, bucket)
    return None if policy is None else _listed(json.loads(policy or "{}").get("Statement", []))


def _covers(found: Statement, wanted: Statement) -> bool:
    """Say whether a statement does what is wanted. One that does it in an unusual way is not recognised."""
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

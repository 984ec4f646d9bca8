"""Renders the IAM policies as JSON, for an administrator to attach (``template --policy``)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

from ..partitions import STANDARD, find_partition
from ..settings.model import Settings
from .bucket import Place
from .iam import deploy_statements, provision_statements
from .iam_actions import policy_document
from .iam_destroy import destroy_statements

#: Commands for which there is a policy.
Kind = Literal["deploy", "provision", "destroy"]

#: Placeholders for unknown names, each with the greatest length of the name.
_PLACEHOLDERS = {"ACCOUNT": 12, "BUCKET": 63, "DISTRIBUTION": 14, "KEY": 36, "REGION": 14}
_PLACEHOLDER = re.compile(rf"\b(?:{'|'.join(_PLACEHOLDERS)})\b")


@dataclass(frozen=True)
class Names:
    """The names in a policy's ARNs; an unknown one is a placeholder in capitals, to be replaced by hand.

    ``distribution`` is None if the CDN is not CloudFront.
    """

    partition: str = STANDARD
    region: str = "REGION"
    account: str = "ACCOUNT"
    bucket: str = "BUCKET"
    distribution: str | None = "DISTRIBUTION"
    key: str = "KEY"


def names_in_settings(settings: Settings) -> Names:
    """Return the names that are in the settings."""
    if target := settings.target:
        partition = find_partition(settings.session_region or "")
        return Names(partition, bucket=target.bucket, distribution=target.distribution_id)
    known = Names()
    return Names(region=settings.region or known.region, bucket=settings.bucket.existing or known.bucket)


def render_policy(kind: Kind, settings: Settings, stack: str, names: Names) -> str:
    """Return, as JSON, the policy for a kind of command; ``deploy`` includes ``releases``, ``rollback`` and so on."""
    stack_arn = f"arn:{names.partition}:cloudformation:{names.region}:{names.account}:stack/{stack}/*"
    if kind == "provision":
        statements = provision_statements(settings, stack_arn)
    elif kind == "destroy":
        statements = destroy_statements(settings, stack_arn)
    else:
        statements = deploy_statements(
            settings,
            Place(names.bucket, f"arn:{names.partition}:s3:::{names.bucket}", None) if settings.has_bucket else None,
            f"arn:{names.partition}:cloudfront::{names.account}:distribution/{names.distribution}"
            if names.distribution
            else None,
            None if settings.target else stack_arn,
            f"arn:{names.partition}:kms:{names.region}:{names.account}:key/{names.key}",
        )
    return json.dumps(policy_document(statements), indent=2) + "\n"


def measure_policy(policy: str) -> int:
    """Return a policy's size in characters as IAM counts it: without white space, placeholders at full length."""
    return len(_PLACEHOLDER.sub(lambda word: "x" * _PLACEHOLDERS[word[0]], re.sub(r"\s", "", policy)))


def find_placeholders(policy: str) -> tuple[str, ...]:
    """Return the placeholders in a policy's text."""
    return tuple(sorted(set(_PLACEHOLDER.findall(policy))))

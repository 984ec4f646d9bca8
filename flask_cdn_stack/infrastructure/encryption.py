"""The key of the stack's own that encrypts the bucket, where the settings ask for one."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, Ref, Sub
from troposphere import kms as t

from ..settings.model import Settings
from .cloudfront_policies import comment
from .iam_actions import policy_document

KEY_TITLE = "BucketKey"

_OWN_KEY = "kms"


def build_key(settings: Settings) -> t.Key | None:
    """Build the key of the bucket that the stack makes; None where it needs none of its own.

    Any distribution of the account may decrypt with it, not only this one: naming that would make a circle of key,
    distribution and bucket. What it may read is up to the bucket policy (CloudFront developer guide, "Restrict access
    to an Amazon S3 origin", SSE-KMS). The key outlives the stack, as without it the bucket's files cannot be read.
    """
    if not has_own_key(settings):
        return None
    distributions = Sub("arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/*")
    return t.Key(
        KEY_TITLE,
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
        Description=comment(),
        EnableKeyRotation=True,
        PendingWindowInDays=30,
        KeyPolicy=policy_document([_allow_account(), _allow_distributions(distributions, Ref("AWS::AccountId"))]),
    )


def key_arn(settings: Settings, key: t.Key | str | None = None) -> Any:
    """Return the ARN of the key that encrypts the bucket's files; None where S3's own does.

    :param key: the stack's own key, or its ARN; it is known by its title where it is left out.
    """
    if has_own_key(settings):
        return key if isinstance(key, str) else GetAtt(key or KEY_TITLE, "Arn")
    return settings.bucket.encryption.partition("kms:")[2] or None


def has_own_key(settings: Settings) -> bool:
    """Say whether the bucket is encrypted with a key that the stack makes."""
    bucket = settings.bucket
    return settings.has_bucket and bucket.existing is None and bucket.encryption == _OWN_KEY


def _allow_account() -> dict[str, Any]:
    # Without it nobody could administer the key any more, and IAM policies would not count.
    return {
        "Sid": "AllowAccount",
        "Effect": "Allow",
        "Principal": {"AWS": Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
        "Action": "kms:*",
        "Resource": "*",
    }


def required_key_statement(account: str, distribution_arn: str) -> dict[str, Any]:
    """Return what the policy of a key that is not the stack's must hold, so that a distribution can decrypt files.

    (CloudFront developer guide, "Restrict access to an Amazon S3 origin", SSE-KMS.)
    """
    return _allow_distributions(distribution_arn, account)


def _allow_distributions(arns: Any, account: Any) -> dict[str, Any]:
    return {
        "Sid": "AllowDistributions",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {
            "ArnLike": {"aws:SourceArn": arns},
            # Implied by the ARN; a service need not send both.
            "StringEqualsIfExists": {"aws:SourceAccount": account},
        },
    }

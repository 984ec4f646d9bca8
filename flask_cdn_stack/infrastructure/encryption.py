"""Builds the stack's own KMS key for the bucket, if the settings ask for one."""

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
    """Build the KMS key of the stack's bucket; None if the settings do not ask for one.

    Any distribution of the account may decrypt with it: to name this one would make a circular dependency of key,
    distribution and bucket. The bucket policy decides what a distribution may read (CloudFront developer guide,
    "Restrict access to an Amazon S3 origin", SSE-KMS). The key outlives the stack, because without it the bucket's
    files cannot be read.
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
    """Return the ARN of the KMS key that encrypts the bucket's files; None for SSE-S3.

    :param key: the stack's own key, or its ARN; by default, a reference to its logical id.
    """
    if has_own_key(settings):
        return key if isinstance(key, str) else GetAtt(key or KEY_TITLE, "Arn")
    return settings.bucket.encryption.partition("kms:")[2] or None


def has_own_key(settings: Settings) -> bool:
    """Return whether the bucket is encrypted with a KMS key that the stack creates."""
    bucket = settings.bucket
    return settings.has_bucket and bucket.existing is None and bucket.encryption == _OWN_KEY


def _allow_account() -> dict[str, Any]:
    # Without it nobody could administer the key any more, and IAM policies would have no effect on it.
    return {
        "Sid": "AllowAccount",
        "Effect": "Allow",
        "Principal": {"AWS": Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
        "Action": "kms:*",
        "Resource": "*",
    }


def required_key_statement(account: str, distribution_arn: str) -> dict[str, Any]:
    """Return the statement with which the policy of an existing key lets a distribution decrypt files.

    It is from the CloudFront developer guide, "Restrict access to an Amazon S3 origin", SSE-KMS.
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

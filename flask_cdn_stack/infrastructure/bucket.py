"""Builds the private S3 bucket, and the policy that lets one distribution read it over TLS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Join, Ref, Sub, kms
from troposphere import s3 as t

from ..naming import OWN_FOLDER
from ..settings.model import Settings
from .encryption import key_arn
from .iam_actions import policy_document

_CLOUDFRONT = {"Service": "cloudfront.amazonaws.com"}


@dataclass(frozen=True)
class Place:
    """The bucket's name, ARN and domain for other resources: text, or functions that CloudFormation evaluates."""

    name: Any
    arn: Any
    domain: Any


def build_bucket(settings: Settings, key: kms.Key | None = None) -> t.Bucket:
    """Build the bucket: private, encrypted, versioned, without ACLs.

    A retained bucket outlives the stack, unless creating the stack fails (CloudFormation user guide, "DeletionPolicy
    attribute").

    :param key: the stack's own KMS key, if the settings ask for one.
    """
    retain = settings.bucket.retain
    bucket = t.Bucket(
        "Bucket",
        DeletionPolicy="RetainExceptOnCreate" if retain else "Delete",
        UpdateReplacePolicy="Retain" if retain else "Delete",
        OwnershipControls=t.OwnershipControls(Rules=[t.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]),
        PublicAccessBlockConfiguration=block_public_access(),
        BucketEncryption=encrypt(key_arn(settings, key)),
    )
    rules = [abort_uploads()]
    if settings.bucket.versioning:
        bucket.VersioningConfiguration = t.VersioningConfiguration(Status="Enabled")
        rules.append(_expire_versions(settings.bucket.noncurrent_days))
    # No expiry of current versions: files of an old release must outlive the tabs that have it open.
    bucket.LifecycleConfiguration = t.LifecycleConfiguration(Rules=rules)
    return bucket


def locate_bucket(settings: Settings, bucket: t.Bucket | None) -> Place:
    """Return how other resources refer to the stack's bucket, or if that is None, to the existing one."""
    if bucket is not None:
        return Place(Ref(bucket), GetAtt(bucket, "Arn"), GetAtt(bucket, "RegionalDomainName"))
    name, region = settings.bucket.existing, settings.bucket.region
    domain = f"{name}.s3.{region or '${AWS::Region}'}.${{AWS::URLSuffix}}"
    return Place(name, Sub(f"arn:${{AWS::Partition}}:s3:::{name}"), Sub(domain))


def build_bucket_policy(settings: Settings, place: Place, distribution: Any) -> t.BucketPolicy:
    """Build the bucket policy with the statements of :func:`bucket_statements`."""
    statements = bucket_statements(settings, place, build_distribution_arn(distribution))
    return t.BucketPolicy(
        "BucketPolicy",
        Bucket=place.name,
        PolicyDocument=policy_document(statements),
    )


def bucket_statements(settings: Settings, place: Place, distribution_arn: Any) -> list[dict[str, Any]]:
    """Return the statements of the bucket policy.

    The distribution may read, requests without TLS 1.2 are denied, and the records in the bucket are never served. In
    an existing bucket the distribution may read only below the settings' prefix. The allowing statements follow the
    CloudFront developer guide, "Restrict access to an Amazon S3 origin"; the denying ones follow the S3 user guide,
    "Security best practices for Amazon S3".
    """
    prefix = settings.assets.prefix if settings.bucket.existing else ""
    return [
        *_serving_statements(place.arn, prefix, distribution_arn, settings.delivery.missing),
        *require_tls(place.arn),
    ]


def required_statements(bucket_name: str, prefix: str, distribution_arn: str, missing: int) -> list[dict[str, Any]]:
    """Return, as plain values, the statements that an existing bucket's policy needs for the distribution to serve it.

    :param prefix: folder in the bucket that is served; empty for the whole bucket.
    :param missing: HTTP status for a missing file, 403 or 404.
    """
    partition = distribution_arn.split(":")[1]
    return _serving_statements(f"arn:{partition}:s3:::{bucket_name}", prefix, distribution_arn, missing)


def build_distribution_arn(distribution: Any) -> Sub:
    """Return the ARN of the stack's distribution; CloudFormation has no attribute for it."""
    return Sub("arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${" + str(distribution.title) + "}")


def join_arn(arn: Any, path: str) -> Any:
    """Return an ARN with a path appended: text if the ARN is text, else a function."""
    # Fn::Join, because Control Tower's rule CT.S3.PR.8 does not recognise the same ARN written with Fn::Sub.
    return arn + path if isinstance(arn, str) else Join("", [arn, path])


def block_public_access() -> t.PublicAccessBlockConfiguration:
    """Return the public access block of a bucket, with all four settings on."""
    return t.PublicAccessBlockConfiguration(
        BlockPublicAcls=True, BlockPublicPolicy=True, IgnorePublicAcls=True, RestrictPublicBuckets=True
    )


def encrypt(key: Any = None) -> t.BucketEncryption:
    """Return the encryption of a bucket: SSE-KMS with the key's ARN, or SSE-S3 if that is None."""
    if key is None:
        rule = t.ServerSideEncryptionRule(
            ServerSideEncryptionByDefault=t.ServerSideEncryptionByDefault(SSEAlgorithm="AES256")
        )
    else:
        # With an S3 Bucket Key, S3 calls KMS once for many objects.
        rule = t.ServerSideEncryptionRule(
            BucketKeyEnabled=True,
            ServerSideEncryptionByDefault=t.ServerSideEncryptionByDefault(SSEAlgorithm="aws:kms", KMSMasterKeyID=key),
        )
    return t.BucketEncryption(ServerSideEncryptionConfiguration=[rule])


def abort_uploads() -> t.LifecycleRule:
    """Return the lifecycle rule that deletes the parts of multipart uploads that were never completed."""
    return t.LifecycleRule(
        Id="abandoned-uploads",
        Status="Enabled",
        AbortIncompleteMultipartUpload=t.AbortIncompleteMultipartUpload(DaysAfterInitiation=7),
    )


def require_tls(arn: Any) -> list[dict[str, Any]]:
    """Return the statements that deny requests to a bucket and its objects without TLS 1.2."""
    return [
        _deny_everyone(arn, "DenyPlainHTTP", {"Bool": {"aws:SecureTransport": "false"}}),
        _deny_everyone(arn, "DenyOldTLS", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ]


def _expire_versions(noncurrent_days: int) -> t.LifecycleRule:
    return t.LifecycleRule(
        Id="replaced-versions",
        Status="Enabled",
        NoncurrentVersionExpiration=t.NoncurrentVersionExpiration(NoncurrentDays=noncurrent_days),
        ExpiredObjectDeleteMarker=True,
    )


def _serving_statements(arn: Any, prefix: str, distribution_arn: Any, missing: int) -> list[dict[str, Any]]:
    statements = [_allow_distribution(arn, prefix, distribution_arn), _deny_own_records(arn)]
    if missing == 404:
        statements.insert(1, _allow_listing(arn, prefix, distribution_arn))
    return statements


def _allow_distribution(arn: Any, prefix: str, distribution_arn: Any) -> dict[str, Any]:
    return {
        "Sid": "AllowDistribution",
        "Effect": "Allow",
        "Principal": _CLOUDFRONT,
        "Action": "s3:GetObject",
        "Resource": join_arn(arn, f"/{prefix}/*" if prefix else "/*"),
        "Condition": _come_from(distribution_arn),
    }


def _allow_listing(arn: Any, prefix: str, distribution_arn: Any) -> dict[str, Any]:
    return {
        "Sid": "AllowDistributionList",
        "Effect": "Allow",
        "Principal": _CLOUDFRONT,
        "Action": "s3:ListBucket",
        "Resource": arn,
        "Condition": {**_come_from(distribution_arn), **(_ask_below(prefix) if prefix else {})},
    }


def _ask_below(prefix: str) -> dict[str, Any]:
    # For a missing object, S3 answers 404 instead of 403 only to those with s3:ListBucket (S3 API reference,
    # "GetObject"). Such a request has no s3:prefix to compare, and the distribution makes no other.
    return {"StringLikeIfExists": {"s3:prefix": f"{prefix}/*"}}


def _come_from(distribution_arn: Any) -> dict[str, Any]:
    return {"StringEquals": {"AWS:SourceArn": distribution_arn}}


def _deny_own_records(arn: Any) -> dict[str, Any]:
    # At every depth, so that records below an earlier prefix, or another project's, stay hidden too.
    return {
        "Sid": "DenyOwnRecords",
        "Effect": "Deny",
        "Principal": _CLOUDFRONT,
        "Action": "s3:GetObject",
        "Resource": [join_arn(arn, f"/{OWN_FOLDER}/*"), join_arn(arn, f"/*/{OWN_FOLDER}/*")],
    }


def _deny_everyone(arn: Any, sid: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, join_arn(arn, "/*")],
        "Condition": condition,
    }

"""The private S3 bucket and the policy that lets one distribution read it, over TLS."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, Join, Ref, Sub
from troposphere import s3 as t

from ..naming import OWN_FOLDER
from ..settings.model import Settings


def build_bucket(settings: Settings) -> t.Bucket:
    """Build the bucket: private, encrypted, versioned, without ACLs.

    A retained bucket outlives the stack, except where creating the stack itself fails
    (CloudFormation user guide, "DeletionPolicy attribute").
    """
    retain = settings.bucket.retain
    return t.Bucket(
        "Bucket",
        DeletionPolicy="RetainExceptOnCreate" if retain else "Delete",
        UpdateReplacePolicy="Retain" if retain else "Delete",
        OwnershipControls=t.OwnershipControls(Rules=[t.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]),
        PublicAccessBlockConfiguration=t.PublicAccessBlockConfiguration(
            BlockPublicAcls=True, BlockPublicPolicy=True, IgnorePublicAcls=True, RestrictPublicBuckets=True
        ),
        BucketEncryption=_encryption(),
        VersioningConfiguration=t.VersioningConfiguration(Status="Enabled"),
        LifecycleConfiguration=_lifecycle(settings.bucket.noncurrent_days),
    )


def build_bucket_policy(bucket: t.Bucket, distribution: Any) -> t.BucketPolicy:
    """Build the policy: this distribution reads, nobody without TLS 1.2, and our own records are never served.

    The grant is that of the CloudFront developer guide, "Restrict access to an Amazon S3 origin"; the denials are
    those of the S3 user guide, "Security best practices for Amazon S3".
    """
    statements = [
        _allow_distribution(bucket, distribution),
        _deny_own_records(bucket),
        _deny_everyone(bucket, "DenyPlainHTTP", {"Bool": {"aws:SecureTransport": "false"}}),
        _deny_everyone(bucket, "DenyOldTLS", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ]
    return t.BucketPolicy(
        "BucketPolicy",
        Bucket=Ref(bucket),
        PolicyDocument={"Version": "2012-10-17", "Statement": statements},
    )


def _encryption() -> t.BucketEncryption:
    default = t.ServerSideEncryptionByDefault(SSEAlgorithm="AES256")
    rule = t.ServerSideEncryptionRule(ServerSideEncryptionByDefault=default)
    return t.BucketEncryption(ServerSideEncryptionConfiguration=[rule])


def _lifecycle(noncurrent_days: int) -> t.LifecycleConfiguration:
    # No expiry of current versions: files of an old release must outlive the tabs that have it open.
    uploads = t.LifecycleRule(
        Id="abandoned-uploads",
        Status="Enabled",
        AbortIncompleteMultipartUpload=t.AbortIncompleteMultipartUpload(DaysAfterInitiation=7),
    )
    versions = t.LifecycleRule(
        Id="replaced-versions",
        Status="Enabled",
        NoncurrentVersionExpiration=t.NoncurrentVersionExpiration(NoncurrentDays=noncurrent_days),
        ExpiredObjectDeleteMarker=True,
    )
    return t.LifecycleConfiguration(Rules=[uploads, versions])


def _allow_distribution(bucket: t.Bucket, distribution: Any) -> dict[str, Any]:
    arn = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${" + str(distribution.title) + "}"
    return {
        "Sid": "AllowDistribution",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": _objects(bucket, "/*"),
        "Condition": {"StringEquals": {"AWS:SourceArn": Sub(arn)}},
    }


def _deny_own_records(bucket: t.Bucket) -> dict[str, Any]:
    # At every depth, so that the records of an earlier or of a neighbour's prefix stay hidden too.
    return {
        "Sid": "DenyOwnRecords",
        "Effect": "Deny",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": [_objects(bucket, f"/{OWN_FOLDER}/*"), _objects(bucket, f"/*/{OWN_FOLDER}/*")],
    }


def _deny_everyone(bucket: t.Bucket, sid: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [GetAtt(bucket, "Arn"), _objects(bucket, "/*")],
        "Condition": condition,
    }


def _objects(bucket: t.Bucket, pattern: str) -> Join:
    # Fn::Join, because Control Tower's rule CT.S3.PR.8 does not recognise the same ARN written with Fn::Sub.
    return Join("", [GetAtt(bucket, "Arn"), pattern])

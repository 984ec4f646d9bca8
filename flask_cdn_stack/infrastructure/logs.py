"""Access logs of the distribution, in a bucket of their own.

Version 1 is part of the distribution and writes through an ACL. Version 2 is a delivery of CloudWatch Logs, which
CloudFront has in us-east-1 only; its bucket needs no ACLs.
"""

from __future__ import annotations

from typing import Any

from troposphere import AWSObject, GetAtt, Ref, Sub, cloudfront, s3

from ..settings.model import Settings
from .bucket import abort_uploads, block_public_access, build_distribution_arn, encrypt, join_arn, require_tls
from .iam_actions import policy_document

#: Days that a log is kept.
LOG_DAYS = 90

#: The log bucket's logical id by the version. They are two buckets, because S3 does not take the ACLs away from one to
#: which CloudFront has written the first version (S3 user guide, "Prerequisites for disabling ACLs").
LOG_BUCKETS = {"v1": "LegacyLogBucket", "v2": "LogBucket"}

_OWNERSHIP = {"v1": "BucketOwnerPreferred", "v2": "BucketOwnerEnforced"}


# Troposphere has all of their properties since 4.9 only, and applications pin older ones.
class _DeliverySource(AWSObject):  # type: ignore[misc]
    resource_type = "AWS::Logs::DeliverySource"
    props = {"Name": (str, True), "LogType": (str, True), "ResourceArn": (str, True)}


class _DeliveryDestination(AWSObject):  # type: ignore[misc]
    resource_type = "AWS::Logs::DeliveryDestination"
    props = {"Name": (str, True), "DestinationResourceArn": (str, True), "OutputFormat": (str, True)}


class _Delivery(AWSObject):  # type: ignore[misc]
    resource_type = "AWS::Logs::Delivery"
    props = {"DeliverySourceName": (str, True), "DeliveryDestinationArn": (str, True)}


def build_logs(settings: Settings, distribution: Any) -> list[Any]:
    """Build what receives the distribution's access logs; empty where there are none."""
    version = settings.delivery.logs
    if version is None:
        return []
    bucket = _build_bucket(version)
    arn = GetAtt(bucket, "Arn")
    if version == "v1":
        return [bucket, _build_policy(bucket, require_tls(arn))]
    policy = _build_policy(bucket, [_allow_delivery(arn), *require_tls(arn)])
    return [bucket, policy, *_build_delivery(bucket, policy, distribution)]


def log_config(settings: Settings) -> cloudfront.Logging | None:
    """Build the distribution's own part of version 1; None for any other."""
    if settings.delivery.logs != "v1":
        return None
    # The global name: CloudFront takes no regional one here.
    return cloudfront.Logging(Bucket=GetAtt(LOG_BUCKETS["v1"], "DomainName"), IncludeCookies=False)


def _build_bucket(version: str) -> s3.Bucket:
    # It always stays: CloudFront may write logs for a day after the distribution is gone. The ACL that version 1
    # needs is added by CloudFront (CloudFront developer guide, "Configure standard logging (legacy)").
    return s3.Bucket(
        LOG_BUCKETS[version],
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
        OwnershipControls=s3.OwnershipControls(Rules=[s3.OwnershipControlsRule(ObjectOwnership=_OWNERSHIP[version])]),
        PublicAccessBlockConfiguration=block_public_access(),
        BucketEncryption=encrypt(),
        LifecycleConfiguration=s3.LifecycleConfiguration(Rules=[abort_uploads(), _expire_logs()]),
    )


def _expire_logs() -> s3.LifecycleRule:
    return s3.LifecycleRule(Id="old-logs", Status="Enabled", ExpirationInDays=LOG_DAYS)


def _build_policy(bucket: s3.Bucket, statements: list[dict[str, Any]]) -> s3.BucketPolicy:
    return s3.BucketPolicy("LogBucketPolicy", Bucket=Ref(bucket), PolicyDocument=policy_document(statements))


def _allow_delivery(arn: Any) -> dict[str, Any]:
    # CloudFront developer guide, "Configure standard logging (v2)", permissions for Amazon S3.
    sources = Sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:delivery-source:*")
    return {
        "Sid": "AllowLogDelivery",
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": join_arn(arn, "/*"),
        "Condition": {
            "StringEquals": {
                "s3:x-amz-acl": "bucket-owner-full-control",
                "aws:SourceAccount": Ref("AWS::AccountId"),
            },
            "ArnLike": {"aws:SourceArn": sources},
        },
    }


def _build_delivery(bucket: s3.Bucket, policy: s3.BucketPolicy, distribution: Any) -> list[Any]:
    source = _DeliverySource(
        "LogSource",
        Name=_name(),
        LogType="ACCESS_LOGS",
        ResourceArn=build_distribution_arn(distribution),
    )
    destination = _DeliveryDestination(
        "LogDestination",
        Name=_name(),
        DestinationResourceArn=GetAtt(bucket, "Arn"),
        OutputFormat="w3c",
    )
    # Where the policy is not there yet, the delivery writes one of its own, which the stack then collides with.
    delivery = _Delivery(
        "LogDelivery",
        DependsOn=policy,
        DeliverySourceName=Ref(source),
        DeliveryDestinationArn=GetAtt(destination, "Arn"),
    )
    return [source, destination, delivery]


def _name() -> Sub:
    # Unlike CloudFront's, these names are one per region, as the stack's is.
    return Sub("${AWS::StackName}-logs")

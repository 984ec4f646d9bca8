"""Builds the access logs of the distribution, in a bucket of their own.

Version 1 (standard logging, legacy) is configured in the distribution, and needs an ACL on the bucket. Version 2 is a
delivery of CloudWatch Logs, which CloudFront offers in us-east-1 only; its bucket needs no ACLs.
"""

from __future__ import annotations

from typing import Any

from troposphere import AWSObject, GetAtt, Ref, Sub, cloudfront, s3

from ..settings.model import Settings
from .bucket import abort_uploads, block_public_access, build_distribution_arn, encrypt, join_arn, require_tls
from .iam_actions import policy_document

#: Days that a log is kept.
LOG_DAYS = 90

#: The log bucket's logical id by version. There are two, because S3 does not disable the ACLs of a bucket to which
#: CloudFront has written logs of version 1 (S3 user guide, "Prerequisites for disabling ACLs").
LOG_BUCKETS = {"v1": "LegacyLogBucket", "v2": "LogBucket"}

_OWNERSHIP = {"v1": "BucketOwnerPreferred", "v2": "BucketOwnerEnforced"}


# Troposphere has all of their properties only since 4.9, and applications pin older versions.
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
    """Build the resources that receive the distribution's access logs; empty if the settings ask for none."""
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
    """Build the distribution's property for version 1; None without logs and for version 2."""
    if settings.delivery.logs != "v1":
        return None
    # The global domain name: CloudFront does not accept a regional one here.
    return cloudfront.Logging(Bucket=GetAtt(LOG_BUCKETS["v1"], "DomainName"), IncludeCookies=False)


def _build_bucket(version: str) -> s3.Bucket:
    # It is always retained: CloudFront may write logs up to a day after the distribution is deleted. CloudFront itself
    # adds the ACL that version 1 needs (CloudFront developer guide, "Configure standard logging (legacy)").
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
    # If the bucket has no policy yet, the delivery creates one, with which the stack's policy would then clash.
    delivery = _Delivery(
        "LogDelivery",
        DependsOn=policy,
        DeliverySourceName=Ref(source),
        DeliveryDestinationArn=GetAtt(destination, "Arn"),
    )
    return [source, destination, delivery]


def _name() -> Sub:
    # Unlike CloudFront's, these names only need to be unique in the region, as the stack's is.
    return Sub("${AWS::StackName}-logs")

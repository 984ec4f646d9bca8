"""Finds or creates a bucket, and sets its ACL."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from ..errors import AWSError
from ..partitions import bucket_arn
from .failures import translate_errors
from .session import Connection

_logger = logging.getLogger("flask_cdn_stack")

#: The canned ACL that lets everybody read.
PUBLIC_READ = "public-read"

_NO_PUBLIC_ACLS = (
    "Leave put_bucket_acl out. A bucket policy makes the files public too; through CloudFront, which "
    "`flask-cdn-stack provision` sets up, they need not be."
)
_DENIED_ACLS = "Block Public Access, or these credentials' policy, forbids public ACLs. " + _NO_PUBLIC_ACLS


def prepare_bucket(connection: Connection, name: str, public: bool = False) -> Connection:
    """Create a bucket if it does not exist, and return a connection to its region.

    :param public: give it the ACL that lets everybody list it, as Flask-S3 does, and allow such ACLs for its objects
        if it is created here: since April 2023 a new bucket has ACLs disabled by default.
    :raises AWSError: the bucket is another account's, or takes no public ACLs.
    """
    with translate_errors("s3:ListBucket", bucket_arn(connection.region, name)):
        client = connection.client("s3")
        region = _find_region(client, name)
    if region is None:
        _create(client, name, connection.region, public)
    elif region not in ("", connection.region):
        connection = replace(connection, region=region)
        client = connection.client("s3")
    if public:
        _publish(client, name)
    return connection


def _find_region(client: Any, name: str) -> str | None:
    """Return a bucket's region, empty if the service does not say it, or None if there is no bucket."""
    try:
        return str(client.head_bucket(Bucket=name).get("BucketRegion") or "")
    except ClientError as error:
        answer = error.response["ResponseMetadata"]
        region = answer["HTTPHeaders"].get("x-amz-bucket-region", "")
        if answer["HTTPStatusCode"] == 404:
            return None
        if answer["HTTPStatusCode"] in (301, 400) and region not in ("", client.meta.region_name):
            return str(region)
        if answer["HTTPStatusCode"] == 403:
            raise AWSError(
                f"AWS denied s3:ListBucket on {_arn(client, name)}.",
                "Check the access key first: S3 does not say here whether it knows it. Then allow that action for "
                "these credentials. If the bucket is not yours, choose another name: all AWS accounts share them.",
            ) from error
        raise


def _create(client: Any, name: str, region: str, public: bool) -> None:
    # S3 refuses us-east-1 as a location constraint; that region has none.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    ownership = {"ObjectOwnership": "BucketOwnerPreferred"} if public else {}
    with translate_errors("s3:CreateBucket", _arn(client, name)):
        try:
            client.create_bucket(Bucket=name, **place, **ownership)
        except client.exceptions.BucketAlreadyOwnedByYou:
            return
        except client.exceptions.BucketAlreadyExists as error:
            raise AWSError(
                f"The bucket {name} belongs to another AWS account.", "Choose another name: all accounts share them."
            ) from error
    _logger.info("Created the bucket %s in %s.", name, region)
    if public:
        _allow_public_acls(client, name)


def _allow_public_acls(client: Any, name: str) -> None:
    allowed = {"BlockPublicAcls": False, "IgnorePublicAcls": False}
    blocked = {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    with translate_errors("s3:PutBucketPublicAccessBlock", _arn(client, name)):
        client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={**allowed, **blocked})


def _publish(client: Any, name: str) -> None:
    with translate_errors("s3:PutBucketAcl", _arn(client, name)):
        try:
            client.put_bucket_acl(Bucket=name, ACL=PUBLIC_READ)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code == "AccessControlListNotSupported":
                raise AWSError(f"ACLs are disabled for the bucket {name}.", _NO_PUBLIC_ACLS) from error
            if code == "AccessDenied":
                raise AWSError(f"AWS denied s3:PutBucketAcl on {_arn(client, name)}.", _DENIED_ACLS) from error
            raise


def _arn(client: Any, name: str) -> str:
    return bucket_arn(client.meta.region_name, name)

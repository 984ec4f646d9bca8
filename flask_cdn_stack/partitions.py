"""AWS's partitions: the one of a region, and whether it has CloudFront."""

from __future__ import annotations

#: The standard partition, of ordinary AWS accounts.
STANDARD = "aws"

#: The partition of AWS in China, which has a CloudFront of its own.
CHINA = "aws-cn"

# Partitions by the beginning of a region's code. Other codes belong to the standard partition, as in botocore.
_BEGINNINGS = {
    "cn-": CHINA,
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
}


def find_partition(region: str) -> str:
    """Return the partition of a region, as ARNs name it."""
    return next((name for beginning, name in _BEGINNINGS.items() if region.startswith(beginning)), STANDARD)


def has_cloudfront(region: str) -> bool:
    """Return whether a region's partition has CloudFront, so that the same credentials work for invalidations."""
    return find_partition(region) in (STANDARD, CHINA)


def bucket_arn(region: str, bucket: str, key: str = "") -> str:
    """Return the ARN of a bucket, or of an object in it, in a region's partition."""
    return f"arn:{find_partition(region)}:s3:::{bucket}" + (f"/{key}" if key else "")

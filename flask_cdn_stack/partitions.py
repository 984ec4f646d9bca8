"""AWS's partitions: which one a region lies in, and what CloudFront is there."""

from __future__ import annotations

#: The partition that every account lies in that was not opened for another one.
STANDARD = "aws"

#: The one that has a CloudFront of its own besides.
CHINA = "aws-cn"

# By the beginning of a region's code. Other codes are the standard partition's, to botocore, too.
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
    """Return the partition of a region, by the name that it has in ARNs."""
    return next((name for beginning, name in _BEGINNINGS.items() if region.startswith(beginning)), STANDARD)


def has_cloudfront(region: str) -> bool:
    """Say whether CloudFront is in a region's partition, so that its credentials can ask for invalidations there."""
    return find_partition(region) in (STANDARD, CHINA)


def bucket_arn(region: str, bucket: str, key: str = "") -> str:
    """Return the ARN of a bucket, or of an object in it, as it is in a region's partition."""
    return f"arn:{find_partition(region)}:s3:::{bucket}" + (f"/{key}" if key else "")

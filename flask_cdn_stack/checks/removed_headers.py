"""Headers of the origins that viewers do not get to see, and whether that of a key is among them."""

from __future__ import annotations

from ..settings.model import Settings

#: Headers of S3 that name the key of a file, and with it the account (S3 API reference, "GetObject").
KEY_HEADERS = ("x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-bucket-key-enabled")

#: Headers that S3 may add to what CloudFront asks it for, and that mean nothing to a browser. None is among those that
#: CloudFront refuses to remove (CloudFront developer guide, "Understand response headers policies").
BUCKET_HEADERS = (
    "x-amz-server-side-encryption", *KEY_HEADERS, "x-amz-version-id", "x-amz-delete-marker", "x-amz-id-2",
    "x-amz-request-id", "x-amz-expiration", "x-amz-replication-status",
)  # fmt: skip

#: The header of an app that a cache must not hand to others.
APP_HEADERS = ("Set-Cookie",)


def uses_keys(settings: Settings) -> bool:
    """Say whether files of the bucket may be encrypted with a key of KMS, as the settings have it now or had before."""
    bucket = settings.bucket
    return settings.has_bucket and (bucket.encryption != "sse-s3" or bool(bucket.former_keys))

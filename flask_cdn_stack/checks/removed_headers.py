"""The origins' response headers that the edge removes, among them the one with the KMS key."""

from __future__ import annotations

from ..settings.model import Settings

#: S3's headers that name an object's KMS key, and with it the account (S3 API reference, "GetObject").
KEY_HEADERS = ("x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-bucket-key-enabled")

#: Headers that S3 may send and that browsers do not need. CloudFront can remove all of them (CloudFront developer
#: guide, "Understand response headers policies").
BUCKET_HEADERS = (
    "x-amz-server-side-encryption", *KEY_HEADERS, "x-amz-version-id", "x-amz-delete-marker", "x-amz-id-2",
    "x-amz-request-id", "x-amz-expiration", "x-amz-replication-status",
)  # fmt: skip

#: The app's header that a cache must not send to other viewers.
APP_HEADERS = ("Set-Cookie",)


def uses_keys(settings: Settings) -> bool:
    """Return whether files in the bucket may be encrypted with a KMS key, by the current settings or earlier ones."""
    bucket = settings.bucket
    return settings.has_bucket and (bucket.encryption != "sse-s3" or bool(bucket.former_keys))

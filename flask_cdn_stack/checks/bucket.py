"""Checks of the settings ``bucket``: what cannot be applied to an existing bucket, and what S3 would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import SettingsError
from ..settings.model import Assets, Bucket, Settings
from .lists import check_once
from .stack import check_bucket_name, check_region

_KEY = re.compile(r"arn:aws:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:key/[A-Za-z0-9-]{1,128}")
_EXAMPLE = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_KEY_PAGE = '(S3 user guide, "Using server-side encryption with AWS KMS keys")'

#: Most former keys that may still be used for reading; a managed policy is limited to 6,144 characters.
MAX_FORMER_KEYS = 20

_OF_A_NEW_ONE = ("versioning", "noncurrent_days", "retain")

# Settings of path mode that keep names when the bytes change.
_STAYING = ("plain_copies", "keep_names", "publish_manifest")


def check_bucket(settings: Settings) -> None:
    """Refuse settings of a bucket that contradict each other, or that S3 would refuse.

    :raises SettingsError: for the first fault found.
    """
    bucket = settings.bucket
    if bucket.existing is not None:
        check_bucket_name("bucket.existing", bucket.existing)
    elif bucket.region is not None:
        raise _without_existing("region", bucket.region, "a new bucket lies in the stack's region")
    elif bucket.manage_policy:
        raise _without_existing("manage_policy", "true", "the stack owns the policy of a new bucket anyway")
    check_region("bucket.region", bucket.region)
    _check_policy(bucket, settings.region)
    region = bucket.region or settings.session_region
    if bucket.encryption not in ("sse-s3", "kms"):
        _check_encryption(bucket.encryption, region)
    _check_former_keys(bucket, region)


def warn_of_bucket(settings: Settings) -> Iterator[str]:
    """Yield a warning for each setting of the bucket that has no effect, or that makes rollbacks impossible."""
    bucket = settings.bucket
    if not settings.has_bucket:
        if bucket != Bucket():
            yield "bucket: it has no effect while origin is app, which needs no bucket."
    elif bucket.existing is not None:
        unused = [f"bucket.{key}" for key in _OF_A_NEW_ONE if getattr(bucket, key) != getattr(Bucket(), key)]
        # A KMS key that is named matters: whoever deploys needs permission to use it.
        unused += ["bucket.encryption"] if bucket.encryption == "kms" else []
        if unused:
            yield f"{', '.join(unused)}: of no effect on bucket.existing, {bucket.existing}, which keeps its own."
    elif not bucket.versioning:
        yield from _warn_of_no_versions(settings.assets)


def _warn_of_no_versions(assets: Assets) -> Iterator[str]:
    page = 'overwrites the one before (S3 user guide, "Retaining multiple versions of objects with S3 Versioning").'
    if not assets.names_hold_checksums:
        yield (
            "bucket.versioning: false leaves rollback nothing to go back to while assets.fingerprint is query, because "
            f"a release {page}"
        )
    elif assets.maps_query:
        yield (
            "bucket.versioning: false lets rollback refuse where a file has changed, because of the plain names of "
            f"files, which stay beside those with a checksum, a release {page}"
        )
    elif staying := [f"assets.{name}" for name in _STAYING if getattr(assets, name)]:
        yield (
            f"bucket.versioning: false lets rollback refuse where a file has changed under a name that stays, of which "
            f"{' and '.join(staying)} make some: there, a release {page}"
        )


def _without_existing(key: str, value: str, reason: str) -> SettingsError:
    return SettingsError(
        f"bucket.{key}: {value!r} is for an existing bucket, and bucket.existing is not given: {reason}.",
        f"Set bucket.existing to the bucket's name, or take bucket.{key} out.",
    )


def _check_policy(bucket: Bucket, region: str | None) -> None:
    if bucket.manage_policy and None not in (region, bucket.region) and region != bucket.region:
        raise SettingsError(
            f"bucket.manage_policy: true is for a bucket in the stack's region, {region}, and {bucket.existing} lies "
            f"in {bucket.region}: CloudFormation makes policies in its own region only (CloudFormation user guide, "
            '"AWS::S3::BucketPolicy").',
            "Take bucket.manage_policy out: provision then prints the statements to add to the bucket's policy. Or set "
            f"region to {bucket.region}.",
        )


def _check_encryption(encryption: str, region: str | None) -> None:
    kind, _, arn = encryption.partition(":")
    match = _KEY.fullmatch(arn)
    if kind != "kms" or match is None:
        raise SettingsError(
            f"bucket.encryption: {encryption!r} is not sse-s3, kms, or kms: and the ARN of a key {_KEY_PAGE}.",
            f"Write it as in kms:{_EXAMPLE}; an alias will not do, because IAM policies name keys.",
        )
    _check_region("bucket.encryption", encryption, match["region"], region)


def _check_former_keys(bucket: Bucket, region: str | None) -> None:
    keys = bucket.former_keys
    if len(keys) > MAX_FORMER_KEYS:
        raise SettingsError(
            f"bucket.former_keys: {len(keys)} are listed, and {MAX_FORMER_KEYS} are what an IAM policy has room for "
            '(IAM user guide, "IAM and AWS STS quotas").',
            "Take out those with which no kept release was encrypted; `flask-cdn-stack releases` lists them.",
        )
    for key in keys:
        match = _KEY.fullmatch(key)
        if match is None:
            raise SettingsError(
                f"bucket.former_keys: {key!r} is not the ARN of a key {_KEY_PAGE}.", f"Write it as in {_EXAMPLE}."
            )
        _check_region("bucket.former_keys", key, match["region"], region)
        check_once("bucket.former_keys", key, keys, _KEY_PAGE)


def _check_region(place: str, key: str, lies_in: str, region: str | None) -> None:
    if region is not None and lies_in != region:
        raise SettingsError(
            f"{place}: {key!r} is a key in {lies_in}, and the bucket lies in {region} {_KEY_PAGE}.",
            f"Name a key in {region}.",
        )

"""Checks of the settings for the stack, its region and tags, or for a target in place of a stack."""

from __future__ import annotations

import re

from ..domain import parse_domain
from ..errors import SettingsError
from ..naming import PROJECT_TAG
from ..settings.model import Settings, Target
from .partitions import check_partition, check_target_partition

_STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+")
_TARGET_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
_DISTRIBUTION = re.compile(r"E[A-Z0-9]{1,31}")
_REGION_PAGE = '(AWS Account Management reference guide, "Enable or disable AWS Regions in your account")'
_TAG_TEXT = re.compile(r"[\w .:/=+\-@]*")

#: CloudFormation allows 50 tags for a stack; one is used for the project.
MAX_TAGS = 49


def check_stack(settings: Settings) -> None:
    """Refuse a stack, a region, a target or tags that AWS would refuse.

    :raises SettingsError: for the first fault found.
    """
    _check_name(settings.stack)
    check_region("region", settings.region)
    _check_target(settings)
    _check_tags(settings.tags)


def check_region(place: str, region: str | None) -> None:
    """Refuse a value that is not a region of AWS's standard partition.

    :raises SettingsError: it is not one.
    """
    if region is None:
        return
    if not _REGION.fullmatch(region):
        raise SettingsError(
            f"{place}: {region!r} is not the code of an AWS region {_REGION_PAGE}.",
            "Write it as in: us-east-1 or eu-central-1.",
        )
    if region.startswith("fips-"):
        raise SettingsError(
            f"{place}: {region!r} is no region, but botocore's old name for another endpoint of one {_REGION_PAGE}.",
            f"Write {region.removeprefix('fips-')}, and set AWS_USE_FIPS_ENDPOINT=true.",
        )
    check_partition(place, region)


def check_bucket_name(place: str, name: str) -> None:
    """Refuse a value that is not a valid bucket name.

    :raises SettingsError: it is not one.
    """
    if not _BUCKET.fullmatch(name) or ".." in name or is_address(name):
        raise SettingsError(
            f"{place}: {name!r} is not a name of 3 to 63 lower-case letters, digits, hyphens and dots "
            'that begins and ends with a letter or digit (S3 user guide, "General purpose bucket naming rules").',
            "Write the name alone, as in shop-assets, without s3:// and without a folder (that is assets.prefix).",
        )


def is_address(text: str) -> bool:
    """Return whether a text looks like an IPv4 address."""
    return _ADDRESS.fullmatch(text) is not None


def _check_name(stack: str | None) -> None:
    if stack is not None and not _STACK.fullmatch(stack):
        raise SettingsError(
            f"stack: {stack!r} is not a name of 1 to 40 letters, digits and hyphens that begins with a letter "
            '(CloudFormation user guide, "Create a stack").',
            "40 and not CloudFormation's 128, because the names of CloudFront's parts are made from it and have 64.",
        )


def _check_target(settings: Settings) -> None:
    target = settings.target
    if target is None:
        return
    check_bucket_name("target.bucket", target.bucket)
    _check_domain(target.domain)
    _check_ids(target)
    check_target_partition(settings, settings.session_region)
    if settings.has_app_origin:
        raise SettingsError(
            f"origin: {settings.origin!r} is given beside target, whose CDN fetches from where its owner says.",
            "Take one of them out: origin is for a stack of this tool's own.",
        )


def _check_ids(target: Target) -> None:
    if target.distribution_id is not None and not _DISTRIBUTION.fullmatch(target.distribution_id):
        raise SettingsError(
            f"target.distribution_id: {target.distribution_id!r} is not the id of a CloudFront distribution "
            '(CloudFront API reference, "DistributionSummary").',
            "Write it as in E1A2B3C4D5E6F7, and leave it out for a CDN that is not CloudFront.",
        )
    if target.region is not None and not _TARGET_REGION.fullmatch(target.region):
        raise SettingsError(
            f"target.region: {target.region!r} is not the code of a region "
            '(S3 user guide, "Making requests using Amazon S3 endpoints").',
            "Write it as in eu-central-1, or auto where the service says so.",
        )


def _check_domain(domain: str) -> None:
    try:
        is_host = parse_domain(domain)[0] is not None and "/" not in domain
    except SettingsError:
        is_host = False
    if not is_host:
        shown = domain.rpartition("@")[2]  # the part before it may be a password
        raise SettingsError(
            f"target.domain: {shown!r} is not a host, with a port where needed, and without scheme or path; "
            "CDN_DOMAIN is made from it.",
            "Write it as in cdn.shop.example or 127.0.0.1:9000.",
        )


def _check_tags(tags: dict[str, str]) -> None:
    page = '(CloudFormation API reference, "Tag")'
    if len(tags) > MAX_TAGS:
        raise SettingsError(
            f"tags: {len(tags)} are given, and a stack takes 50, one of which is the project's {page}.",
            f"Keep {MAX_TAGS} at most.",
        )
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise SettingsError(
                f"tags.{key[:130]}: a key has 1 to 128 characters and a value at most 256 {page}.", "Shorten it."
            )
        if key.lower().startswith("aws:"):
            raise SettingsError(f"tags.{key}: keys that begin with aws: belong to AWS {page}.", "Rename the key.")
        if key == PROJECT_TAG:
            raise SettingsError(
                f"tags.{key}: this tag is flask-cdn-stack's own; it says which project the stack belongs to.",
                "Rename the key.",
            )
        if not _TAG_TEXT.fullmatch(key) or not _TAG_TEXT.fullmatch(value):
            raise SettingsError(
                f"tags.{key}: {key!r} and {value!r} may have letters, digits, spaces and _ . : / = + - @ "
                '(CloudFront API reference, "Tag").',
                "Remove the other characters.",
            )

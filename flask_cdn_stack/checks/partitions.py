"""Checks for AWS's other partitions, such as China, in which a stack cannot be created."""

from __future__ import annotations

from ..errors import SettingsError
from ..partitions import CHINA, STANDARD, find_partition, has_cloudfront
from ..settings.model import Settings

_PAGE = '(AWS Fault Isolation Boundaries, "Partitions")'
_STANDARD_REGION = "Choose a region of the standard partition, such as us-east-1 or eu-central-1"


def check_partition(place: str, region: str) -> None:
    """Refuse a region outside the standard partition.

    :raises SettingsError: it is outside.
    """
    partition = find_partition(region)
    if partition == STANDARD:
        return
    where = f"{place}: {region!r} lies in an AWS partition of its own, {partition}"
    if partition == CHINA:
        raise SettingsError(
            f"{where} {_PAGE}. CloudFront is another service there: it serves only under a name of yours with an ICP "
            "registration, and takes no certificate of ACM's (Getting Started with Amazon Web Services in China, "
            '"Amazon CloudFront").',
            f"{_STANDARD_REGION}. Or set up bucket and distribution there yourself, and name them as target: deploy, "
            "releases and rollback work there.",
        )
    raise SettingsError(
        f"{where}, which has no CloudFront {_PAGE}.",
        f"{_STANDARD_REGION}, and an account of that partition (--profile). Or put another CDN before a bucket there, "
        "and name both as target, without distribution_id: deploy, releases and rollback work there.",
    )


def check_target_partition(settings: Settings, region: str | None) -> None:
    """Refuse a distribution in another partition than its bucket, as credentials are valid in one partition only.

    :param region: the bucket's region; None if it is not known.
    :raises SettingsError: the partitions differ.
    """
    target = settings.target
    if target is None or target.distribution_id is None or region is None or has_cloudfront(region):
        return
    raise SettingsError(
        f"target.distribution_id: {target.distribution_id!r} cannot be asked with the credentials for a bucket in "
        f"{region!r}, which lies in an AWS partition of its own, {find_partition(region)}, without CloudFront {_PAGE}.",
        "Leave it out, and set assets.fingerprint to path: then no file at the edge is ever old.",
    )

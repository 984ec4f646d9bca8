"""Checks of the settings for aliases: the names, their certificate, their hosted zone and their TLS policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import SettingsError
from ..settings.delivery import Delivery
from ..settings.model import Settings
from .lists import check_once
from .origin import is_host

#: Most aliases of a distribution (CloudFront developer guide, "Quotas").
MAX_ALIASES = 100

#: The hosted zone of all CloudFront distributions (Route 53 API reference, "AliasTarget").
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"

_PAGE = '(CloudFront developer guide, "Requirements for using alternate domain names")'
_CERTIFICATE_PAGE = '(CloudFront developer guide, "Requirements for using SSL/TLS certificates with CloudFront")'
_ZONE_PAGE = '(Route 53 API reference, "HostedZone")'
_CERTIFICATE = re.compile(r"arn:aws:acm:(?P<region>[a-z0-9-]+):[0-9]{12}:certificate/[A-Za-z0-9-]{1,64}")
_ZONE = re.compile(r"Z[A-Z0-9]{1,31}")


def check_aliases(settings: Settings) -> None:
    """Refuse aliases that CloudFront would refuse, or that no viewer could reach.

    :raises SettingsError: for the first fault found.
    """
    delivery = settings.delivery
    _check_names(delivery.aliases)
    _check_certificate(delivery)
    _check_zone(delivery)


def warn_of_aliases(settings: Settings) -> Iterator[str]:
    """Yield a warning if the TLS policy has no effect."""
    delivery = settings.delivery
    if not delivery.aliases and delivery.tls_policy != Delivery().tls_policy:
        yield (
            f"delivery.tls_policy: {delivery.tls_policy} has no effect without delivery.aliases, because "
            "*.cloudfront.net has CloudFront's own policy "
            '(CloudFormation user guide, "AWS::CloudFront::Distribution ViewerCertificate").'
        )


def _check_names(aliases: tuple[str, ...]) -> None:
    if len(aliases) > MAX_ALIASES:
        raise SettingsError(
            f"delivery.aliases: {len(aliases)} are listed, and a distribution takes {MAX_ALIASES} "
            '(CloudFront developer guide, "Quotas").',
            "Join some with a wildcard, as in *.shop.example.",
        )
    for alias in aliases:
        if not is_host(alias.removeprefix("*.")):
            raise SettingsError(
                f"delivery.aliases: {alias!r} is not a host name in lower case, without scheme, port and path, with * "
                f"only as its whole first part {_PAGE}.",
                "Write it as in cdn.shop.example or *.shop.example.",
            )
        if alias.endswith(".cloudfront.net"):
            raise SettingsError(
                f"delivery.aliases: {alias!r} is not yours: CloudFront gives out the names below cloudfront.net "
                f"itself {_PAGE}.",
                "Leave it out: the distribution has its own name anyway.",
            )
        check_once("delivery.aliases", alias, aliases, _PAGE)


def _check_certificate(delivery: Delivery) -> None:
    arn = delivery.certificate_arn
    if arn is None:
        if delivery.aliases:
            raise SettingsError(
                f"delivery.certificate_arn: it is missing, and {delivery.aliases[0]!r} needs a certificate of its own "
                f"{_CERTIFICATE_PAGE}.",
                "Request one in ACM's region us-east-1, and give its ARN.",
            )
        return
    match = _CERTIFICATE.fullmatch(arn)
    if match is None:
        raise SettingsError(
            f"delivery.certificate_arn: {arn!r} is not the ARN of an ACM certificate {_CERTIFICATE_PAGE}.",
            "Write it as in arn:aws:acm:us-east-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab.",
        )
    if match["region"] != "us-east-1":
        raise SettingsError(
            f"delivery.certificate_arn: {arn!r} lies in {match['region']}, and CloudFront takes certificates from "
            f"us-east-1 only {_CERTIFICATE_PAGE}.",
            "Request it again in us-east-1, whatever the stack's region.",
        )
    if not delivery.aliases:
        raise SettingsError(
            f"delivery.certificate_arn: {arn!r} is for names of your own, and delivery.aliases has none "
            f"{_CERTIFICATE_PAGE}.",
            "List the names in delivery.aliases, or take the certificate out.",
        )


def _check_zone(delivery: Delivery) -> None:
    zone = delivery.hosted_zone_id
    if zone is None:
        return
    if not _ZONE.fullmatch(zone):
        raise SettingsError(
            f"delivery.hosted_zone_id: {zone!r} is not the id of a Route 53 zone {_ZONE_PAGE}.",
            "Write it as in Z1D633PJN98FT9, without /hostedzone/.",
        )
    if zone == CLOUDFRONT_ZONE:
        raise SettingsError(
            f"delivery.hosted_zone_id: {zone!r} is the zone of cloudfront.net, to which records point "
            '(Route 53 API reference, "AliasTarget").',
            "Give the zone in which your aliases lie; `aws route53 list-hosted-zones` shows it.",
        )
    if not delivery.aliases:
        raise SettingsError(
            f"delivery.hosted_zone_id: {zone!r} is where aliases get their records, and delivery.aliases has none "
            f"{_ZONE_PAGE}.",
            "List the names in delivery.aliases, or take the zone out.",
        )

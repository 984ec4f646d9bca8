"""The DNS records of a distribution's own names."""

from __future__ import annotations

from collections.abc import Iterator

from troposphere import GetAtt, route53
from troposphere import cloudfront as t

from ..settings.model import Settings
from .alias_checks import CLOUDFRONT_ZONE


def build_records(settings: Settings, distribution: t.Distribution) -> Iterator[route53.RecordSetType]:
    """Build an A record for each alias and, where the distribution answers over IPv6, an AAAA record."""
    delivery = settings.delivery
    if delivery.hosted_zone_id is None:
        return
    for number, alias in enumerate(delivery.aliases):
        for kind in ("A", "AAAA") if delivery.ipv6 else ("A",):
            yield route53.RecordSetType(
                f"Record{kind}{number}",
                HostedZoneId=delivery.hosted_zone_id,
                Name=alias,
                Type=kind,
                AliasTarget=route53.AliasTarget(
                    HostedZoneId=CLOUDFRONT_ZONE,
                    DNSName=GetAtt(distribution, "DomainName"),
                    EvaluateTargetHealth=False,
                ),
            )

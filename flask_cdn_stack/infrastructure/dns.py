"""Builds the DNS records of the distribution's aliases."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from troposphere import GetAtt, route53
from troposphere import cloudfront as t

from ..checks.aliases import CLOUDFRONT_ZONE
from ..settings.model import Settings


def build_records(settings: Settings, distribution: t.Distribution) -> Iterator[route53.RecordSetType]:
    """Build an A record for each alias and, if the distribution has IPv6, an AAAA record."""
    delivery = settings.delivery
    if delivery.hosted_zone_id is None:
        return
    for alias in delivery.aliases:
        for kind in ("A", "AAAA") if delivery.ipv6 else ("A",):
            yield route53.RecordSetType(
                name_record(kind, alias),
                HostedZoneId=delivery.hosted_zone_id,
                Name=alias,
                Type=kind,
                AliasTarget=route53.AliasTarget(
                    HostedZoneId=CLOUDFRONT_ZONE,
                    DNSName=GetAtt(distribution, "DomainName"),
                    EvaluateTargetHealth=False,
                ),
            )


def name_record(kind: str, alias: str) -> str:
    """Return the logical id of an alias's record: words of the alias, and a hash that makes it unique.

    It must not depend on the alias's position in the list. Otherwise a change of the list would give a record another
    alias: it would be replaced, and its replacement, which is created first, would clash with the record that has that
    name (CloudFormation user guide, "AWS::Route53::RecordSet").
    """
    words = "".join(word.capitalize() for word in re.findall("[a-z0-9]+", alias))
    return f"Record{kind}{words[:40]}{hashlib.sha256(alias.encode()).hexdigest()[:8]}"

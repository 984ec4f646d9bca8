"""A domain that an owner lends the suite, and its zone in Route 53."""

from __future__ import annotations

from typing import Any, NamedTuple


class Domain(NamedTuple):
    """The domain's name, and the id of the zone that the world asks for it."""

    name: str
    zone: str


def read_domain(name: str | None, zone: str | None) -> Domain | None:
    """Return what the options name; None where they name nothing.

    :raises ValueError: one of the two is missing.
    """
    if bool(name) != bool(zone):
        raise ValueError("--aws-domain and --aws-hosted-zone-id go together.")
    return Domain(name.lower(), zone) if name and zone else None


def check_domain(route53: Any, domain: Domain) -> None:
    """Make sure that a zone is for a domain, and public.

    :raises ClientError: the account has no such zone.
    :raises ValueError: it is not.
    """
    zone = route53.get_hosted_zone(Id=domain.zone)["HostedZone"]
    name, is_private = zone["Name"].rstrip("."), zone["Config"].get("PrivateZone")
    if is_private or not f".{domain.name}".endswith(f".{name}"):
        kind = "private" if is_private else "public"
        raise ValueError(f"The zone {domain.zone} is a {kind} one for {name}, and not a public one for {domain.name}.")


def make_domain(route53: Any, run: str) -> Domain:
    """Make a zone as an owner has it, in a local AWS, where a domain need not be one's own."""
    zone = route53.create_hosted_zone(Name="shop.example", CallerReference=run)["HostedZone"]
    return Domain("shop.example", zone["Id"].rpartition("/")[2])


def look_up(route53: Any, domain: Domain | None, host: str) -> str:
    """Return what the zone's record leads to for a name of the domain, as DNS does, and any other name as it is."""
    if domain is None or not host.endswith(f".{domain.name}"):
        return host
    asked = {"HostedZoneId": domain.zone, "StartRecordName": host, "StartRecordType": "A", "MaxItems": "1"}
    records = route53.list_resource_record_sets(**asked)["ResourceRecordSets"]
    assert [(item["Name"], item["Type"]) for item in records] == [(f"{host}.", "A")], f"{host} leads nowhere"
    return str(records[0]["AliasTarget"]["DNSName"]).rstrip(".")

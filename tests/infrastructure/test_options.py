"""Each option of the delivery, as it stands in the template."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings

# Route 53 API reference, "AliasTarget".
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0f0e0d0c-1111-2222-3333-444455556666"
WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/0f0e0d0c-1111-2222-3333-444455556666"
POLICY = "658327ea-f89d-4fab-a63d-7e88639e58f6"
OWN_NAMES = {"aliases": ["*.shop.example", "cdn.shop.example"], "certificate_arn": CERTIFICATE}


def build(**content: Any) -> dict[str, Any]:
    return build_template(msgspec.convert(content, Settings))


def distribution(**delivery: Any) -> dict[str, Any]:
    config: dict[str, Any] = build(delivery=delivery)["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    return config


def test_own_names() -> None:
    """Aliases come with their certificate, and with the least TLS version."""
    config = distribution(**OWN_NAMES, tls_policy="TLSv1.3_2025")

    assert config["Aliases"] == ["*.shop.example", "cdn.shop.example"]
    assert config["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.3_2025",
    }


def test_domain_of_urls() -> None:
    """URLs name the first alias that is one host."""
    assert build(delivery=OWN_NAMES)["Outputs"]["CdnDomain"]["Value"] == "cdn.shop.example"
    only_wildcard = OWN_NAMES | {"aliases": ["*.shop.example"]}
    assert build(delivery=only_wildcard)["Outputs"]["CdnDomain"]["Value"] == {
        "Fn::GetAtt": ["Distribution", "DomainName"]
    }


@pytest.mark.parametrize(("ipv6", "kinds"), [(True, ["A", "AAAA"]), (False, ["A"])])
def test_records(ipv6: bool, kinds: list[str]) -> None:
    """Each alias has its records, in the zone that is named; without one, DNS is left to its owner."""
    resources = build(delivery=OWN_NAMES | {"hosted_zone_id": "Z1EXAMPLE", "ipv6": ipv6})["Resources"]
    records = [item["Properties"] for item in resources.values() if item["Type"] == "AWS::Route53::RecordSet"]

    assert not [name for name in build(delivery=OWN_NAMES)["Resources"] if name.startswith("Record")]
    assert [(item["Name"], item["Type"]) for item in records] == [
        (alias, kind) for alias in OWN_NAMES["aliases"] for kind in kinds
    ]
    assert {item["HostedZoneId"] for item in records} == {"Z1EXAMPLE"}
    target = {
        "HostedZoneId": CLOUDFRONT_ZONE,
        "DNSName": {"Fn::GetAtt": ["Distribution", "DomainName"]},
        "EvaluateTargetHealth": False,
    }
    assert all(item["AliasTarget"] == target for item in records)


@pytest.mark.parametrize(
    ("delivery", "expected"),
    [
        ({"waf_arn": WEB_ACL}, {"WebACLId": WEB_ACL}),
        (
            {"geo": {"allow": ["DE", "AT"]}},
            {"Restrictions": {"GeoRestriction": {"RestrictionType": "whitelist", "Locations": ["DE", "AT"]}}},
        ),
    ],
)
def test_restrictions(delivery: dict[str, Any], expected: dict[str, Any]) -> None:
    """Who is kept out stands in the distribution, and nothing of it where nobody is."""
    assert expected.items() <= distribution(**delivery).items()
    assert not expected.keys() & distribution().keys()


def test_error_times() -> None:
    """A missing file and an origin in trouble have a time of their own."""
    times = {
        item["ErrorCode"]: item["ErrorCachingMinTTL"]
        for item in distribution(error_ttl={"missing": 60, "server": 0})["CustomErrorResponses"]
    }

    assert times == {403: 60, 404: 60, 500: 0, 502: 0, 503: 0, 504: 0}


def test_origin_shield() -> None:
    """One more cache is asked for at every origin."""
    content = {"origin": "failover", "app_origin": {"domain": "www.shop.example", "paths": ["/static/*"]}}
    config = build(**content, delivery={"origin_shield": "eu-central-1"})["Resources"]["Distribution"]["Properties"]

    shields = [origin["OriginShield"] for origin in config["DistributionConfig"]["Origins"]]
    assert shields == [{"Enabled": True, "OriginShieldRegion": "eu-central-1"}] * 2


@pytest.mark.parametrize(
    ("key", "property", "resource"),
    [
        ("cache_policy_id", "CachePolicyId", "CachePolicy"),
        ("response_headers_policy_id", "ResponseHeadersPolicyId", "ResponseHeadersPolicy"),
    ],
)
def test_existing_policies(key: str, property: str, resource: str) -> None:
    """A policy that exists is named by its id, and none is made."""
    template = build(delivery={key: POLICY})
    behavior = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]

    assert behavior[property] == POLICY
    assert resource not in template["Resources"]

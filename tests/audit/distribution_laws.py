"""Mistakes in the distribution of a built template, and in its records, that linters let pass and AWS does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from flask_cdn_stack.audit.reading import find_references, find_resources, read_function, read_list, read_text
from flask_cdn_stack.checks.aliases import CLOUDFRONT_ZONE

#: Statuses at which CloudFront asks the second origin (CloudFront developer guide, "Optimize high availability with
#: CloudFront origin failover").
FAILOVER_STATUSES = frozenset({400, 403, 404, 416, 500, 502, 503, 504})

#: Bounds of an origin's numbers (CloudFront API reference, "Origin").
ORIGIN_BOUNDS = {
    "ConnectionAttempts": (1, 3),
    "ConnectionTimeout": (1, 10),
    "OriginReadTimeout": (1, 120),
    "OriginKeepaliveTimeout": (1, 120),
}

_SAFE_TLS = re.compile(r"TLSv1\.[23]_")
_WEBSITE = re.compile(r"(.+\.)?s3-website[.-][^.]+\.amazonaws\.com")
_GLOBAL_BUCKET = re.compile(r"[^/]+\.s3\.amazonaws\.com")


def find_distribution_mistakes(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each mistake in the template's distributions."""
    buckets = {title for title, _ in find_resources(template, "AWS::S3::Bucket")}
    for title, properties in find_resources(template, "AWS::CloudFront::Distribution"):
        yield from (f"{title}: {mistake}" for mistake in _find_in_config(properties["DistributionConfig"], buckets))


def _find_in_config(config: Mapping[str, Any], buckets: set[str]) -> Iterator[str]:
    yield from _find_in_names(config)
    yield from _find_in_origins(config, buckets)
    yield from _find_in_groups(config)
    yield from _find_in_behaviors(config)
    if read_text(config.get("DefaultRootObject")).startswith("/"):
        yield "DefaultRootObject begins with a slash"


def _find_in_names(config: Mapping[str, Any]) -> Iterator[str]:
    certificate = config.get("ViewerCertificate", {})
    arn = certificate.get("AcmCertificateArn")
    if config.get("Aliases") and not arn:
        yield "Aliases are given without a certificate"
    if isinstance(arn, str) and not arn.startswith("arn:aws:acm:us-east-1:"):
        yield f"the certificate {arn} is not one of ACM's in us-east-1"
    version = certificate.get("MinimumProtocolVersion")
    if arn and not _SAFE_TLS.match(read_text(version)):
        yield (
            f"ViewerCertificate.MinimumProtocolVersion is {version}, and TLS 1.2 is the least that is safe "
            '(CloudFront developer guide, "Supported protocols and ciphers between viewers and CloudFront")'
        )
    firewall = config.get("WebACLId")
    if isinstance(firewall, str) and not re.match(r"arn:aws:wafv2:us-east-1:[0-9]{12}:global/webacl/", firewall):
        yield f"the web ACL {firewall} is not a global one"


def _origin_ids(config: Mapping[str, Any]) -> list[str]:
    return [origin["Id"] for origin in config.get("Origins", ())]


def _groups(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    return read_list(config.get("OriginGroups", {}).get("Items"))


def _find_in_origins(config: Mapping[str, Any], buckets: set[str]) -> Iterator[str]:
    ids = _origin_ids(config)
    if len(ids) != len(set(ids)):
        yield "two origins have one Id"
    for origin in config.get("Origins", ()):
        for mistake in (*_find_in_domain(origin["DomainName"], buckets), *_find_in_origin(origin)):
            yield f"origin {origin['Id']}: {mistake}"


def _find_in_domain(domain: Any, buckets: set[str]) -> Iterator[str]:
    text = read_text(domain)
    attribute = _attribute(domain)
    if "/" in text:
        yield f"{text} is not a host alone"
    if _WEBSITE.fullmatch(text):
        yield f"{text} is a website endpoint, which takes no signed requests"
    if _GLOBAL_BUCKET.fullmatch(text):
        yield f"{text} is not the bucket's domain in its region"
    if attribute not in ("", "RegionalDomainName") and buckets & set(find_references(domain)):
        yield f"{attribute} is not the bucket's domain in its region"


def _attribute(value: Any) -> str:
    name, content = read_function(value)
    if name != "Fn::GetAtt":
        return ""
    return str(content[-1] if isinstance(content, list) else content.partition(".")[2])


def _find_in_origin(origin: Mapping[str, Any]) -> Iterator[str]:
    path, signed = origin.get("OriginPath", ""), origin.get("OriginAccessControlId")
    if isinstance(path, str) and path and (not path.startswith("/") or path.endswith("/")):
        yield f"OriginPath {path} does not begin with a slash, or ends with one"
    if ("S3OriginConfig" in origin) == ("CustomOriginConfig" in origin):
        yield "it needs S3OriginConfig or CustomOriginConfig, and takes one"
    if signed and "S3OriginConfig" not in origin:
        yield "OriginAccessControlId needs S3OriginConfig"
    for name, (least, most) in ORIGIN_BOUNDS.items():
        if isinstance(number := origin.get(name), int) and not least <= number <= most:
            yield f"{name} is {number}, and CloudFront takes {least} to {most}"
    if "CustomOriginConfig" in origin:
        yield from _find_in_protocols(origin["CustomOriginConfig"])


def _find_in_protocols(custom: Mapping[str, Any]) -> Iterator[str]:
    page = '(CloudFront developer guide, "Require HTTPS for communication between CloudFront and your custom origin")'
    protocol, versions = custom.get("OriginProtocolPolicy"), custom.get("OriginSSLProtocols")
    if protocol != "https-only":
        yield f"CustomOriginConfig.OriginProtocolPolicy is {protocol}, and only https-only hides what is fetched {page}"
    # Left out, it is a list that has SSLv3.
    if versions != ["TLSv1.2"]:
        yield f"CustomOriginConfig.OriginSSLProtocols is {versions}, and TLSv1.2 alone is safe {page}"


def _find_in_groups(config: Mapping[str, Any]) -> Iterator[str]:
    if "OriginGroups" in config:
        yield from _count("OriginGroups", config["OriginGroups"])
    for group in _groups(config):
        name = f"origin group {group['Id']}"
        members, statuses = group["Members"], group["FailoverCriteria"]["StatusCodes"]
        yield from _count(f"{name}: Members", members)
        yield from _count(f"{name}: StatusCodes", statuses)
        if len(members["Items"]) != 2:
            yield f"{name}: it has {len(members['Items'])} members, and CloudFront takes 2"
        for member in members["Items"]:
            if member["OriginId"] not in _origin_ids(config):
                yield f"{name}: its member {member['OriginId']} is no origin"
        for status in set(statuses["Items"]) - FAILOVER_STATUSES:
            yield f"{name}: {status} is not a status at which CloudFront asks the second origin"


def _count(name: str, counted: Mapping[str, Any]) -> Iterator[str]:
    if counted["Quantity"] != len(counted["Items"]):
        yield f"{name}: Quantity is {counted['Quantity']}, and there are {len(counted['Items'])}"


def _find_in_behaviors(config: Mapping[str, Any]) -> Iterator[str]:
    patterns = Counter(behavior["PathPattern"] for behavior in config.get("CacheBehaviors", ()))
    yield from (f"two behaviors have the pattern {pattern}" for pattern, count in patterns.items() if count > 1)


def find_record_mistakes(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each record that points elsewhere than to CloudFront."""
    for title, properties in find_resources(template, "AWS::Route53::RecordSet"):
        zone = properties.get("AliasTarget", {}).get("HostedZoneId")
        if zone != CLOUDFRONT_ZONE:
            yield f"{title}: its alias is to the zone {zone}, and CloudFront's is {CLOUDFRONT_ZONE}"

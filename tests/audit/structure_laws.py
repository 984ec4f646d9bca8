"""Mistakes in how the resources of a built template hang together, and in where its records point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from flask_cdn_stack.audit.reading import find_references, find_resources, read_list
from flask_cdn_stack.checks.aliases import CLOUDFRONT_ZONE


def find_structure_mistakes(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each thing that the template refers to and lacks, and for a circle of its resources."""
    yield from _find_dangling(template)
    yield from _find_circle(template)
    yield from _find_in_records(template)


def _find_dangling(template: Mapping[str, Any]) -> Iterator[str]:
    known = {*template["Resources"], *template.get("Parameters", {})}
    for name in find_references([template["Resources"], template.get("Outputs", {})]):
        if name not in known and not name.startswith("AWS::"):
            yield f"it refers to {name}, which it does not have"
    for title, resource in template["Resources"].items():
        for name in read_list(resource.get("DependsOn")):
            if name not in template["Resources"]:
                yield f"{title} depends on {name}, which it does not have"


def _find_circle(template: Mapping[str, Any]) -> Iterator[str]:
    resources = template["Resources"]
    needs = {title: sorted({*_find_needs(resource)} & {*resources}) for title, resource in resources.items()}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = " needs ".join(reversed(error.args[1]))
        yield f'{circle}, so none can be made first (CloudFormation user guide, "DependsOn attribute")'


def _find_needs(resource: Mapping[str, Any]) -> Iterator[str]:
    yield from read_list(resource.get("DependsOn"))
    yield from find_references(resource.get("Properties", {}))


def _find_in_records(template: Mapping[str, Any]) -> Iterator[str]:
    for title, properties in find_resources(template, "AWS::Route53::RecordSet"):
        zone = properties.get("AliasTarget", {}).get("HostedZoneId")
        if zone != CLOUDFRONT_ZONE:
            yield f"{title}: its alias is to the zone {zone}, and CloudFront's is {CLOUDFRONT_ZONE}"

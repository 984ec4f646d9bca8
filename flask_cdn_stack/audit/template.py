"""What must hold for every template that is built, whatever the settings: no linter finds most of these mistakes.

The settings are checked before (:mod:`flask_cdn_stack.checks`); what is found here is a mistake of this package's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ..checks.aliases import CLOUDFRONT_ZONE
from ..errors import CDNStackError
from .access import find_access_mistakes
from .bucket import find_bucket_mistakes
from .cloudfront_policies import find_policy_mistakes
from .distribution import find_distribution_mistakes
from .functions import find_function_mistakes
from .quotas import find_quota_mistakes
from .reading import fill_in, find_references, find_resources, read_function, read_list, read_text
from .serving import find_serving_mistakes

#: Bytes of a template that is sent with a request (CloudFormation user guide, "Understand CloudFormation quotas").
MAX_TEMPLATE = 51_200

#: Characters of names and comments (CloudFront API reference and CloudWatch Logs API reference, at each type).
LENGTHS = {
    ("AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig", "Name"): 64,
    ("AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig", "Description"): 256,
    ("AWS::CloudFront::Function", "FunctionConfig", "Comment"): 128,
    ("AWS::CloudFront::Function", "", "Name"): 64,
    ("AWS::CloudFront::CachePolicy", "CachePolicyConfig", "Name"): 128,
    ("AWS::CloudFront::CachePolicy", "CachePolicyConfig", "Comment"): 128,
    ("AWS::CloudFront::ResponseHeadersPolicy", "ResponseHeadersPolicyConfig", "Name"): 128,
    ("AWS::CloudFront::ResponseHeadersPolicy", "ResponseHeadersPolicyConfig", "Comment"): 128,
    ("AWS::CloudFront::Distribution", "DistributionConfig", "Comment"): 128,
    ("AWS::Logs::DeliveryDestination", "", "Name"): 60,
    ("AWS::Logs::DeliverySource", "", "Name"): 60,
}

# The order matters to the reader of the message alone: what a resource lacks by itself comes first.
_RULES = (
    find_distribution_mistakes,
    find_policy_mistakes,
    find_function_mistakes,
    find_bucket_mistakes,
    find_access_mistakes,
    find_serving_mistakes,
    find_quota_mistakes,
)


def check_template(template: dict[str, Any]) -> None:
    """Refuse a template that AWS would refuse, or would take and then serve wrongly or to anybody.

    :param template: as a value, with the long forms of CloudFormation's functions.
    :raises CDNStackError: for the first mistake.
    """
    for mistake in _find_mistakes(template):
        raise CDNStackError(
            f"The template that was made from the settings is wrong: {mistake}.",
            "This is a mistake of flask-cdn-stack, not yours; please report it together with your settings file.",
        )


def _find_mistakes(template: dict[str, Any]) -> Iterator[str]:
    yield from _find_dangling(template)
    yield from _find_circle(template)
    filled = fill_in(template)
    for find in _RULES:
        yield from find(filled)
    yield from _find_in_records(filled)
    yield from _find_long(filled)
    # Indented, which is the longest way in which it is sent.
    if (size := len(json.dumps(template, indent=2).encode())) > MAX_TEMPLATE:
        yield f"it has {size} bytes, and CloudFormation takes {MAX_TEMPLATE}"


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


def _find_long(template: Mapping[str, Any]) -> Iterator[str]:
    for (kind, group, name), most in LENGTHS.items():
        for title, properties in find_resources(template, kind):
            value = (properties.get(group, {}) if group else properties).get(name)
            if (length := _longest(value)) > most:
                yield f"{title}: {name} has up to {length} characters, and AWS takes {most}"


def _longest(value: Any) -> int:
    """Return how long a text can become, with a stack's name of 40 characters and the first part of its UUID."""
    text = read_text(value)
    if read_function(value)[0]:
        text = text.replace("${AWS::StackName}", "x" * 40)
        text = re.sub(r"\$\{[^}]*\}", "x" * 8, text)
    return len(text)

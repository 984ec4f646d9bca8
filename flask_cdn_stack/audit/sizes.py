"""Finds lists, policies and names of a built template that are longer than AWS accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..checks.quotas import CLOUDFRONT_PAGE, MAX_BUCKET_POLICY, MAX_MANAGED_POLICY
from .reading import find_resources, read_function, read_list, read_text

#: Greatest length of names and comments (CloudFront API reference and CloudWatch Logs API reference, at each type).
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

#: Most entries of a distribution's lists; of 75 behaviors, one is the default (CloudFront developer guide, "Quotas").
MAX_LISTED = {"Aliases": 100, "CacheBehaviors": 74, "Origins": 100}

#: Greatest size of policies in bytes. IAM does not count white space (IAM user guide, "IAM and AWS STS quotas"; KMS
#: developer guide, "Resource quotas").
MAX_POLICY = {
    ("AWS::IAM::ManagedPolicy", "PolicyDocument"): MAX_MANAGED_POLICY,
    ("AWS::IAM::Role", "AssumeRolePolicyDocument"): 2048,
    ("AWS::S3::BucketPolicy", "PolicyDocument"): MAX_BUCKET_POLICY,
    ("AWS::KMS::Key", "KeyPolicy"): 32_768,
}

# The longest value of a function: the ARN of a bucket or of a key.
_LONGEST = "x" * 128


def find_size_mistakes(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each list of a distribution, each policy and each name that is longer than AWS accepts."""
    for title, properties in find_resources(template, "AWS::CloudFront::Distribution"):
        for name, most in MAX_LISTED.items():
            if (count := len(read_list(properties["DistributionConfig"].get(name)))) > most:
                yield f"{title}: {name} has {count} entries, and CloudFront takes {most} {CLOUDFRONT_PAGE}"
    for (kind, name), most in MAX_POLICY.items():
        for title, properties in find_resources(template, kind):
            if (size := _measure(properties[name])) > most:
                yield f"{title}: {name} has up to {size} bytes, and AWS takes {most}"
    yield from _find_long_names(template)


def _measure(document: Any) -> int:
    return len(json.dumps(_fill(document), separators=(",", ":")).encode())


def _fill(value: Any) -> Any:
    name, content = read_function(value)
    if name == "Fn::Join":
        return "".join(map(str, map(_fill, content[1])))
    if name:
        return _LONGEST + read_text(value)
    if isinstance(value, dict):
        return {key: _fill(inner) for key, inner in value.items()}
    return [_fill(inner) for inner in value] if isinstance(value, list) else value


def _find_long_names(template: Mapping[str, Any]) -> Iterator[str]:
    for (kind, group, name), most in LENGTHS.items():
        for title, properties in find_resources(template, kind):
            value = (properties.get(group, {}) if group else properties).get(name)
            if (length := _longest(value)) > most:
                yield f"{title}: {name} has up to {length} characters, and AWS takes {most}"


def _longest(value: Any) -> int:
    """Return how long a text can become with a stack name of 40 characters and the first part of the stack's UUID."""
    text = read_text(value)
    if read_function(value)[0]:
        text = text.replace("${AWS::StackName}", "x" * 40)
        text = re.sub(r"\$\{[^}]*\}", "x" * 8, text)
    return len(text)

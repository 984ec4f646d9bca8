"""What viewers will notice of a change."""

from __future__ import annotations

import pytest

from flask_cdn_stack.aws.changes import KNOWN_AFTERWARDS, Change, PropertyChange
from flask_cdn_stack.stack.preview import find_notices, is_grave

_KEY = "CachePolicyConfig/ParametersInCacheKeyAndForwardedToOrigin"
_BEHAVIOR = "DistributionConfig/DefaultCacheBehavior"


def modify(kind: str, *paths: str, replacement: str = "False", logical_id: str = "It", policy: str = "") -> Change:
    service = "S3" if kind.startswith("Bucket") else "CloudFront"
    properties = tuple(PropertyChange(f"/Properties/{path}", "1", "2") for path in paths)
    return Change("Modify", logical_id, f"AWS::{service}::{kind}", replacement, properties, policy)


def remove(kind: str, policy: str, logical_id: str = "It") -> Change:
    return Change("Remove", logical_id, f"AWS::S3::{kind}", "", policy_action=policy)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (modify("Distribution", replacement="True"), "new host name: pages that were cached by others keep"),
        (modify("Distribution", replacement="Conditional"), "Possibly, known only when it is carried out: The CDN"),
        (modify("Bucket", "BucketName", replacement="True", policy="ReplaceAndRetain"),
         "until `flask-cdn-stack deploy` has been run. The old one stays in the account, with its files."),
        (modify("Bucket", "BucketName", replacement="True", policy="ReplaceAndDelete"), "The old one is deleted; S3"),
        (remove("Bucket", "Retain"), "no longer the stack's, and the CDN no longer serves from it. It stays in the"),
        (remove("Bucket", "Delete"), "It is deleted; S3 does that only to a bucket without files."),
        (Change("Add", "Bucket", "AWS::S3::Bucket", ""), "There is a new, empty bucket"),
        (Change("Add", "It", "AWS::CloudFront::CachePolicy", ""), "cache key changes"),
        (remove("Bucket", "Retain", "LegacyLogBucket"), "Access logs begin, end or go elsewhere"),
        (remove("BucketPolicy", "Delete"), "without another one, files are missing"),
        (modify("CachePolicy", f"{_KEY}/QueryStringsConfig/QueryStrings/0"),
         "cache key changes: each file is fetched from the origin once more, and first fetches are slower."),
        (modify("Distribution", f"{_BEHAVIOR}/CachePolicyId"), "cache key changes"),
        (modify("CachePolicy", "CachePolicyConfig/DefaultTTL"), "keeps its copies for a different time"),
        (modify("Distribution", "DistributionConfig/Aliases/1"), "answers to other names of your own"),
        (modify("Distribution", "DistributionConfig/ViewerCertificate/AcmCertificateArn"), "another certificate"),
        (modify("Distribution", "DistributionConfig/Origins/0/OriginPath"), "from another folder of the origin"),
        (modify("Distribution", "DistributionConfig/Origins"), "from another origin than before"),
        (modify("Distribution", "DistributionConfig/CacheBehaviors/2"), "those that are left out get 404"),
        (modify("Distribution", "DistributionConfig/PriceClass"), "Other edge locations answer"),
        (modify("Distribution", "DistributionConfig/Logging/Bucket"), "viewers notice nothing"),
        (modify("ResponseHeadersPolicy", "ResponseHeadersPolicyConfig/CorsConfig/OriginOverride"), "(CORS)"),
    ],
)  # fmt: skip
def test_what_is_said(change: Change, words: str) -> None:
    """One sentence for one change."""
    (sentence,) = find_notices([change])
    assert words in sentence


@pytest.mark.parametrize(
    "changes",
    [
        [Change("Add", "Bucket", "AWS::S3::Bucket", ""), Change("Add", "It", "AWS::CloudFront::Distribution", "")],
        [modify("Bucket", "Tags/0/Value"), Change("Modify", "It", "T::T::RecordSet", "", (PropertyChange("/Tags"),))],
        [modify("Bucket", "LifecycleConfiguration", logical_id="LogBucket")],
        [Change("Modify", "It", "AWS::CloudFront::Distribution", "False", (
            PropertyChange("/Properties/DistributionConfig/Origins/0/DomainName", "a", KNOWN_AFTERWARDS),
            PropertyChange("/Properties/DistributionConfig/Origins", source="ResourceAttribute", cause="Bucket")))],
        [modify("Distribution", "DistributionConfig")],
    ],
    ids=["created", "tags", "log bucket", "what follows from another", "not known which"],
)  # fmt: skip
def test_nothing_is_said(changes: list[Change]) -> None:
    """Of what nobody views yet, nobody sees, is told of another resource, or is not known."""
    assert find_notices(changes) == ()


def test_the_order() -> None:
    """The gravest comes first, whatever the order of the changes, and what two changes come to is said once."""
    found = find_notices(
        [modify("CachePolicy", _KEY), modify("Distribution", f"{_BEHAVIOR}/Compress", replacement="True")]
    )

    assert [sentence.partition(" ")[2][:8] for sentence in found] == ["CDN gets", "cache ke"]


@pytest.mark.parametrize(
    ("change", "grave"),
    [
        (remove("Bucket", "Retain"), True),
        (modify("Bucket", replacement="Conditional"), True),
        (modify("Distribution", replacement="True"), True),
        (modify("Distribution", "DistributionConfig/PriceClass"), False),
        (modify("Function", replacement="True"), False),
        (Change("Add", "Bucket", "AWS::S3::Bucket", ""), False),
    ],
)
def test_what_is_grave(change: Change, grave: bool) -> None:
    """What takes a bucket or a distribution away."""
    assert is_grave(change) is grave

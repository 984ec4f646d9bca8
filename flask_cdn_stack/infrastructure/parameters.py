"""What a launchable template asks for: each parameter, and the places in the template that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HOST = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"

# Names that S3 acts on in the requests that CloudFront signs are not taken.
_SAFE_NAME = (
    r"(?!(?i:response-|x-amz-|partnumber$|versionid$|acl$|tagging$|torrent$|uploads?$|uploadid$|list-type$))"
    r"[A-Za-z0-9._~-]+"
)

_CONFIG = "Resources.Distribution.Properties.DistributionConfig"
_CACHE = "Resources.CachePolicy.Properties.CachePolicyConfig"


@dataclass(frozen=True)
class Parameter:
    """A parameter. What stands at its places in the generated template is its default, unless ``asked``.

    :param places: ways into the template, step by step; those that a template does not have are passed over.
    :param limits: further attributes, such as ``AllowedPattern``.
    :param asked: there is no sensible default; whoever launches the template gives it.
    """

    name: str
    type: str
    group: str
    label: str
    description: str
    places: tuple[str, ...]
    limits: Mapping[str, Any]
    asked: bool = False

    def describe(self, default: Any) -> dict[str, Any]:
        """Return the parameter as it stands in a template."""
        text = ",".join(default) if isinstance(default, list) else default
        given = {} if self.asked else {"Default": text}
        return {"Type": self.type, "Description": self.description, **given, **self.limits}


_ALL = (
    Parameter(
        "AppDomain", "String", "App", "Host of the app", "Host name of the Flask app, which answers by https there.",
        (f"{_CONFIG}.Origins.app.DomainName",),
        {"AllowedPattern": f"^{_HOST}$", "ConstraintDescription": "a host name such as www.shop.example"}, asked=True,
    ),
    Parameter(
        "AppPort", "Number", "App", "Port of the app", "Port on which the app answers by https.",
        (f"{_CONFIG}.Origins.app.CustomOriginConfig.HTTPSPort",), {"MinValue": 1, "MaxValue": 65535},
    ),
    Parameter(
        "StaticPath", "String", "App", "Path of the static files", "Path that reaches the app; all others are refused.",
        (f"{_CONFIG}.CacheBehaviors.0.PathPattern",),
        {"AllowedPattern": "^/[A-Za-z0-9._~/-]+/\\*$", "ConstraintDescription": "a path such as /static/*"},
    ),
    Parameter(
        "DomainName", "String", "Name", "Host name", "Host name of your own for the distribution.",
        (f"{_CONFIG}.Aliases.0", "Resources.RecordA0.Properties.Name", "Resources.RecordAAAA0.Properties.Name",
         "Outputs.CdnDomain.Value"),
        {"AllowedPattern": f"^{_HOST}$", "ConstraintDescription": "a host name such as cdn.shop.example"}, asked=True,
    ),
    Parameter(
        "CertificateArn", "String", "Name", "Certificate", "ACM certificate for that name, in us-east-1.",
        (f"{_CONFIG}.ViewerCertificate.AcmCertificateArn",),
        {"AllowedPattern": "^arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]+$",
         "ConstraintDescription": "the ARN of a certificate in us-east-1"}, asked=True,
    ),
    Parameter(
        "HostedZoneId", "AWS::Route53::HostedZone::Id", "Name", "Hosted zone", "Route 53 zone that holds that name.",
        ("Resources.RecordA0.Properties.HostedZoneId", "Resources.RecordAAAA0.Properties.HostedZoneId"), {}, asked=True,
    ),
    Parameter(
        "QueryStringNames", "CommaDelimitedList", "Cache", "Query strings",
        "Query string names in the cache key, 1 to 10; c is the checksum in the app's URLs.",
        (f"{_CACHE}.ParametersInCacheKeyAndForwardedToOrigin.QueryStringsConfig.QueryStrings",),
        {"AllowedPattern": f"^{_SAFE_NAME}$", "ConstraintDescription": "names that S3 does not act on"},
    ),
    Parameter(
        "DefaultTTL", "Number", "Cache", "Default time",
        "Seconds that the edge keeps a file without Cache-Control.", (f"{_CACHE}.DefaultTTL",),
        {"MinValue": 0, "MaxValue": 31536000},
    ),
    Parameter(
        "PriceClass", "String", "Delivery", "Price class", "Which edge locations serve: the cheapest, most, or all.",
        (f"{_CONFIG}.PriceClass",), {"AllowedValues": ["PriceClass_100", "PriceClass_200", "PriceClass_All"]},
    ),
    Parameter(
        "NoncurrentDays", "Number", "Bucket", "Days of replaced files",
        "Days for which S3 keeps a replaced or deleted file; rollback needs them.",
        ("Resources.Bucket.Properties.LifecycleConfiguration.Rules.replaced-versions"
         ".NoncurrentVersionExpiration.NoncurrentDays",),
        {"MinValue": 1},
    ),
)  # fmt: skip

#: The parameters by name.
CATALOG: Mapping[str, Parameter] = {parameter.name: parameter for parameter in _ALL}

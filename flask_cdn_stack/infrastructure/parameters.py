"""The parameters of launchable templates, and the places in the template that refer to each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..checks.query_strings import ACTING_NAMES, ACTING_PREFIXES, MAX_NAMES
from ..settings.model import Settings

_HOST = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"

_NAME = r"[A-Za-z0-9._~-]+"
_ACTING = f"(?i:{'|'.join(ACTING_PREFIXES)}|({'|'.join(sorted(ACTING_NAMES))})(,|$))"

#: Names separated by commas, with c and without those that S3 acts on. A pattern, because CloudFormation's rules
#: cannot count the names.
_NAMES = f"^(?=(.*,)?c(,|$))(?!(.*,)?{_ACTING}){_NAME}(,{_NAME}){{0,{MAX_NAMES - 1}}}$"

#: 443, and 1024 to 65535 (CloudFront developer guide, "Origin settings").
_PORT = (
    "^(443|102[4-9]|10[3-9][0-9]|1[1-9][0-9]{2}|[2-9][0-9]{3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}"
    "|655[0-2][0-9]|6553[0-5])$"
)

_PATH = r"^/[A-Za-z0-9._~/-]+/\*$"

_CONFIG = "Resources.Distribution.Properties.DistributionConfig"
_CACHE = "Resources.CachePolicy.Properties.CachePolicyConfig"


@dataclass(frozen=True)
class Parameter:
    """A parameter. Its default is the value at its places in the generated template, unless ``asked``.

    :param fits: returns whether the settings have exactly one value for the parameter.
    :param places: paths of the values in the template, with dots; paths that a template does not have are skipped.
    :param limits: further attributes, such as ``AllowedPattern``.
    :param asked: there is no sensible default; whoever launches the template has to enter a value.
    :param listed: the value is a list, which is entered as text separated by commas.
    """

    name: str
    type: str
    group: str
    label: str
    description: str
    fits: Callable[[Settings], bool]
    places: tuple[str, ...]
    limits: Mapping[str, Any]
    asked: bool = False
    listed: bool = False

    def describe(self, default: Any) -> dict[str, Any]:
        """Return the parameter's entry in the template's ``Parameters``."""
        if self.listed:
            default = ",".join(default)
        elif self.type == "String":
            default = str(default)
        given = {} if self.asked else {"Default": default}
        return {"Type": self.type, "Description": self.description, **given, **self.limits}

    def refer(self) -> dict[str, Any]:
        """Return the function that gives the parameter's value in the template."""
        reference = {"Ref": self.name}
        return {"Fn::Split": [",", reference]} if self.listed else reference


def choose_parameters(settings: Settings) -> tuple[Parameter, ...]:
    """Return the parameters of the template for these settings.

    A setting with several values, such as host names, does not become a parameter, nor does one whose value the
    parameter's pattern would refuse.
    """
    return tuple(_bound(parameter, settings) for parameter in CATALOG.values() if parameter.fits(settings))


def _bound(parameter: Parameter, settings: Settings) -> Parameter:
    if parameter.name != "DefaultTTL":
        return parameter
    # CloudFront refuses a default outside of the minimum and maximum, which are not parameters.
    ttl = settings.delivery.ttl
    return replace(parameter, limits={"MinValue": ttl.min, "MaxValue": ttl.max})


def _always(settings: Settings) -> bool:
    return True


def _asks_app(settings: Settings) -> bool:
    return settings.has_app_origin


def _has_one_path(settings: Settings) -> bool:
    paths = settings.app_origin.paths or ()
    return settings.has_app_origin and len(paths) == 1 and re.fullmatch(_PATH, paths[0]) is not None


def _has_one_name(settings: Settings) -> bool:
    return len(settings.delivery.aliases) == 1


def _has_one_record(settings: Settings) -> bool:
    return _has_one_name(settings) and settings.delivery.hosted_zone_id is not None


def _makes_cache_policy(settings: Settings) -> bool:
    return settings.delivery.cache_policy_id is None


def _lists_names(settings: Settings) -> bool:
    # For an app as the origin any name is allowed, even those that the pattern refuses.
    is_list = not isinstance(settings.forwarded_query_strings, str)
    return settings.has_bucket and is_list and _makes_cache_policy(settings)


def _keeps_replaced(settings: Settings) -> bool:
    return settings.has_bucket and not settings.bucket.existing and settings.bucket.versioning


_ALL = (
    Parameter(
        "AppDomain", "String", "App", "Host of the app", "Host name of the Flask app, which answers by https there.",
        _asks_app, (f"{_CONFIG}.Origins.app.DomainName",),
        {"AllowedPattern": f"^{_HOST}$", "ConstraintDescription": "a host name such as www.shop.example"}, asked=True,
    ),
    Parameter(
        "AppPort", "String", "App", "Port of the app", "Port on which the app answers by https.",
        _asks_app, (f"{_CONFIG}.Origins.app.CustomOriginConfig.HTTPSPort",),
        {"AllowedPattern": _PORT, "ConstraintDescription": "443 or a port from 1024 to 65535"},
    ),
    Parameter(
        "StaticPath", "String", "App", "Path of the static files", "Path that reaches the app; all others are refused.",
        _has_one_path, (f"{_CONFIG}.CacheBehaviors.0.PathPattern",),
        {"AllowedPattern": _PATH, "ConstraintDescription": "a path such as /static/*"},
    ),
    Parameter(
        "DomainName", "String", "Name", "Host name", "Host name of your own for the distribution.",
        _has_one_name,
        (f"{_CONFIG}.Aliases.0", "Resources.RecordA0.Properties.Name", "Resources.RecordAAAA0.Properties.Name",
         "Outputs.CdnDomain.Value"),
        {"AllowedPattern": f"^{_HOST}$", "ConstraintDescription": "a host name such as cdn.shop.example"}, asked=True,
    ),
    Parameter(
        "CertificateArn", "String", "Name", "Certificate", "ACM certificate for that name, in us-east-1.",
        _has_one_name,
        (f"{_CONFIG}.ViewerCertificate.AcmCertificateArn",
         "Resources.DeployPolicy.Properties.PolicyDocument.Statement.ReadCertificate.Resource"),
        {"AllowedPattern": "^arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]+$",
         "ConstraintDescription": "the ARN of a certificate in us-east-1"}, asked=True,
    ),
    Parameter(
        "HostedZoneId", "AWS::Route53::HostedZone::Id", "Name", "Hosted zone", "Route 53 zone that holds that name.",
        _has_one_record,
        ("Resources.RecordA0.Properties.HostedZoneId", "Resources.RecordAAAA0.Properties.HostedZoneId"), {}, asked=True,
    ),
    Parameter(
        "QueryStringNames", "String", "Cache", "Query strings",
        f"Query string names in the cache key, 1 to {MAX_NAMES}, with commas; c is the checksum in the app's URLs.",
        _lists_names, (f"{_CACHE}.ParametersInCacheKeyAndForwardedToOrigin.QueryStringsConfig.QueryStrings",),
        {"AllowedPattern": _NAMES,
         "ConstraintDescription": f"at most {MAX_NAMES} names with commas, c among them, none that S3 acts on"},
        listed=True,
    ),
    Parameter(
        "DefaultTTL", "Number", "Cache", "Default time",
        "Seconds that the edge keeps a file without Cache-Control.", _makes_cache_policy,
        (f"{_CACHE}.DefaultTTL",), {},
    ),
    Parameter(
        "PriceClass", "String", "Delivery", "Price class", "Which edge locations serve: the cheapest, most, or all.",
        _always, (f"{_CONFIG}.PriceClass",), {"AllowedValues": ["PriceClass_100", "PriceClass_200", "PriceClass_All"]},
    ),
    Parameter(
        "NoncurrentDays", "Number", "Bucket", "Days of replaced files",
        "Days for which S3 keeps a replaced or deleted file; rollback needs them.",
        _keeps_replaced,
        ("Resources.Bucket.Properties.LifecycleConfiguration.Rules.replaced-versions"
         ".NoncurrentVersionExpiration.NoncurrentDays",),
        {"MinValue": 1},
    ),
)  # fmt: skip

#: The parameters by name.
CATALOG: Mapping[str, Parameter] = {parameter.name: parameter for parameter in _ALL}

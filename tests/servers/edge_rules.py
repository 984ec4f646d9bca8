"""What a built template says about requests: read whole, and refused where no test looks at what is done then.

A property that is not known here is an error, so that nothing of a template is passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask_cdn_stack.audit.reading import find_resources, read_function
from flask_cdn_stack.aws.distribution_parts import DistributionParts
from flask_cdn_stack.local.edge import configuration
from flask_cdn_stack.local.edge.rules import Rules

#: Properties that say nothing about a request. Restrictions and a firewall are not known here.
_SILENT = {"Aliases", "AutoPublish", "Comment", "Description", "HttpVersion", "IPV6Enabled", "Logging", "Name"}
_SILENT |= {"OriginShield", "PriceClass", "ViewerCertificate"}

#: Properties of which the tests look at one value.
_FIXED: dict[str, Any] = {
    "CookieBehavior": "none",
    "Enabled": True,
    "EventType": "viewer-request",
    "HeaderBehavior": "none",
    "OriginAccessControlOriginType": "s3",
    "OriginAccessIdentity": "",
    "OriginProtocolPolicy": "https-only",
    "OriginSSLProtocols": ["TLSv1.2"],
    "Runtime": "cloudfront-js-2.0",
    "SigningBehavior": "always",
    "SigningProtocol": "sigv4",
}

#: Properties that are acted on.
_KNOWN = {
    "AccessControlAllowCredentials", "AccessControlAllowHeaders", "AccessControlAllowMethods",
    "AccessControlAllowOrigins", "AccessControlMaxAgeSec", "AllowedMethods", "CacheBehaviors", "CachePolicyId",
    "CachedMethods", "Compress", "ConnectionAttempts", "ConnectionTimeout", "ContentSecurityPolicy",
    "ContentTypeOptions", "CookiesConfig", "CorsConfig", "CustomErrorResponses", "CustomHeadersConfig",
    "CustomOriginConfig", "DefaultCacheBehavior", "DefaultRootObject", "DefaultTTL", "DomainName",
    "EnableAcceptEncodingBrotli", "EnableAcceptEncodingGzip", "ErrorCachingMinTTL", "ErrorCode", "FailoverCriteria",
    "FunctionARN", "FunctionAssociations", "FunctionCode", "FunctionConfig", "HTTPSPort", "Header", "HeadersConfig",
    "Id", "IncludeSubdomains", "Items", "MaxTTL", "Members", "MinTTL", "OriginAccessControlId", "OriginGroups",
    "OriginId", "OriginOverride", "OriginPath", "Origins", "Override", "ParametersInCacheKeyAndForwardedToOrigin",
    "PathPattern", "Preload", "Quantity", "QueryStringBehavior", "QueryStrings", "QueryStringsConfig",
    "RemoveHeadersConfig", "ResponseHeadersPolicyId", "S3OriginConfig", "SecurityHeadersConfig", "StatusCodes",
    "StrictTransportSecurity", "TargetOriginId", "Value", "ViewerProtocolPolicy",
}  # fmt: skip


def read_rules(template: Mapping[str, Any], values: Mapping[str, str]) -> Rules:
    """Read a template.

    :param values: what references are filled in with, such as ``Bucket.RegionalDomainName``; resources that are looked
        up in the template itself need none.
    :raises LookupError: for a property or a value that is not known here, and for a reference to what is in neither
        place.
    """
    titles = {name: name for name in template["Resources"]} | {
        f"{title}.FunctionARN": title for title, _ in find_resources(template, "AWS::CloudFront::Function")
    }
    (found,) = (properties for _, properties in find_resources(template, "AWS::CloudFront::Distribution"))
    config = _fill_in(found["DistributionConfig"], {**titles, "AWS::StackName": "stack", **values})
    functions = dict(find_resources(template, "AWS::CloudFront::Function"))
    _refuse_unknown([config, *functions.values()])
    access = _read_each(template, "OriginAccessControl")
    _ = [access[origin["OriginAccessControlId"]] for origin in config["Origins"] if "S3OriginConfig" in origin]
    rules = configuration.read_rules(
        DistributionParts(
            _write_as_api({"DistributionConfig": config, "Id": values.get("Distribution", "E0"), "ARN": "arn",
                           "DomainName": "d0.cloudfront.net"}),
            _write_as_api(_read_each(template, "CachePolicy")),
            _read_each(template, "ResponseHeadersPolicy"),
            {title: content["FunctionCode"] for title, content in functions.items()},
        )
    )  # fmt: skip
    targets = rules.origins.keys() | rules.groups.keys()
    if missing := {behavior.origin for behavior in rules.behaviors} - targets:
        raise LookupError(missing)
    return replace(rules, arn=f"arn:aws:cloudfront::000000000000:distribution/{rules.id}")


def _read_each(template: Mapping[str, Any], kind: str) -> dict[str, Any]:
    resources = find_resources(template, f"AWS::CloudFront::{kind}")
    configs = {title: content[f"{kind}Config"] for title, content in resources}
    _refuse_unknown([*configs.values()])
    return configs


def _refuse_unknown(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _refuse_unknown(item)
    for name, inner in value.items() if isinstance(value, dict) else ():
        if (name in _FIXED and inner == _FIXED[name]) or name in _SILENT:
            continue
        if name not in _KNOWN:
            raise LookupError(f"{name}: {inner}")
        _refuse_unknown(inner)


def _write_as_api(value: Any) -> Any:
    """Return a part of a template as the API has it: lists are ``Items``, and methods are in one place."""
    if not isinstance(value, dict):
        return value
    written: dict[str, Any] = {name: _write_property(name, inner) for name, inner in value.items()}
    if "OriginSSLProtocols" in written:
        written["OriginSslProtocols"] = written.pop("OriginSSLProtocols")
    if "CachedMethods" in written:
        written["AllowedMethods"]["CachedMethods"] = written.pop("CachedMethods")
    return written


def _write_property(name: str, value: Any) -> Any:
    if not isinstance(value, list):
        return _write_as_api(value)
    items = [_write_as_api(item) for item in value]
    return items if name == "Items" else {"Items": items}


def _fill_in(value: Any, values: Mapping[str, str]) -> Any:
    name, content = read_function(value)
    if name == "Ref":
        return values[content]
    if name == "Fn::GetAtt":
        return values[".".join(content)]
    if name == "Fn::Sub":
        return re.sub(r"\$\{([^}]*)\}", lambda found: values[found[1]], content)
    if name:
        raise LookupError(f"{name} is not known.")
    if isinstance(value, list):
        return [_fill_in(item, values) for item in value]
    return {key: _fill_in(item, values) for key, item in value.items()} if isinstance(value, dict) else value

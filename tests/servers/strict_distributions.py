"""``AWS::CloudFront::Distribution`` as AWS does it: references are checked, and things in use stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.core.responses import error_response_json, get_account_id
from ministack.services import acm, cloudfront, waf
from ministack.services.cloudformation import provisioners, stacks

from tests.servers.strict_quotas import SHARED_ACCOUNT

_TYPE = "AWS::CloudFront::Distribution"
_Properties = Mapping[str, Any]

_IN_USE_CODES = {
    "AWS::CloudFront::OriginAccessControl": "OriginAccessControlInUse",
    "AWS::CloudFront::CachePolicy": "CachePolicyInUse",
    "AWS::CloudFront::ResponseHeadersPolicy": "ResponseHeadersPolicyInUse",
}

_POLICIES: dict[str, tuple[str, str, Callable[[str], object]]] = {
    "CachePolicyId": ("cache policy", "NoSuchCachePolicy", cloudfront.cache_policy_params),
    "ResponseHeadersPolicyId": (
        "response headers policy",
        "NoSuchResponseHeadersPolicy",
        cloudfront.response_headers_policy_config,
    ),
}


def apply(delay: float) -> None:
    """Check what a template says of a distribution.

    :param delay: seconds that each create, update and delete takes, so that ``*_IN_PROGRESS`` can be seen.
    """
    _check_distributions(delay)
    if delay:
        _keep_server_responsive()
    for resource_type, code in _IN_USE_CODES.items():
        _refuse_deletion_in_use(resource_type, code)
    _refuse_access_control_deletion()
    _refuse_firewall_deletion()
    _refuse_certificate_deletion()
    _recognise_bucket_origins()


def _check_distributions(delay: float) -> None:
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def create_distribution(logical_id: str, properties: _Properties, stack: str) -> Any:
        _refuse_bad_references(properties)
        time.sleep(delay)
        return create(logical_id, properties, stack)

    def update_distribution(physical_id: str, old: _Properties, new: _Properties, *rest: Any) -> Any:
        _refuse_bad_references(new, physical_id)
        time.sleep(delay)
        return update(physical_id, old, new, *rest)

    def delete_distribution(physical_id: str, properties: _Properties) -> Any:
        time.sleep(delay)
        return delete(physical_id, properties)

    handlers.update(create=create_distribution, update=update_distribution, delete=delete_distribution)


def _keep_server_responsive() -> None:
    blocks = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type == _TYPE or blocks(resource_type)


def _refuse_bad_references(properties: _Properties, own: str = "") -> None:
    config = properties.get("DistributionConfig", {})
    problems = [
        *_origin_problems(config),
        *_behavior_problems(config),
        *_certificate_problems(config),
        *_alias_problems(config, own),
    ]
    if problems:
        raise ValueError(f"Invalid request provided: {_TYPE}: {'; '.join(problems)}")


def _origin_problems(config: _Properties) -> Iterator[str]:
    origins = _items(config.get("Origins"))
    names = {origin["Id"] for origin in origins}
    for group in _items(config.get("OriginGroups")):
        for member in _items(group.get("Members")):
            if member["OriginId"] not in names:
                yield f"NoSuchOrigin: origin group member {member['OriginId']}"
    for origin in origins:
        access_control = origin.get("OriginAccessControlId")
        if access_control and access_control not in cloudfront._oacs:
            yield _missing("origin access control", "NoSuchOriginAccessControl", access_control)
        if ("S3OriginConfig" in origin) == ("CustomOriginConfig" in origin):
            yield f"Origin {origin.get('Id')} needs exactly one of S3OriginConfig / CustomOriginConfig"


def _behavior_problems(config: _Properties) -> Iterator[str]:
    targets = {item["Id"] for key in ("Origins", "OriginGroups") for item in _items(config.get(key))}
    for behavior in [config.get("DefaultCacheBehavior", {}), *_items(config.get("CacheBehaviors"))]:
        target = behavior.get("TargetOriginId")
        if target not in targets:
            yield f"One or more of your origins or origin groups do not exist. (NoSuchOrigin: {target})"
        for key, (what, code, find) in _POLICIES.items():
            if behavior.get(key) and find(behavior[key]) is None:
                yield _missing(what, code, behavior[key])
        if not behavior.get("CachePolicyId") and not behavior.get("ForwardedValues"):
            yield "The parameter ForwardedValues is required. (InvalidArgument)"


def _certificate_problems(config: _Properties) -> Iterator[str]:
    certificate = config.get("ViewerCertificate", {})
    arn = certificate.get("AcmCertificateArn")
    if arn and (arn.split(":")[3] != "us-east-1" or acm._certificates.get(arn, {}).get("Status") != "ISSUED"):
        yield (
            "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include "
            "a valid certificate chain. (InvalidViewerCertificate)"
        )
    if _items(config.get("Aliases")) and not (arn or certificate.get("IamCertificateId")):
        yield (
            "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted "
            "certificate (InvalidViewerCertificate)"
        )


def _alias_problems(config: _Properties, own: str) -> Iterator[str]:
    # Tests that share an account all give their distribution the same name.
    names = _items(config.get("Aliases")) if get_account_id() != SHARED_ACCOUNT else []
    if any(owner != own for name in names for _, owner in cloudfront._domain_owners(name)):
        yield (
            "One or more of the CNAMEs you provided are already associated with a different resource. (Service: "
            "CloudFront, Status Code: 409)"
        )


def _missing(what: str, code: str, name: str) -> str:
    return f"The specified {what} does not exist. ({code}: {name})"


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else (value or {}).get("Items") or []


def _refuse_deletion_in_use(resource_type: str, code: str) -> None:
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    delete = handlers["delete"]

    def delete_unless_used(physical_id: str, properties: _Properties, *rest: Any) -> Any:
        if _is_used(physical_id):
            raise ValueError(
                f"Cannot delete {physical_id} because it is attached to one or more distributions ({code})"
            )
        return delete(physical_id, properties, *rest)

    handlers["delete"] = delete_unless_used


def _refuse_access_control_deletion() -> None:
    delete = cloudfront._delete_oac

    def delete_unless_used(name: str, headers: Mapping[str, str]) -> Any:
        if name in cloudfront._oacs and _is_used(name):
            message = "Cannot delete the origin access control because it is in use by one or more distributions."
            return cloudfront._error("OriginAccessControlInUse", message, 409)
        return delete(name, headers)

    cloudfront._delete_oac = delete_unless_used


def _refuse_firewall_deletion() -> None:
    delete = waf._delete_web_acl

    def delete_unless_used(data: Mapping[str, Any]) -> Any:
        found = waf._resource_from_scope(waf._web_acls, data.get("Id", ""), data.get("Scope", "REGIONAL"))
        if found and _is_used(found["ARN"]):
            message = "AWS WAF couldn't perform the operation because your resource is being used by another resource."
            return error_response_json("WAFAssociatedItemException", message, 400)
        return delete(data)

    waf._delete_web_acl = delete_unless_used


def _refuse_certificate_deletion() -> None:
    delete = acm._delete_certificate

    def delete_unless_used(data: Mapping[str, Any]) -> Any:
        arn = data.get("CertificateArn", "")
        if arn and _is_used(arn):
            return error_response_json("ResourceInUseException", f"Certificate {arn} is in use.", 400)
        return delete(data)

    acm._delete_certificate = delete_unless_used


def _is_used(name: str) -> bool:
    return any(name in distribution["config_xml"] for distribution in cloudfront._distributions.values())


def _recognise_bucket_origins() -> None:
    read = cloudfront._dataplane_origin

    def read_with_bucket(element: Any) -> Any:
        origin = read(element)
        if origin["s3_bucket"] is None and cloudfront._find(element, "CustomOriginConfig") is None:
            origin["s3_bucket"] = cloudfront._s3_origin_bucket(origin["domain_name"])
        return origin

    cloudfront._dataplane_origin = read_with_bucket

"""A distribution's access logs, of both versions, as AWS has them.

MiniStack does not have ``AWS::Logs::DeliverySource``, ``DeliveryDestination`` and ``Delivery``. They are checked as
CloudWatch Logs documents them for a distribution's access logs in a bucket (CloudWatch Logs API reference,
"PutDeliverySource", "PutDeliveryDestination", "CreateDelivery"), and refer to each other.

For the first version CloudFront writes a grant for its own account into the ACL of the bucket, and does not take it
out again (CloudFront developer guide, "Configure standard logging (legacy)"); with it S3 refuses to turn ACLs off (S3
user guide, "Prerequisites for disabling ACLs").
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ministack.services import cloudfront, s3
from ministack.services.cloudformation import provisioners

_Properties = Mapping[str, Any]
_Made = tuple[str, dict[str, str]]

_LOGS = "arn:aws:logs:us-east-1:000000000000:"
_SOURCE = f"{_LOGS}delivery-source:"
_FORMATS = {"json", "plain", "w3c", "raw", "parquet"}

#: What is there, by kind, and by name or ARN.
_sources: dict[str, _Properties] = {}
_destinations: dict[str, str] = {}
_deliveries: dict[str, _Properties] = {}


#: The account that CloudFront's logs come from (CloudFront developer guide, as above).
_LOG_DELIVERY = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"

# What a change replaces, by the types' resource schemas; a replacement is made before what it replaces is deleted.
_CREATE_ONLY = {
    "DeliverySource": ("Name",),
    "DeliveryDestination": ("Name", "OutputFormat", "DestinationResourceArn", "DeliveryDestinationType"),
    "Delivery": ("DeliverySourceName", "DeliveryDestinationArn"),
}


def apply() -> None:
    """Have the three types, and the first version's grant."""
    for kind, create, there in (
        ("DeliverySource", _create_source, _sources),
        ("DeliveryDestination", _create_destination, _destinations),
        ("Delivery", _create_delivery, _deliveries),
    ):
        provisioners._RESOURCE_HANDLERS[f"AWS::Logs::{kind}"] = {"create": create, "delete": _forget(there)}
        provisioners._REPLACING_PROPERTIES[f"AWS::Logs::{kind}"] = _CREATE_ONLY[kind]
    _let_first_version_in()


def _let_first_version_in() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudFront::Distribution"]
    create, update = handlers["create"], handlers["update"]

    def create_with_grant(logical_id: str, properties: _Properties, stack: str) -> Any:
        _grant(properties)
        return create(logical_id, properties, stack)

    def update_with_grant(physical_id: str, old: _Properties, new: _Properties, *rest: Any) -> Any:
        _grant(new)
        return update(physical_id, old, new, *rest)

    handlers.update(create=create_with_grant, update=update_with_grant)


def _grant(properties: _Properties) -> None:
    domain = str(properties["DistributionConfig"].get("Logging", {}).get("Bucket", ""))
    bucket = domain.partition(".s3")[0]
    if not domain:
        return
    if s3._bucket_owner_enforced(s3._buckets[bucket]):
        raise ValueError(
            "Invalid request provided: AWS::CloudFront::Distribution: The S3 bucket that you specified for CloudFront "
            f"logs does not enable ACL access: {domain}"
        )
    s3._bucket_acl[bucket] = (
        "<AccessControlPolicy><AccessControlList><Grant>"
        f'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>{_LOG_DELIVERY}'
        "</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"
    )


def _forget(there: dict[str, Any]) -> Callable[[str, _Properties], None]:
    return lambda physical_id, properties: there.pop(physical_id, None) and None


def _create_source(logical_id: str, properties: _Properties, stack: str) -> _Made:
    name, log_type, arn = _check_name(properties, _sources), properties["LogType"], properties["ResourceArn"]
    if log_type not in ("ACCESS_LOGS", "CONNECTION_LOGS"):
        raise ValueError(f"{log_type} is no kind of log that CloudFront delivers.")
    if str(arn).rpartition("/")[2] not in cloudfront._distributions:
        raise ValueError(f"There is no resource {arn}.")
    if any((log_type, arn) == (other["LogType"], other["ResourceArn"]) for other in _sources.values()):
        raise ValueError(f"{arn} has a delivery source of {log_type}.")
    _sources[name] = properties
    return name, {"Arn": _SOURCE + name, "Service": "cloudfront"}


def _create_destination(logical_id: str, properties: _Properties, stack: str) -> _Made:
    name = _check_name(properties, _destinations)
    bucket = str(properties["DestinationResourceArn"]).removeprefix("arn:aws:s3:::")
    if properties["OutputFormat"] not in _FORMATS:
        raise ValueError(f"{properties['OutputFormat']} is no output format.")
    if bucket not in s3._buckets:
        raise ValueError(f"There is no bucket {bucket}.")
    _destinations[name] = bucket
    return name, {"Arn": f"{_LOGS}delivery-destination:{name}"}


def _create_delivery(logical_id: str, properties: _Properties, stack: str) -> _Made:
    source, arn = properties["DeliverySourceName"], str(properties["DeliveryDestinationArn"])
    destination = arn.rpartition(":")[2]
    if source not in _sources or destination not in _destinations:
        raise ValueError(f"There is no delivery source {source}, or no destination {arn}.")
    _check_policy(_destinations[destination], source)
    made = uuid.uuid4().hex[:16]
    _deliveries[made] = properties
    return made, {"DeliveryId": made, "Arn": f"{_LOGS}delivery:{made}"}


def _check_name(properties: _Properties, there: Mapping[str, Any]) -> str:
    name = str(properties["Name"])
    if name in there:
        raise ValueError(f"{name} already exists (HandlerErrorCode: AlreadyExists)")
    if not re.fullmatch(r"[\w-]{1,60}", name):
        raise ValueError(f"{name} is no name of a delivery source or destination.")
    return name


def _check_policy(bucket: str, source: str) -> None:
    """Refuse a delivery to a bucket that does not let this source's logs in ("Logs sent to Amazon S3")."""
    policy = json.loads(s3._bucket_policies.get(bucket) or '{"Statement": []}')
    for statement in policy["Statement"]:
        is_delivery = statement.get("Principal") == {"Service": "delivery.logs.amazonaws.com"}
        sources = statement.get("Condition", {}).get("ArnLike", {}).get("aws:SourceArn", "")
        if is_delivery and "s3:PutObject" in statement["Action"] and fnmatchcase(_SOURCE + source, sources):
            return
    raise ValueError(f"The policy of {bucket} does not let the logs of {source} in.")

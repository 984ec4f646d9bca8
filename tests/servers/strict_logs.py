"""``AWS::Logs::DeliverySource``, ``DeliveryDestination`` and ``Delivery``, which MiniStack does not have.

They are checked as CloudWatch Logs documents them for a distribution's access logs in a bucket (CloudWatch Logs API
reference, "PutDeliverySource", "PutDeliveryDestination", "CreateDelivery"), and refer to each other.
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


def apply() -> None:
    """Have the three types."""
    for kind, create, there in (
        ("DeliverySource", _create_source, _sources),
        ("DeliveryDestination", _create_destination, _destinations),
        ("Delivery", _create_delivery, _deliveries),
    ):
        provisioners._RESOURCE_HANDLERS[f"AWS::Logs::{kind}"] = {"create": create, "delete": _forget(there)}


def _forget(there: dict[str, Any]) -> Callable[[str, _Properties], None]:
    return lambda physical_id, properties: there.pop(physical_id, None) and None


def _create_source(logical_id: str, properties: _Properties, stack: str) -> _Made:
    name, log_type, arn = _check_name(properties), properties["LogType"], properties["ResourceArn"]
    if log_type not in ("ACCESS_LOGS", "CONNECTION_LOGS"):
        raise ValueError(f"{log_type} is no kind of log that CloudFront delivers.")
    if str(arn).rpartition("/")[2] not in cloudfront._distributions:
        raise ValueError(f"There is no resource {arn}.")
    if any((log_type, arn) == (other["LogType"], other["ResourceArn"]) for other in _sources.values()):
        raise ValueError(f"{arn} has a delivery source of {log_type}.")
    _sources[name] = properties
    return name, {"Arn": _SOURCE + name, "Service": "cloudfront"}


def _create_destination(logical_id: str, properties: _Properties, stack: str) -> _Made:
    name, bucket = _check_name(properties), str(properties["DestinationResourceArn"]).removeprefix("arn:aws:s3:::")
    if properties["OutputFormat"] not in _FORMATS:
        raise ValueError(f"{properties['OutputFormat']} is no output format.")
    s3._ensure_bucket(bucket)
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


def _check_name(properties: _Properties) -> str:
    name = str(properties["Name"])
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

"""What who provisions may do, against what CloudFormation's handlers of the template's resources ask for.

``data/handler_permissions.json`` has the permissions of the handlers that create, read, update and delete a resource,
for every type that a template can have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from flask_cdn_stack.infrastructure.iam import provision_statements
from flask_cdn_stack.infrastructure.iam_destroy import destroy_statements
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings
from tests.infrastructure.cases import CASES

DATA = Path(__file__).parent / "data" / "handler_permissions.json"
HANDLERS: dict[str, dict[str, list[str]]] = json.loads(DATA.read_text("utf-8"))["types"]

ACCOUNT = "111122223333"
STACK = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/Shop-cdn/*"
CDN = f"arn:aws:cloudfront::{ACCOUNT}"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}"
SOURCE, DESTINATION = f"{LOGS}:delivery-source:Shop-cdn-1", f"{LOGS}:delivery-destination:Shop-cdn-1"

#: What the handlers of each type ask about, in the stack ``Shop-cdn``.
RESOURCES = {
    "AWS::CloudFront::CachePolicy": [f"{CDN}:cache-policy/1"],
    "AWS::CloudFront::Distribution": [f"{CDN}:distribution/E1"],
    "AWS::CloudFront::Function": [f"{CDN}:function/Shop-cdn-1"],
    "AWS::CloudFront::OriginAccessControl": [f"{CDN}:origin-access-control/E2"],
    "AWS::CloudFront::ResponseHeadersPolicy": [f"{CDN}:response-headers-policy/1"],
    "AWS::IAM::ManagedPolicy": [f"arn:aws:iam::{ACCOUNT}:policy/Shop-cdn-DeployPolicy-1"],
    "AWS::IAM::Role": [f"arn:aws:iam::{ACCOUNT}:role/Shop-cdn-DeployRole-1"],
    "AWS::KMS::Key": [f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"],
    "AWS::Logs::Delivery": [f"{LOGS}:delivery:1", SOURCE, DESTINATION],
    "AWS::Logs::DeliveryDestination": [DESTINATION],
    "AWS::Logs::DeliverySource": [SOURCE],
    "AWS::Route53::RecordSet": ["arn:aws:route53:::hostedzone/Z0123456789ABC", "arn:aws:route53:::change/C1"],
    "AWS::S3::Bucket": ["arn:aws:s3:::shop-cdn-bucket-1"],
    "AWS::S3::BucketPolicy": ["arn:aws:s3:::shop-cdn-bucket-1"],
}

#: Permissions left out, by the property without which no handler asks for them.
BY_PROPERTY = {
    "AWS::CloudFront::Distribution": {
        "ConnectionMode": ["cloudfront:CreateConnectionGroup", "cloudfront:GetConnectionGroup"],
        "ContinuousDeploymentPolicyId": ["cloudfront:UpdateDistributionWithStagingConfig"],
        "VpcOriginConfig": ["cloudfront:GetVpcOrigin"],
    },
    "AWS::IAM::ManagedPolicy": {
        "Groups": ["iam:AttachGroupPolicy", "iam:DetachGroupPolicy"],
        "Roles": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
        "Users": ["iam:AttachUserPolicy", "iam:DetachUserPolicy"],
    },
    "AWS::IAM::Role": {
        "PermissionsBoundary": ["iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"],
        "Policies": ["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
    },
    "AWS::KMS::Key": {"Enabled": ["kms:EnableKey", "kms:DisableKey"]},
    "AWS::Logs::DeliveryDestination": {"DeliveryDestinationPolicy": ["logs:PutDeliveryDestinationPolicy"]},
    "AWS::S3::Bucket": {
        "AbacStatus": ["s3:PutBucketAbac"],
        "AccelerateConfiguration": ["s3:PutAccelerateConfiguration"],
        "AccessControl": ["s3:PutBucketAcl", "s3:PutObjectAcl"],
        "AnalyticsConfigurations": ["s3:PutAnalyticsConfiguration", "s3:DeleteBucketAnalyticsConfiguration"],
        "CorsConfiguration": ["s3:PutBucketCORS", "s3:DeleteBucketCors"],
        "IntelligentTieringConfigurations": ["s3:PutIntelligentTieringConfiguration"],
        "InventoryConfigurations": ["s3:PutInventoryConfiguration"],
        "LoggingConfiguration": ["s3:PutBucketLogging"],
        "MetadataConfiguration": ["s3:UpdateBucketMetadata*", "s3tables:*"],
        "MetadataTableConfiguration": ["s3:*BucketMetadataTableConfiguration"],
        "MetricsConfigurations": ["s3:PutMetricsConfiguration", "s3:DeleteBucketMetricsConfiguration"],
        "NotificationConfiguration": ["s3:PutBucketNotification"],
        "ObjectLockConfiguration": ["s3:PutBucketObjectLockConfiguration", "s3:PutObjectLockConfiguration"],
        "ReplicationConfiguration": ["s3:*Replication", "s3:PutReplicationConfiguration", "iam:PassRole"],
        "WebsiteConfiguration": ["s3:PutBucketWebsite", "s3:DeleteBucketWebsite"],
    },
}

#: Permissions left out for another reason.
LEFT_OUT = {
    "s3:DeleteBucketEncryption": "is no IAM action: s3:PutEncryptionConfiguration allows it",
    "s3:DeleteBucketLifecycle": "is no IAM action: s3:PutLifecycleConfiguration allows it",
    "s3:DeleteObject": "only empty buckets are deleted",
    "autoloop:AllowVendedLogDeliveryForResource": "the logs are CloudFront's",
    "codewhisperer:AllowVendedLogDeliveryForResource": "the logs are CloudFront's",
    "logs:AllowVendedLogDeliveryForResource": "the logs are CloudFront's",
    "workmail:AllowVendedLogDeliveryForResource": "the logs are CloudFront's",
}

#: What is allowed though no handler asks for it, and who does.
OTHERS = {
    "acm:DescribeCertificate": "provision, before it begins",
    "cloudformation:*": "provision itself",
    "cloudfront:AllowVendedLogDeliveryForResource": "CloudWatch Logs, of who sets up a delivery of CloudFront's logs",
    "cloudfront:GetCachePolicy": "provision, of a policy that exists",
    "cloudfront:GetResponseHeadersPolicy": "provision, of a policy that exists",
    "cloudfront:ListCachePolicies": "provision, before it begins",
    "cloudfront:ListFunctions": "provision, before it begins",
    "cloudfront:ListOriginAccessControls": "provision, before it begins",
    "cloudfront:ListResponseHeadersPolicies": "provision, before it begins",
    "iam:ListAccountAliases": "provision, to name the account",
    "s3:GetBucketPolicy": "provision, of a bucket that exists",
    "s3:PutBucketAcl": "CloudFront, for the first version's logs",
    "wafv2:GetWebACL": "CloudFront, of who names a web ACL",
}

Statements = list[dict[str, Any]]


def read(content: dict[str, Any]) -> tuple[dict[str, Any], Statements]:
    """Return the template's resources and the policy's statements."""
    settings = msgspec.convert(content, Settings)
    return build_template(settings)["Resources"], provision_statements(settings, STACK)


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def may(action: str, arns: list[str], statements: Statements) -> bool:
    """Say whether an action is allowed on one of the resources."""
    for statement in statements:
        resource = statement["Resource"]
        patterns = [resource] if isinstance(resource, str) else resource
        if matches(action, statement["Action"]) and any(matches(arn, patterns) for arn in arns):
            return True
    return False


def find_arns(resource: dict[str, Any]) -> list[str]:
    existing = resource["Properties"].get("Bucket") if resource["Type"] == "AWS::S3::BucketPolicy" else None
    return [f"arn:aws:s3:::{existing}"] if isinstance(existing, str) else RESOURCES[resource["Type"]]


def find_keys(value: Any) -> Iterator[str]:
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from find_keys(item)
    if isinstance(value, dict):
        yield from value


def left_out(resource: dict[str, Any]) -> set[str]:
    """Return patterns of the permissions that a resource with these properties takes none of."""
    there = set(find_keys(resource["Properties"]))
    table = BY_PROPERTY.get(resource["Type"], {})
    return {name for key, names in table.items() if key not in there for name in names} | set(LEFT_OUT)


def asked(resources: Iterable[dict[str, Any]]) -> set[str]:
    """Return all permissions of the resources' handlers."""
    return {name for item in resources for names in HANDLERS[item["Type"]].values() for name in names}


def test_enough() -> None:
    """Every permission of every handler is allowed on the resource, or left out for a reason."""
    missing = {
        f"{resource['Type']} {handler}: {name}": content
        for content in CASES
        for resources, statements in [read(content)]
        for resource in resources.values()
        for handler, names in HANDLERS[resource["Type"]].items()
        for name in names
        if not may(name, find_arns(resource), statements) and not matches(name, left_out(resource))
    }

    assert missing == {}


def test_not_more() -> None:
    """Every action that is allowed is one that a handler asks for, or somebody else."""
    unasked = {
        action: content
        for content in CASES
        for resources, statements in [read(content)]
        for names in [asked(resources.values())]
        for statement in statements
        for action in statement["Action"]
        if not any(fnmatchcase(name, action) for name in names) and not matches(action, OTHERS)
    }

    assert unasked == {}


def test_all_types() -> None:
    """The cases have every type that is recorded, and no other."""
    assert {resource["Type"] for content in CASES for resource in read(content)[0].values()} == set(HANDLERS)
    assert set(HANDLERS) == set(RESOURCES)


def test_enough_to_delete() -> None:
    """Who destroys has what the handlers ask for that read and delete."""
    missing = {
        f"{resource['Type']} {handler}: {name}": content
        for content in CASES
        for settings in [msgspec.convert(content, Settings)]
        for statements in [destroy_statements(settings, STACK)]
        for resource in build_template(settings)["Resources"].values()
        for handler in ("read", "delete")
        for name in HANDLERS[resource["Type"]].get(handler, ())
        if not may(name, find_arns(resource), statements) and not matches(name, left_out(resource))
    }

    assert missing == {}

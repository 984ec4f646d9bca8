"""Finds mistakes in the buckets of a built template and in their policies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..naming import OWN_FOLDER
from .reading import (
    CLOUDFRONT,
    find_references,
    find_resources,
    read_actions,
    read_condition,
    read_principals,
    read_statements,
    read_text,
    read_values,
)

#: Actions that a bucket policy may allow to services (CloudFront developer guide, "Restrict access to an Amazon S3
#: origin" and "Configure standard logging (v2)").
GRANTS = {
    CLOUDFRONT: frozenset({"s3:GetObject", "s3:ListBucket"}),
    "delivery.logs.amazonaws.com": frozenset({"s3:PutObject"}),
}

#: Conditions under which a bucket policy must deny everything (S3 user guide, "Security best practices for Amazon S3").
DENIALS = (("Bool", "aws:SecureTransport", "false"), ("NumericLessThan", "s3:TlsVersion", "1.2"))

_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_NO_ACTION = frozenset({
    "Id", "Status", "Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan",
})  # fmt: skip

_BLOCK_PAGE = '(S3 user guide, "Blocking public access to your Amazon S3 storage")'
_ACL_PAGE = '(S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket")'
_ORIGIN_PAGE = '(CloudFront developer guide, "Restrict access to an Amazon S3 origin")'
_DENIAL_PAGE = '(S3 user guide, "Security best practices for Amazon S3")'


def find_bucket_mistakes(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each mistake in the template's buckets and their policies."""
    logs = {name for config in _distributions(template).values() for name in find_references(config.get("Logging"))}
    for title, properties in find_resources(template, "AWS::S3::Bucket"):
        ownership = "BucketOwnerPreferred" if title in logs else "BucketOwnerEnforced"
        yield from (f"{title}: {mistake}" for mistake in _find_in_bucket(properties, ownership))
    for title, properties in find_resources(template, "AWS::S3::BucketPolicy"):
        yield from (f"{title}: {mistake}" for mistake in _find_in_policy(template, properties))
    yield from _find_missing_policies(template)


def _distributions(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = find_resources(template, "AWS::CloudFront::Distribution")
    return {title: properties["DistributionConfig"] for title, properties in found}


def _find_in_bucket(properties: Mapping[str, Any], ownership: str) -> Iterator[str]:
    for rule in properties.get("LifecycleConfiguration", {}).get("Rules", ()):
        if not set(rule) - _NO_ACTION:
            yield f"its lifecycle rule {rule.get('Id', '')} does nothing"
    if "WebsiteConfiguration" in properties:
        yield "it is a website, which everybody can read"
    blocks = properties.get("PublicAccessBlockConfiguration", {})
    for name in _BLOCKS:
        if blocks.get(name) is not True:
            yield f"PublicAccessBlockConfiguration.{name} is {blocks.get(name)}, and must be true {_BLOCK_PAGE}"
    if "AccessControl" in properties:
        yield f"AccessControl is {properties['AccessControl']}, and only policies say who may read {_ACL_PAGE}"
    rules = properties.get("OwnershipControls", {}).get("Rules", [])
    if [rule["ObjectOwnership"] for rule in rules] != [ownership]:
        yield f"OwnershipControls.Rules is {rules}, and must be {ownership} {_ACL_PAGE}"


def _find_in_policy(template: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[str]:
    document, bucket = properties["PolicyDocument"], properties["Bucket"]
    for effect in ("Allow", "Deny"):
        for name, statement in read_statements(document, effect):
            if not all(_lies_in(resource, bucket) for resource in read_values(statement.get("Resource"))):
                yield f"PolicyDocument.{name} is about another bucket than the policy's"
    distributions = _distributions(template)
    for name, statement in read_statements(document, "Allow"):
        for mistake in _find_in_grant(statement, distributions):
            yield f"PolicyDocument.{name} {mistake}"
    yield from _find_missing_denials(document)


def _find_in_grant(statement: Mapping[str, Any], distributions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for kind, who in read_principals(statement):
        if who == "*":
            yield f"lets anybody in {_ORIGIN_PAGE}"
        elif kind != "Service" or who not in GRANTS:
            yield f"lets {who} in, which is neither CloudFront nor its logs {_ORIGIN_PAGE}"
        elif more := set(read_actions(statement)) - GRANTS[who]:
            most = " and ".join(sorted(GRANTS[who]))
            yield f"has the Action {', '.join(sorted(more))}, and {who} needs {most} at most {_ORIGIN_PAGE}"
        elif who == CLOUDFRONT:
            yield from _find_in_reading(statement, distributions)
        elif not _is_of_account(sources := read_condition(statement, "aws:SourceArn", "ArnLike", "ArnEquals")):
            yield f"has the aws:SourceArn {sources}, and any account's logs could be written {_ORIGIN_PAGE}"


def _find_in_reading(statement: Mapping[str, Any], distributions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    sources = read_condition(statement, "aws:SourceArn", "StringEquals", "ArnEquals")
    if not sources or not all(_is_one_of(source, distributions) for source in sources):
        yield f"has the AWS:SourceArn {sources}, and must name the stack's distribution alone {_ORIGIN_PAGE}"
    if "s3:ListBucket" in read_actions(statement) and not all(
        c.get("DefaultRootObject") for c in distributions.values()
    ):
        yield f"has the Action s3:ListBucket without a DefaultRootObject, so / would list the bucket {_ORIGIN_PAGE}"


def _is_one_of(source: Any, distributions: Mapping[str, Any]) -> bool:
    return bool(set(find_references(source)) & set(distributions)) and "*" not in read_text(source)


def _is_of_account(sources: list[Any]) -> bool:
    return bool(sources) and all("AWS::AccountId" in find_references(source) for source in sources)


def _lies_in(resource: Any, bucket: Any) -> bool:
    if isinstance(bucket, str):
        return re.search(rf":::{re.escape(bucket)}(/|$)", read_text(resource)) is not None
    return set(find_references(bucket)) <= set(find_references(resource))


def _find_missing_denials(document: Mapping[str, Any]) -> Iterator[str]:
    denials = [statement for _, statement in read_statements(document, "Deny")]
    for operator, key, value in DENIALS:
        wanted = {operator: {key: value}}
        if not any(denial.get("Condition") == wanted and _is_for_all(denial) for denial in denials):
            yield f"PolicyDocument denies nothing where {key} is {operator} {value} {_DENIAL_PAGE}"
    if _lets_read(document) and not _hides_records(denials):
        yield f"PolicyDocument lets CloudFront serve what lies in {OWN_FOLDER}, the deployment's own records"


def _is_for_all(statement: Mapping[str, Any]) -> bool:
    reached = [read_text(resource).endswith("/*") for resource in read_values(statement.get("Resource"))]
    is_whole = any(reached) and not all(reached)
    return is_whole and ("AWS", "*") in read_principals(statement) and read_actions(statement) == ["s3:*"]


def _lets_read(document: Mapping[str, Any]) -> bool:
    return any(_is_about_reading(statement) for _, statement in read_statements(document, "Allow"))


def _is_about_reading(statement: Mapping[str, Any]) -> bool:
    return ("Service", CLOUDFRONT) in read_principals(statement) and "s3:GetObject" in read_actions(statement)


def _hides_records(denials: list[dict[str, Any]]) -> bool:
    hidden = [
        read_text(resource)
        for denial in denials
        if _is_about_reading(denial) and "Condition" not in denial
        for resource in read_values(denial.get("Resource"))
    ]
    deep = [text for text in hidden if text.endswith(f"/*/{OWN_FOLDER}/*")]
    return bool(deep) and any(text.endswith(f"/{OWN_FOLDER}/*") for text in hidden if text not in deep)


def _find_missing_policies(template: Mapping[str, Any]) -> Iterator[str]:
    policies = {
        bucket: properties["PolicyDocument"]
        for _, properties in find_resources(template, "AWS::S3::BucketPolicy")
        for bucket in find_references(properties["Bucket"])
    }
    for title, _ in find_resources(template, "AWS::S3::Bucket"):
        if title not in policies:
            yield f"{title}: no bucket policy denies what comes without TLS {_DENIAL_PAGE}"
        elif title in _find_origins(template) and not _lets_read(policies[title]):
            yield f"{title}: no bucket policy lets CloudFront read it, though it is an origin {_ORIGIN_PAGE}"


def _find_origins(template: Mapping[str, Any]) -> set[str]:
    return {
        name
        for config in _distributions(template).values()
        for origin in config.get("Origins", ())
        for name in find_references(origin["DomainName"])
    }

"""Finds permissions that are too wide in the KMS key, the role and the managed policy of a built template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .reading import (
    CLOUDFRONT,
    find_references,
    find_resources,
    read_actions,
    read_condition,
    read_function,
    read_principals,
    read_statements,
    read_text,
    read_values,
)

_KEY_PAGE = '(CloudFront developer guide, "Restrict access to an Amazon S3 origin", SSE-KMS)'
_ACCOUNT_PAGE = '(KMS developer guide, "Default key policy")'
_TRUST_PAGE = '(IAM user guide, "Create a role for OpenID Connect federation")'
_POLICY_PAGE = '(IAM user guide, "Security best practices in IAM")'

_ROOT = "iam::${AWS::AccountId}:root"
_DISTRIBUTIONS = "cloudfront::${AWS::AccountId}:distribution/"
_SUBJECT = re.compile(r"repo:[^:/*?]+/[^:/*?]+:environment:[^*?]+")

# ARNs for everything in AWS, in a service, or of a type.
_EVERYTHING = re.compile(r"\*|.*:((distribution|key|stack)/)?\*.*")


def find_access_mistakes(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each permission that the template's keys, roles and managed policies grant too widely."""
    rooms = (
        ("AWS::KMS::Key", _find_in_key),
        ("AWS::IAM::Role", _find_in_role),
        ("AWS::IAM::ManagedPolicy", _find_in_managed_policy),
    )
    for kind, find in rooms:
        for title, properties in find_resources(template, kind):
            yield from (f"{title}: {mistake}" for mistake in find(properties))


def _find_in_key(properties: Mapping[str, Any]) -> Iterator[str]:
    document = properties["KeyPolicy"]
    for name, statement in read_statements(document, "Allow"):
        for kind, who in read_principals(statement):
            yield from (f"KeyPolicy.{name} {mistake}" for mistake in _find_in_key_grant(statement, kind, who))
    if not any(_is_for_account(statement) for _, statement in read_statements(document, "Allow")):
        yield f"KeyPolicy does not give the account kms:*, so nobody could change the key any more {_ACCOUNT_PAGE}"


def _is_for_account(statement: Mapping[str, Any]) -> bool:
    is_root = any(read_text(who).endswith(_ROOT) for _, who in read_principals(statement))
    return is_root and read_actions(statement) == ["kms:*"] and "Condition" not in statement


def _find_in_key_grant(statement: Mapping[str, Any], kind: str, who: Any) -> Iterator[str]:
    if who == "*":
        yield f"lets anybody in {_KEY_PAGE}"
    elif (kind, who) == ("Service", CLOUDFRONT):
        sources = read_condition(statement, "aws:SourceArn", "StringEquals", "ArnEquals", "ArnLike", "StringLike")
        if not sources or not all(_DISTRIBUTIONS in read_text(source) for source in sources):
            yield f"has the aws:SourceArn {sources}, and must be about the account's own distributions {_KEY_PAGE}"
        if read_actions(statement) != ["kms:Decrypt"]:
            yield f"has the Action {statement.get('Action')}, and CloudFront needs kms:Decrypt alone {_KEY_PAGE}"
    elif kind != "AWS" or not read_text(who).endswith(_ROOT):
        yield f"lets {who} in, which is neither the account nor CloudFront {_KEY_PAGE}"


def _find_in_role(properties: Mapping[str, Any]) -> Iterator[str]:
    for name, statement in read_statements(properties["AssumeRolePolicyDocument"], "Allow"):
        for mistake in _find_in_trust(statement):
            yield f"AssumeRolePolicyDocument.{name} {mistake} {_TRUST_PAGE}"
    for policy in properties.get("ManagedPolicyArns", ()):
        if read_function(policy)[0] != "Ref":
            yield f"ManagedPolicyArns has {policy}, which is not the stack's own {_POLICY_PAGE}"
    if "Policies" in properties:
        yield f"Policies has {properties['Policies']}, and the managed policy is all that it needs {_POLICY_PAGE}"


def _find_in_trust(statement: Mapping[str, Any]) -> Iterator[str]:
    for kind, who in read_principals(statement):
        if kind != "Federated" or ":oidc-provider/" not in read_text(who):
            yield f"has the Principal {who}, and only GitHub's OIDC provider may take on the role"
    if read_actions(statement) != ["sts:AssumeRoleWithWebIdentity"]:
        yield f"has the Action {statement.get('Action')}, and sts:AssumeRoleWithWebIdentity is what GitHub asks for"
    exact = statement.get("Condition", {}).get("StringEquals", {})
    claims = {name.rpartition(":")[2]: value for name, value in exact.items()}
    if not _SUBJECT.fullmatch(read_text(claims.get("sub"))):
        yield f"has the exact sub {claims.get('sub')}, and must have one environment of one repository (StringEquals)"
    if claims.get("aud") != "sts.amazonaws.com":
        yield f"has the exact aud {claims.get('aud')}, and must have sts.amazonaws.com (StringEquals)"


def _find_in_managed_policy(properties: Mapping[str, Any]) -> Iterator[str]:
    for name, statement in read_statements(properties["PolicyDocument"], "Allow"):
        for action in read_actions(statement):
            if "*" in action:
                yield f"PolicyDocument.{name} has the Action {action}, and each must be named {_POLICY_PAGE}"
        for resource in read_values(statement.get("Resource", "*")):
            if _EVERYTHING.fullmatch(read_text(resource)) and not _names_own(resource):
                yield f"PolicyDocument.{name} has the Resource {resource}, and it must be named {_POLICY_PAGE}"


def _names_own(resource: Any) -> bool:
    return any(not name.startswith("AWS::") for name in find_references(resource))

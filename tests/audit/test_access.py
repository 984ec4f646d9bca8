"""Buckets, keys, roles and policies that are opened on purpose: none passes."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from flask_cdn_stack.audit.template import check_template
from flask_cdn_stack.errors import CDNStackError

from .broken import REMOVED, break_template, build

BLOCK = "Bucket.PublicAccessBlockConfiguration"
DOCUMENT = "BucketPolicy.PolicyDocument"
READING = f"{DOCUMENT}.Statement.0"
HIDING = f"{DOCUMENT}.Statement.1"
PLAIN = f"{DOCUMENT}.Statement.2"
DELIVERY = "LogBucketPolicy.PolicyDocument.Statement.0"
KEY = "BucketKey.KeyPolicy"
ACCOUNT, DISTRIBUTIONS = f"{KEY}.Statement.0", f"{KEY}.Statement.1"
TRUST = "DeployRole.AssumeRolePolicyDocument.Statement.0"
DEPLOY = "DeployPolicy.PolicyDocument.Statement"

PROVIDER = "token.actions.githubusercontent.com"
AUDIENCE, SUBJECT = (
    {f"{PROVIDER}:aud": "sts.amazonaws.com"},
    {f"{PROVIDER}:sub": "repo:shop/web:environment:production"},
)
ANY_DISTRIBUTION = {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/*"}
ANY_VERSION = {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}*"}
THIS = {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}
OBJECTS = {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}


def source(operator: str, arn: Any) -> dict[str, Any]:
    return {operator: {"AWS:SourceArn": arn}}


#: The settings, the place in the resources' properties, what is put there, and a part of the message.
BROKEN: list[tuple[str, str, Any, str]] = [
    # Buckets.
    ("bucket", BLOCK, REMOVED, "Bucket: PublicAccessBlockConfiguration.BlockPublicAcls is None"),
    ("bucket", f"{BLOCK}.RestrictPublicBuckets", False, "RestrictPublicBuckets is False, and must be true"),
    ("bucket", "Bucket.WebsiteConfiguration", {"IndexDocument": "index.html"}, "is a website"),
    ("bucket", "Bucket.LifecycleConfiguration.Rules.0", {"Id": "empty", "Status": "Enabled"}, "empty does nothing"),
    ("bucket", "Bucket.AccessControl", "PublicRead", "Bucket: AccessControl is PublicRead"),
    ("bucket", "Bucket.OwnershipControls", REMOVED, "must be BucketOwnerEnforced"),
    ("logs v1", "LegacyLogBucket.OwnershipControls.Rules.0.ObjectOwnership", "BucketOwnerEnforced", "OwnerPreferred"),
    # Who reads the bucket.
    ("bucket", f"{READING}.Condition", REMOVED, "BucketPolicy: PolicyDocument.AllowDistribution has the AWS"),
    ("failover", f"{READING}.Condition", source("StringEquals", ANY_DISTRIBUTION), "distribution alone"),
    ("bucket", f"{READING}.Condition", source("StringEquals", [THIS, ANY_DISTRIBUTION]), "distribution alone"),
    ("bucket", f"{READING}.Condition", source("ArnEquals", ANY_VERSION), "distribution alone"),
    ("bucket", f"{READING}.Condition", source("StringEqualsIfExists", THIS), "has the AWS:SourceArn []"),
    ("bucket", f"{READING}.Action", "s3:*", "AllowDistribution has the Action s3:*"),
    ("missing", f"{HIDING}.Action", ["s3:ListBucket", "s3:ListBucketVersions"], "has the Action s3:ListBucketVersions"),
    ("missing", "Distribution.DistributionConfig.DefaultRootObject", REMOVED, "without a DefaultRootObject"),
    ("bucket", f"{READING}.Principal", {"AWS": "arn:aws:iam::111122223333:root"}, "lets arn:aws:iam::111122223333"),
    ("bucket", f"{READING}.Principal", REMOVED, "lets anybody in"),
    ("logs v2", f"{READING}.Resource", {"Fn::GetAtt": ["LogBucket", "Arn"]}, "another bucket"),
    ("existing", f"{READING}.Resource", "arn:aws:s3:::shop-assets-2/*", "another bucket"),
    ("bucket", f"{READING}.Effect", "Deny", "no bucket policy lets CloudFront read it"),
    ("logs v2", f"{DELIVERY}.Condition", REMOVED, "LogBucketPolicy: PolicyDocument.AllowLogDelivery has the"),
    ("logs v2", f"{DELIVERY}.Action", "s3:*", "AllowLogDelivery has the Action s3:*"),
    # Who does not.
    ("bucket", HIDING, REMOVED, "lets CloudFront serve what lies in .flask-cdn-stack"),
    ("bucket", f"{HIDING}.Resource.0", REMOVED, "lets CloudFront serve"),
    ("bucket", f"{HIDING}.Action", "s3:PutObject", "lets CloudFront serve"),
    ("existing", f"{HIDING}.Condition", {"Bool": {"aws:SecureTransport": "false"}}, "lets CloudFront serve"),
    ("bucket", PLAIN, REMOVED, "denies nothing where aws:SecureTransport is Bool false"),
    ("bucket", f"{PLAIN}.Condition.Bool", {"aws:SecureTransport": "true"}, "denies nothing where aws:SecureTransport"),
    ("bucket", f"{PLAIN}.Effect", "Allow", "DenyPlainHTTP lets anybody in"),
    ("logs v1", "LogBucketPolicy.PolicyDocument.Statement.1", REMOVED, "denies nothing where s3:TlsVersion"),
    # The key.
    ("key", f"{DISTRIBUTIONS}.Principal", "*", "BucketKey: KeyPolicy.AllowDistributions lets anybody in"),
    ("key", f"{ACCOUNT}.Principal", {"AWS": "arn:aws:iam::999999999999:root"}, "neither the account nor CloudFront"),
    ("key", ACCOUNT, REMOVED, "nobody could change the key any more"),
    ("key", f"{ACCOUNT}.Action", "kms:Decrypt", "nobody could change the key any more"),
    ("key", f"{DISTRIBUTIONS}.Action", "kms:*", "AllowDistributions has the Action kms:*"),
    ("key", f"{DISTRIBUTIONS}.Condition", REMOVED, "AllowDistributions has the aws:SourceArn []"),
    ("key", f"{DISTRIBUTIONS}.Condition.ArnLike", {"aws:SourceArn": "arn:aws:cloudfront::*"}, "own distributions"),
    # The role.
    ("github", f"{TRUST}.Condition", REMOVED, "DeployRole: AssumeRolePolicyDocument.AllowGitHubEnvironment"),
    ("github", f"{TRUST}.Condition", {"StringLike": {**AUDIENCE, **SUBJECT}}, "has the exact sub None"),
    ("github", f"{TRUST}.Condition.StringEquals", AUDIENCE, "has the exact sub None"),
    ("github", f"{TRUST}.Condition.StringEquals", {f"{PROVIDER}:sub": "repo:shop/*"}, "has the exact sub repo:shop/*"),
    ("github", f"{TRUST}.Condition.StringEquals", SUBJECT, "has the exact aud None"),
    ("github", f"{TRUST}.Principal", {"AWS": "arn:aws:iam::111122223333:root"}, "has the Principal arn:aws:iam"),
    ("github", f"{TRUST}.Action", "sts:*", "has the Action sts:*"),
    ("github", "DeployRole.ManagedPolicyArns.0", "arn:aws:iam::aws:policy/AdministratorAccess", "not the stack's own"),
    ("github", "DeployRole.Policies", [{"PolicyName": "more"}], "DeployRole: Policies has"),
    # What a deployment may do.
    ("key", f"{DEPLOY}.0.Action", "*", "DeployPolicy: PolicyDocument.ListFiles has the Action *"),
    ("key", f"{DEPLOY}.1.Action", ["s3:GetObject", "s3:Put*"], "PublishFiles has the Action s3:Put*"),
    ("key", f"{DEPLOY}.0.Action", REMOVED, "ListFiles has the Action *"),
    ("key", f"{DEPLOY}.1.Resource", "*", "PublishFiles has the Resource *"),
    ("key", f"{DEPLOY}.3.Resource", ANY_DISTRIBUTION, "InvalidateFiles has the Resource"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "place", "value", "message"), BROKEN, ids=[place for _, place, *_ in BROKEN])
def test_broken(name: str, place: str, value: Any, message: str) -> None:
    """Each is refused with the resource, the place and what is wrong with it."""
    with pytest.raises(CDNStackError) as caught:
        check_template(break_template(name, {place: value}))

    assert message in caught.value.message


@pytest.mark.parametrize("name", ["bucket", "failover", "logs v1", "github"])
def test_bucket_without_policy(name: str) -> None:
    """Serves nothing, and is read over plain http by whoever else has a right."""
    template = copy.deepcopy(build(name))
    del template["Resources"]["BucketPolicy"]

    with pytest.raises(CDNStackError, match="Bucket: no bucket policy"):
        check_template(template)


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        # Keys of conditions are compared in any case, and one action may stand in a list.
        ("bucket", f"{READING}.Condition", {"StringEquals": {"aws:sourcearn": [THIS]}}),
        ("bucket", f"{READING}.Action", ["s3:GetObject"]),
        ("key", f"{DISTRIBUTIONS}.Action", ["kms:Decrypt"]),
        # A name is there, though a wildcard follows it.
        ("key", f"{DEPLOY}.1.Resource", [OBJECTS]),
    ],
)
def test_written_otherwise(name: str, place: str, value: Any) -> None:
    """The same right in other words passes."""
    check_template(break_template(name, {place: value}))

"""The policies of those who deploy and of those who provision."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from troposphere import cloudfront

import flask_cdn_stack
from flask_cdn_stack.infrastructure.bucket import Place, build_bucket, locate_bucket
from flask_cdn_stack.infrastructure.iam import (
    build_deploy_policy,
    build_github_role,
    deploy_statements,
    provision_statements,
)
from flask_cdn_stack.infrastructure.iam_actions import policy_document
from flask_cdn_stack.infrastructure.iam_destroy import destroy_statements
from flask_cdn_stack.settings.model import Settings

PACKAGE = Path(flask_cdn_stack.__file__).parent
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-3:{ACCOUNT}:key/1234"
SHOP = Place("shop", "arn:aws:s3:::shop", "")
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
STACK = f"arn:aws:cloudformation:eu-west-3:{ACCOUNT}:stack/Shop-cdn/*"
GITHUB: dict[str, Any] = {"access": {"github": "shop/website:production"}}
PROVIDER = "token.actions.githubusercontent.com"
ENTERPRISE = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{PROVIDER}/shop"


def allow(sid: str, resource: str, *actions: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}


LIST = allow("ListFiles", "arn:aws:s3:::shop", "s3:ListBucket", "s3:ListBucketVersions")
PUBLISH = allow(
    "PublishFiles", "arn:aws:s3:::shop/*",
    "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
)  # fmt: skip
ENCRYPT = allow("EncryptFiles", KEY, "kms:GenerateDataKey", "kms:Decrypt")
FORMER = {**allow("ReadFormerFiles", KEY, "kms:Decrypt"), "Resource": [KEY]}
INVALIDATE = allow("InvalidateFiles", DISTRIBUTION, "cloudfront:CreateInvalidation", "cloudfront:GetInvalidation")
LOOK = allow("ReadDistribution", DISTRIBUTION, "cloudfront:GetDistribution")
READ = allow("ReadStack", STACK, "cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents")
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0badcafe"
NAMED = allow("ReadCertificate", CERTIFICATE, "acm:DescribeCertificate")
LIST_BELOW = {**LIST, "Condition": {"StringLike": {"s3:prefix": "a/b/*"}}}
PUBLISH_BELOW = {**PUBLISH, "Resource": "arn:aws:s3:::shop/a/b/*"}


def make(**content: Any) -> Settings:
    return msgspec.convert(content, Settings)


def policy(**content: Any) -> Any:
    settings = make(**content)
    place = locate_bucket(settings, None if settings.bucket.existing else build_bucket(settings))
    return build_deploy_policy(settings, place, cloudfront.Distribution("Distribution"))


def role(**content: Any) -> dict[str, Any]:
    made = build_github_role(make(**content), policy(**content))
    assert made is not None
    return dict(made.to_dict())


def named(statements: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in statements}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, [LIST, PUBLISH, INVALIDATE, LOOK, READ]),
        ({"delivery": {"certificate_arn": CERTIFICATE}}, [LIST, PUBLISH, INVALIDATE, LOOK, READ, NAMED]),
        ({"assets": {"prefix": "a/b"}}, [LIST_BELOW, PUBLISH_BELOW, INVALIDATE, LOOK, READ]),
        ({"bucket": {"encryption": "kms"}}, [LIST, PUBLISH, ENCRYPT, INVALIDATE, LOOK, READ]),
        ({"bucket": {"former_keys": [KEY]}}, [LIST, PUBLISH, FORMER, INVALIDATE, LOOK, READ]),
        (
            {"bucket": {"encryption": f"kms:{KEY}", "existing": "shop"}, "assets": {"prefix": "a/b"}},
            [LIST_BELOW, PUBLISH_BELOW, ENCRYPT, INVALIDATE, LOOK, READ],
        ),
    ],
)
def test_deploy(content: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    """These are the rights that deploying takes, each on the one resource, below the prefix."""
    assert deploy_statements(make(**content), SHOP, DISTRIBUTION, STACK, key=KEY) == expected


@pytest.mark.parametrize(
    ("place", "distribution", "stack", "expected"),
    [
        (None, DISTRIBUTION, STACK, [INVALIDATE, LOOK, READ]),
        (SHOP, None, STACK, [LIST, PUBLISH, READ]),
        (SHOP, DISTRIBUTION, None, [LIST, PUBLISH, INVALIDATE, LOOK]),
        (SHOP, None, None, [LIST, PUBLISH]),
    ],
)
def test_deploy_without(place: Any, distribution: Any, stack: Any, expected: list[dict[str, Any]]) -> None:
    """What there is not takes no right."""
    assert deploy_statements(make(), place, distribution, stack) == expected


def test_deploy_covers_the_code() -> None:
    """Every action that the code names where it asks S3 and CloudFront is allowed, and no other."""
    asked = {f"cloudfront:{name}" for name in find(r'_asking\("(\w+)"', "aws/cloudfront.py")}
    for file in ("aws/storage.py", "aws/versions.py", "aws/boto3_transport.py", "aws/obstore_transport.py"):
        asked |= find(r'"(s3:\w+)"', file)
    granted = {action for statement in (LIST, PUBLISH, INVALIDATE, LOOK) for action in statement["Action"]}

    # What is sent in parts is cleared away where it fails, which needs no word of what it was.
    assert asked | {"s3:AbortMultipartUpload"} == granted


def find(pattern: str, file: str) -> set[str]:
    return set(re.findall(pattern, (PACKAGE / file).read_text("utf-8")))


def test_managed_policy() -> None:
    """The policy of the template names the stack's own resources, and nothing of the account's."""
    made = policy(access={"deploy_policy": True}, bucket={"encryption": "kms"}).to_dict()
    statements = named(made["Properties"]["PolicyDocument"]["Statement"])

    assert made["Type"] == "AWS::IAM::ManagedPolicy"
    assert "ManagedPolicyName" not in made["Properties"]
    arn = {"Fn::GetAtt": ["Bucket", "Arn"]}
    arns, account = "arn:${AWS::Partition}", "${AWS::AccountId}"
    distribution = {"Fn::Sub": f"{arns}:cloudfront::{account}:distribution/${{Distribution}}"}
    assert {sid: statement["Resource"] for sid, statement in statements.items()} == {
        "ListFiles": arn,
        "PublishFiles": {"Fn::Join": ["", [arn, "/*"]]},
        "EncryptFiles": {"Fn::GetAtt": ["BucketKey", "Arn"]},
        "InvalidateFiles": distribution,
        "ReadDistribution": distribution,
        "ReadStack": {"Fn::Sub": f"{arns}:cloudformation:${{AWS::Region}}:{account}:stack/${{AWS::StackName}}/*"},
    }


@pytest.mark.parametrize(
    ("access", "has_policy", "has_role"),
    [
        ({}, False, False),
        ({"deploy_policy": True}, True, False),
        ({"github": "a/b:c"}, True, True),
        ({"github": "a/b:c", "deploy_policy": True}, True, True),
    ],
)
def test_what_is_made(access: dict[str, Any], has_policy: bool, has_role: bool) -> None:
    """A role brings its policy along; neither is made unasked."""
    made = policy(access=access)

    assert (made is not None) is has_policy
    assert (build_github_role(make(access=access), made) is not None) is has_role


@pytest.mark.parametrize(
    ("provider", "federated", "issuer"),
    [
        (None, {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{PROVIDER}"}, PROVIDER),
        (ENTERPRISE, ENTERPRISE, f"{PROVIDER}/shop"),
    ],
)
def test_role(provider: str | None, federated: Any, issuer: str) -> None:
    """Exactly one environment of one repository takes the role on, and may do what the policy says."""
    made = role(access={"github": "shop/website:production", "oidc_provider_arn": provider})

    assert made["Properties"]["ManagedPolicyArns"] == [{"Ref": "DeployPolicy"}]
    (statement,) = made["Properties"]["AssumeRolePolicyDocument"].pop("Statement")
    assert made["Properties"]["AssumeRolePolicyDocument"] == {"Version": "2012-10-17"}
    assert statement == {
        "Sid": "AllowGitHubEnvironment",
        "Effect": "Allow",
        "Principal": {"Federated": federated},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{issuer}:aud": "sts.amazonaws.com",
                f"{issuer}:sub": "repo:shop/website:environment:production",
            }
        },
    }


def provision(stack: str = STACK, **content: Any) -> dict[str, dict[str, Any]]:
    return named(provision_statements(make(**content), stack))


CDN = f"arn:aws:cloudfront::{ACCOUNT}"
BASE = {
    "ManageStack": [STACK, f"arn:aws:cloudformation:eu-west-3:{ACCOUNT}:changeSet/flask-cdn-stack-*/*"],
    "FindStacks": "*",
    "NameAccount": "*",
    "CountResources": "*",
    "ManageBuckets": "arn:aws:s3:::shop-cdn-*",
    "ManageDistribution": f"{CDN}:distribution/*",
    "ManageOriginAccessControl": f"{CDN}:origin-access-control/*",
    "ManageCachePolicy": f"{CDN}:cache-policy/*",
    "ManageResponseHeadersPolicy": f"{CDN}:response-headers-policy/*",
}
FUNCTIONS = {"ManageFunctions": f"{CDN}:function/Shop-cdn-*"}
POLICY = {"ManageDeployPolicy": f"arn:aws:iam::{ACCOUNT}:policy/Shop-cdn-*"}
ROLE = dict.fromkeys(("ManageDeployRole", "AttachDeployPolicy"), f"arn:aws:iam::{ACCOUNT}:role/Shop-cdn-*")
LOGS = f"arn:aws:logs:eu-west-3:{ACCOUNT}"


def without(*sids: str) -> dict[str, Any]:
    return {sid: resource for sid, resource in BASE.items() if sid not in sids}


PROVISIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, BASE),
    (
        {
            "bucket": {"existing": "shop"}, "origin": "app",
            "delivery": {"cache_policy_id": "x", "response_headers_policy_id": "x"},
        },
        {
            **{sid: BASE[sid] for sid in ("ManageStack", "ManageDistribution", "CountResources", "NameAccount")},
            **FUNCTIONS, "ReadCachePolicy": f"{CDN}:cache-policy/x",
            "ReadHeadersPolicy": f"{CDN}:response-headers-policy/x",
        },
    ),
    ({"origin": "app"}, {**without("FindStacks", "ManageBuckets", "ManageOriginAccessControl"), **FUNCTIONS}),
    ({"query_strings": "all", "unsafe_query_strings": True}, {**BASE, **FUNCTIONS}),
    ({"assets": {"immutable": True}}, {**BASE, **FUNCTIONS}),
    (
        {"bucket": {"existing": "shop"}},
        {**without("FindStacks", "ManageBuckets"), "CheckBucketPolicy": "arn:aws:s3:::shop"},
    ),
    (
        {"bucket": {"existing": "shop"}, "delivery": {"logs": "v1"}},
        {**without("FindStacks"), "CheckBucketPolicy": "arn:aws:s3:::shop"},
    ),
    ({"bucket": {"encryption": "kms"}}, {**BASE, "CreateKey": "*", "ManageKey": KEY.replace("1234", "*")}),
    ({"bucket": {"encryption": f"kms:{KEY}"}}, BASE),
    (
        {"delivery": {"cache_policy_id": "x", "response_headers_policy_id": "x"}},
        {
            **without("ManageCachePolicy", "ManageResponseHeadersPolicy"),
            "ReadCachePolicy": f"{CDN}:cache-policy/x",
            "ReadHeadersPolicy": f"{CDN}:response-headers-policy/x",
        },
    ),
    ({"delivery": {"certificate_arn": "arn:aws:acm:x"}}, {**BASE, "ReadCertificate": "arn:aws:acm:x"}),
    (
        {
            "delivery": {  # AWS's own, which need not be read
                "cache_policy_id": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                "response_headers_policy_id": "67f7725c-6f97-4210-82d7-5512b31e9d03",
            }
        },
        without("ManageCachePolicy", "ManageResponseHeadersPolicy"),
    ),
    ({"delivery": {"waf_arn": "arn:aws:wafv2:x"}}, {**BASE, "UseFirewall": "arn:aws:wafv2:x"}),
    (
        {"delivery": {"hosted_zone_id": "Z1"}},
        {
            **BASE, "ManageRecords": "arn:aws:route53:::hostedzone/Z1", "FindZone": "*",
            "FollowRecords": "arn:aws:route53:::change/*",
        },
    ),
    (
        {"delivery": {"logs": "v2"}},
        {
            **BASE,
            "ManageLogDelivery": [
                f"{LOGS}:delivery-source:Shop-cdn-*", f"{LOGS}:delivery-destination:Shop-cdn-*", f"{LOGS}:delivery:*"
            ],
            "ListLogDeliveries": "*",
            "DeliverLogs": f"{CDN}:distribution/*",
        },
    ),
    ({"access": {"deploy_policy": True}}, {**BASE, **POLICY}),
    (GITHUB, {**BASE, **POLICY, **ROLE}),
    ({**GITHUB, "origin": "app"}, {**without("FindStacks", "ManageBuckets", "ManageOriginAccessControl"), **FUNCTIONS}),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), PROVISIONS)
def test_provision(content: dict[str, Any], expected: dict[str, Any]) -> None:
    """Rights come with the settings that need them, on the stack's own resources where names are known before."""
    statements = provision(**content)

    assert {sid: statement["Resource"] for sid, statement in statements.items()} == expected
    assert {statement["Effect"] for statement in statements.values()} == {"Allow"}


def test_provision_covers_the_code() -> None:
    """Every action that the code names where it asks CloudFormation is allowed."""
    asked = find(r'"(cloudformation:\w+)"', "aws/cloudformation.py")

    assert len(asked) > 5
    assert asked <= set(provision()["ManageStack"]["Action"])


def destroy(**content: Any) -> dict[str, dict[str, Any]]:
    return named(destroy_statements(make(**content), STACK))


def test_destroy() -> None:
    """Takes down what there is, and makes nothing: but for the record of what is being deleted."""
    statements = destroy()
    assert {sid: statement["Resource"] for sid, statement in statements.items()} == {
        **without("ManageStack", "CountResources"),
        "DeleteStack": STACK,
        "FindStacks": "*",
        "ListVersions": "arn:aws:s3:::shop-cdn-*",
        "DeleteFiles": "arn:aws:s3:::shop-cdn-*/*",
    }
    made = [action for item in statements.values() for action in item["Action"] if re.search(":(Create|Put)", action)]
    assert made == ["s3:PutObject"]
    assert "cloudfront:UpdateDistribution" in statements["ManageDistribution"]["Action"]


@pytest.mark.parametrize(
    ("content", "sids"),
    [
        ({"bucket": {"existing": "shop"}}, set()),
        ({"origin": "app"}, set()),
        ({"bucket": {"encryption": "kms"}}, {"ListVersions", "DeleteFiles", "ReadRecords"}),
    ],
)
def test_destroy_empties_the_stacks_own_bucket(content: dict[str, Any], sids: set[str]) -> None:
    """And no other."""
    assert {*destroy(**content)} & {"ListVersions", "DeleteFiles", "ReadRecords"} == sids


def test_destroy_covers_the_code() -> None:
    """Every action is allowed that the code names where it empties a bucket and looks for stacks."""
    files = ("aws/bucket_emptying.py", "aws/stack_resources.py")
    asked = {action for file in files for action in find(r'"((?:s3|cloudformation):\w+)"', file)}
    granted = {action for statement in destroy().values() for action in statement["Action"]}

    assert len(asked) > 6
    assert asked <= granted


@pytest.mark.parametrize(
    ("content", "sid", "action", "allowed"),
    [
        ({"delivery": {"logs": "v1"}}, "ManageBuckets", "s3:PutBucketAcl", True),
        ({}, "ManageBuckets", "s3:PutBucketAcl", False),
        ({"bucket": {"existing": "shop"}}, "CheckBucketPolicy", "s3:GetBucketPolicy", True),
        ({"bucket": {"existing": "shop"}}, "CheckBucketPolicy", "s3:PutBucketPolicy", False),
        ({"bucket": {"existing": "shop", "manage_policy": True}}, "CheckBucketPolicy", "s3:PutBucketPolicy", True),
    ],
)
def test_provision_action(content: dict[str, Any], sid: str, action: str, allowed: bool) -> None:
    """An action that only some settings need is allowed for them alone."""
    assert (action in provision(**content)[sid]["Action"]) is allowed


def test_role_takes_no_other_policy() -> None:
    """Who provisions attaches to the role nothing but policies of the stack."""
    attach = provision(**GITHUB)["AttachDeployPolicy"]

    assert attach["Condition"] == {"ArnLike": {"iam:PolicyARN": f"arn:aws:iam::{ACCOUNT}:policy/Shop-cdn-*"}}
    assert [sid for sid, item in provision(**GITHUB).items() if "iam:AttachRolePolicy" in item["Action"]] == [
        "AttachDeployPolicy"
    ]


def test_long_names_are_cut() -> None:
    """CloudFormation cuts a long stack's name where it makes names from it, so the pattern ends before that."""
    statements = provision(stack=STACK.replace("Shop-cdn", "S" + "x" * 39))

    assert statements["ManageBuckets"]["Resource"] == "arn:aws:s3:::s" + "x" * 23 + "*"


EVERYTHING: dict[str, Any] = {
    **GITHUB,
    "origin": "failover",
    "app_origin": {"domain": "shop.example", "paths": ["/static/*"]},
    "bucket": {"encryption": "kms"},
    "delivery": {
        "logs": "v2",
        "aliases": ["cdn.shop.example"],
        "certificate_arn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0f0e0d0c-1111-2222-3333-444455556666",
        "hosted_zone_id": "Z1EXAMPLE",
    },
}


def test_provision_fits_a_policy() -> None:
    """With everything in it, it is one managed policy, which holds 6,144 characters (IAM user guide, "Quotas")."""
    statements = provision_statements(make(**EVERYTHING), STACK)

    assert len(msgspec.json.encode(policy_document(statements))) < 6144
    assert len({statement["Sid"] for statement in statements}) == len(statements)

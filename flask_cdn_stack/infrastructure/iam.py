"""Builds the IAM policies and the GitHub role: the permissions to deploy, and to provision.

Every statement says as its Sid what it is for. ARNs are functions in the template, and text in a printed policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import Ref, Sub
from troposphere import iam as t

from ..checks.cache_keys import MANAGED
from ..checks.content_security import lets_viewers_choose
from ..checks.headers import MANAGED_POLICIES
from ..settings.model import Settings
from . import iam_actions as actions
from .bucket import Place, build_distribution_arn, join_arn
from .encryption import has_own_key, key_arn
from .iam_actions import policy_document

#: Pattern for the change sets that provision creates.
CHANGE_SETS = "changeSet/flask-cdn-stack-*/*"

_GITHUB = "token.actions.githubusercontent.com"


def deploy_statements(
    settings: Settings, place: Place | None, distribution_arn: Any, stack_arn: Any, key: Any = None
) -> list[dict[str, Any]]:
    """Return the statements for deploy, releases, rollback, prune, status and verify.

    :param place: the bucket; None if files are not deployed to one.
    :param distribution_arn: None if the CDN is not CloudFront.
    :param stack_arn: None if another tool manages bucket and CDN.
    :param key: the stack's own key or its ARN, as for :func:`.encryption.key_arn`.
    """
    statements = _bucket_statements(settings, place, key) if place else []
    if distribution_arn is not None:
        statements.append(allow("InvalidateFiles", actions.INVALIDATION, distribution_arn))
        statements.append(allow("ReadDistribution", ["cloudfront:GetDistribution"], distribution_arn))
    if stack_arn is not None:
        statements.append(allow("ReadStack", actions.STACK_READS, stack_arn))
    if stack_arn is not None and settings.delivery.certificate_arn:
        statements.append(allow("ReadCertificate", ["acm:DescribeCertificate"], settings.delivery.certificate_arn))
    return statements


def build_deploy_policy(settings: Settings, place: Place | None, distribution: Any) -> t.ManagedPolicy | None:
    """Build the managed policy with :func:`deploy_statements`; None if the settings ask for none.

    A role for GitHub needs it, too. It has no custom name, so that the stack does not need ``CAPABILITY_NAMED_IAM``.
    """
    if not (settings.access.deploy_policy or settings.access.github):
        return None
    statements = deploy_statements(settings, place, build_distribution_arn(distribution), _own_stack())
    return t.ManagedPolicy(
        "DeployPolicy",
        Description="What flask-cdn-stack needs to deploy static files",
        PolicyDocument=policy_document(statements),
    )


def build_github_role(settings: Settings, policy: t.ManagedPolicy | None) -> t.Role | None:
    """Build the role that one environment of one GitHub repository may assume; None if the settings name none.

    The claim ``sub`` must equal the setting exactly, with ids or without: for one repository GitHub always sends the
    same form (GitHub documentation, "OpenID Connect reference", Immutable subject claims).

    GitHub's OIDC provider exists once per account, and is not created here (IAM user guide, "Create a role for OpenID
    Connect federation").
    """
    if settings.access.github is None or policy is None:
        return None
    return t.Role(
        "DeployRole",
        Description="Lets GitHub Actions deploy static files with flask-cdn-stack",
        AssumeRolePolicyDocument=policy_document([_allow_github(settings)]),
        ManagedPolicyArns=[Ref(policy)],
    )


def _bucket_statements(settings: Settings, place: Place, key: Any) -> list[dict[str, Any]]:
    prefix = settings.assets.prefix
    # StringLike without IfExists, so that other keys in the bucket stay hidden. This also keeps S3 from answering that
    # an object or version is missing (such a request has no prefix): after a denial, the code lists it by its key.
    below = {"StringLike": {"s3:prefix": f"{prefix}/*"}} if prefix else None
    statements = [
        allow("ListFiles", actions.LISTS, place.arn, below),
        allow("PublishFiles", actions.FILES, join_arn(place.arn, f"/{prefix}/*" if prefix else "/*")),
    ]
    if (arn := key_arn(settings, key)) is not None:
        # S3 also decrypts when it completes a multipart upload.
        statements.append(allow("EncryptFiles", ["kms:GenerateDataKey", "kms:Decrypt"], arn))
    if former := settings.bucket.former_keys:
        statements.append(allow("ReadFormerFiles", ["kms:Decrypt"], list(former)))
    return statements


def _own_stack() -> Sub:
    # Not the stack's id: IAM checks a request by the stack's name against an ARN without the id.
    return Sub("arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${AWS::StackName}/*")


def _allow_github(settings: Settings) -> dict[str, Any]:
    repository, _, environment = str(settings.access.github).partition(":")
    provider = settings.access.oidc_provider_arn
    issuer = provider.partition("oidc-provider/")[2] if provider else _GITHUB
    usual = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{_GITHUB}")
    # StringEquals and not StringLike: with a pattern, other branches or repositories could deploy.
    condition = {
        f"{issuer}:aud": "sts.amazonaws.com",
        f"{issuer}:sub": f"repo:{repository}:environment:{environment}",
    }
    return {
        "Sid": "AllowGitHubEnvironment",
        "Effect": "Allow",
        "Principal": {"Federated": provider or usual},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": condition},
    }


def allow(sid: str, names: Sequence[str], resource: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a statement that allows actions on a resource."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(names), "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


@dataclass(frozen=True)
class Scope:
    """Partition, region, account and name of a stack; region and account may be wildcards."""

    partition: str
    region: str
    account: str
    stack: str

    @property
    def names(self) -> str:
        """Pattern for the names that CloudFormation generates from the stack's name, which it truncates if long."""
        return f"{self.stack}-*" if len(self.stack) <= 24 else f"{self.stack[:24]}*"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of a regional service."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of a global service."""
        return f"arn:{self.partition}:{service}::{self.account}:{resource}"

    def bucket_arn(self, name: str) -> str:
        """Return the ARN of a bucket, which has neither region nor account."""
        return f"arn:{self.partition}:s3:::{name}"


def provision_statements(settings: Settings, stack_arn: str) -> list[dict[str, Any]]:
    """Return the statements for provision and for CloudFormation, which acts with the caller's permissions.

    Each type of resource has the permissions that its handlers need to create, read, update and delete it
    (CloudFormation CLI user guide, "Resource type schema"), as far as the template has properties that need them. If
    the settings ask for IAM resources, whoever has these permissions can also grant permissions.

    To delete a resource that a change of settings removes, the permissions for the former settings are needed.

    :param stack_arn: as text, ending in ``/*``; region and account may be ``*``.
    """
    scope = find_scope(stack_arn)
    return [
        allow("ManageStack", actions.STACK, [stack_arn, scope.arn("cloudformation", CHANGE_SETS)]),
        *_look_ahead(settings, scope),
        *manage_resources(settings, scope),
    ]


def find_scope(stack_arn: str) -> Scope:
    """Return the scope of a stack's ARN."""
    partition, _, region, account, stack = stack_arn.split(":")[1:6]
    return Scope(partition, region, account, stack.split("/")[1])


def manage_resources(settings: Settings, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield the statements to create, update and delete the stack's resources."""
    yield from _manage_buckets(settings, scope)
    yield from _manage_delivery(settings, scope)
    yield from _manage_logs(settings, scope)
    yield from _manage_names(settings, scope)
    yield from _manage_key(settings, scope)
    yield from _manage_access(settings, scope)


def _look_ahead(settings: Settings, scope: Scope) -> Iterator[dict[str, Any]]:
    # For checks before the change, which are skipped without these permissions.
    yield allow("NameAccount", ["iam:ListAccountAliases"], "*")
    delivery = settings.delivery
    counts = {
        "CachePolicies": not delivery.cache_policy_id,
        "Functions": _has_functions(settings),
        "OriginAccessControls": settings.has_bucket,
        "ResponseHeadersPolicies": not delivery.response_headers_policy_id,
    }
    if settings.has_bucket and settings.bucket.existing is None:
        yield allow("FindStacks", actions.FOUND_STACKS, "*")
    if names := [f"cloudfront:List{name}" for name, is_made in counts.items() if is_made]:
        yield allow("CountResources", names, "*")
    if delivery.cache_policy_id and delivery.cache_policy_id not in MANAGED:
        policy = scope.global_arn("cloudfront", f"cache-policy/{delivery.cache_policy_id}")
        yield allow("ReadCachePolicy", ["cloudfront:GetCachePolicy"], policy)
    if delivery.response_headers_policy_id and delivery.response_headers_policy_id not in MANAGED_POLICIES:
        policy = scope.global_arn("cloudfront", f"response-headers-policy/{delivery.response_headers_policy_id}")
        yield allow("ReadHeadersPolicy", ["cloudfront:GetResponseHeadersPolicy"], policy)
    if delivery.certificate_arn:
        yield allow("ReadCertificate", ["acm:DescribeCertificate"], delivery.certificate_arn)


def _manage_buckets(settings: Settings, scope: Scope) -> Iterator[dict[str, Any]]:
    bucket, logs = settings.bucket, settings.delivery.logs
    if logs or (settings.has_bucket and bucket.existing is None):
        # For version 1 of the logs, CloudFront adds an ACL to the bucket.
        acl = ["s3:PutBucketAcl"] if logs == "v1" else []
        yield allow("ManageBuckets", [*actions.BUCKET, *acl], scope.bucket_arn(scope.names.lower()))
    if settings.has_bucket and bucket.existing is not None:
        writes = ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"] if bucket.manage_policy else []
        yield allow("CheckBucketPolicy", ["s3:GetBucketPolicy", *writes], scope.bucket_arn(bucket.existing))


def _manage_delivery(settings: Settings, scope: Scope) -> Iterator[dict[str, Any]]:
    delivery = settings.delivery
    kinds = (
        ("OriginAccessControl", "origin-access-control", settings.has_bucket),
        ("CachePolicy", "cache-policy", not delivery.cache_policy_id),
        ("ResponseHeadersPolicy", "response-headers-policy", not delivery.response_headers_policy_id),
    )
    yield allow("ManageDistribution", actions.DISTRIBUTION, scope.global_arn("cloudfront", "distribution/*"))
    for kind, resource, is_made in kinds:
        if is_made:
            names = [f"cloudfront:{verb}{kind}" for verb in ("Create", "Delete", "Get", "Update")]
            yield allow(f"Manage{kind}", names, scope.global_arn("cloudfront", f"{resource}/*"))
    if _has_functions(settings):
        yield allow("ManageFunctions", actions.FUNCTION, scope.global_arn("cloudfront", f"function/{scope.stack}-*"))
    if delivery.waf_arn:
        yield allow("UseFirewall", ["wafv2:GetWebACL"], delivery.waf_arn)


def _has_functions(settings: Settings) -> bool:
    return settings.has_app_origin or lets_viewers_choose(settings) or settings.assets.maps_query


def _manage_logs(settings: Settings, scope: Scope) -> Iterator[dict[str, Any]]:
    if settings.delivery.logs != "v2":
        return
    own = [scope.arn("logs", f"{kind}:{scope.stack}-*") for kind in ("delivery-source", "delivery-destination")]
    yield allow("ManageLogDelivery", actions.DELIVERY, [*own, scope.arn("logs", "delivery:*")])
    yield allow("ListLogDeliveries", ["logs:DescribeDeliveries"], "*")
    vended = ["cloudfront:AllowVendedLogDeliveryForResource"]
    yield allow("DeliverLogs", vended, scope.global_arn("cloudfront", "distribution/*"))


def _manage_names(settings: Settings, scope: Scope) -> Iterator[dict[str, Any]]:
    if zone := settings.delivery.hosted_zone_id:
        yield allow("ManageRecords", actions.RECORDS, f"arn:{scope.partition}:route53:::hostedzone/{zone}")
        yield allow("FindZone", ["route53:ListHostedZones"], "*")
        yield allow("FollowRecords", ["route53:GetChange"], f"arn:{scope.partition}:route53:::change/*")


def _manage_key(settings: Settings, scope: Scope) -> Iterator[dict[str, Any]]:
    if has_own_key(settings):
        yield allow("CreateKey", ["kms:CreateKey"], "*")
        # Any key: its id is not known in advance, and its tags take effect only minutes after it is created (KMS
        # developer guide, "ABAC for AWS KMS").
        yield allow("ManageKey", actions.KEY, scope.arn("kms", "key/*"))


def _manage_access(settings: Settings, scope: Scope) -> Iterator[dict[str, Any]]:
    access = settings.access
    policies = scope.global_arn("iam", f"policy/{scope.names}")
    roles = scope.global_arn("iam", f"role/{scope.names}")
    if settings.has_bucket and (access.deploy_policy or access.github):
        yield allow("ManageDeployPolicy", actions.POLICY, policies)
    if settings.has_bucket and access.github:
        yield allow("ManageDeployRole", actions.ROLE, roles)
        # No other policy: to attach an administrator's policy to a role that one may assume would give all permissions.
        attach = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
        yield allow("AttachDeployPolicy", attach, roles, {"ArnLike": {"iam:PolicyARN": policies}})

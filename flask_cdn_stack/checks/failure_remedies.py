"""A table of AWS's error messages: what each means for a stack of this tool, and what to do.

A row is found by the type of the resource and a sign, a pattern in the reason; the first match counts. The signs are
the services' codes and words, from their API references and from users' reports. The table of quotas
(:mod:`flask_cdn_stack.checks.quotas`) is searched first.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .quotas import find_quota

_CLOUDFRONT = "AmazonCloudFront/latest/DeveloperGuide/"
_CLOUDFORMATION = "AWSCloudFormation/latest/UserGuide/"
_S3 = "AmazonS3/latest/userguide/"
_IAM = "IAM/latest/UserGuide/"
_KMS = "kms/latest/developerguide/"

_DISTRIBUTION = ("AWS::CloudFront::Distribution",)
_BUCKET = ("AWS::S3::Bucket",)
_RECORD = ("AWS::Route53::RecordSet",)
_DELIVERY = ("AWS::Logs::DeliverySource", "AWS::Logs::DeliveryDestination", "AWS::Logs::Delivery")
# Resources whose names are unique in an account's CloudFront.
_NAMED = tuple(
    f"AWS::CloudFront::{kind}" for kind in ("CachePolicy", "ResponseHeadersPolicy", "OriginAccessControl", "Function")
)


class Remedy(NamedTuple):
    """A known reason, and what to do about it.

    :param code: the row's name, which is never changed.
    :param sign: a regular expression that the reason matches; its named groups are filled into ``text``.
    :param page: a page of AWS's documentation, relative to https://docs.aws.amazon.com/.
    :param kinds: the resource types to which the row applies; empty for all.
    """

    code: str
    sign: str
    text: str
    page: str
    kinds: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The page's URL."""
        return f"https://docs.aws.amazon.com/{self.page}"

    def fits(self, kind: str, reason: str) -> bool:
        """Return whether a reason is this one."""
        return (kind in self.kinds or not self.kinds) and re.search(self.sign, reason) is not None

    def explain(self, reason: str) -> str:
        """Return what to do about a matching reason, with AWS's page about it."""
        found = re.search(self.sign, reason)
        return f"{self.text.format(**found.groupdict() if found else {})} See {self.url}"


REMEDIES = (
    Remedy(
        "bucket-not-empty", r"BucketNotEmpty|[Bb]ucket .*is not empty",
        "`flask-cdn-stack destroy --empty-bucket` removes what is in it; with bucket.retain it stays.",
        f"{_S3}delete-bucket.html", _BUCKET,
    ),
    Remedy(
        "bucket-busy", r"OperationAborted|conflicting conditional operation",
        "S3 is still changing that bucket, or has just deleted one of that name: run this again, perhaps in an hour.",
        "AmazonS3/latest/API/ErrorResponses.html", ("AWS::S3::Bucket", "AWS::S3::BucketPolicy"),
    ),
    Remedy(
        "bucket-name-taken", r"BucketAlreadyExists|BucketAlreadyOwnedByYou|already exists|AlreadyExists",
        "Bucket names are unique across accounts: this one is another account's, or yours from before. Name one of "
        "yours in bucket.existing; else run the command again, and CloudFormation makes up another name.",
        f"{_S3}bucketnamingrules.html", _BUCKET,
    ),
    Remedy(
        "bucket-policy-kept", r"[Bb]ucket [Pp]olicy [Aa]lready [Ee]xists",
        "The bucket has a policy that is not the stack's: set bucket.manage_policy to off, and add the statements that "
        "`flask-cdn-stack provision` prints.",
        f"{_S3}bucket-policies.html", ("AWS::S3::BucketPolicy",),
    ),
    Remedy(
        "bucket-without-acls", r"InvalidBucketAclWithObjectOwnership|does not enable ACL access",
        "CloudFront's logs of version 1 need a bucket with ACLs: set delivery.logs to v2, which needs none.",
        f"{_CLOUDFRONT}standard-logging-legacy-s3.html",
    ),
    Remedy(
        "log-bucket-denied", r"permission to access the S3 bucket for CloudFront logs",
        "Allow s3:GetBucketAcl and s3:PutBucketAcl; in a region that an account has to enable, CloudFront delivers no "
        "logs of version 1: set delivery.logs to v2, with the stack in us-east-1.",
        f"{_CLOUDFRONT}standard-logging-legacy-s3.html",
    ),
    Remedy(
        "alias-in-use", r"CNAMEAlreadyExists|CNAMEs you provided are already associated",
        "A distribution, perhaps another account's, has that alias already: take it off there, move it with `aws "
        "cloudfront associate-alias`, or take it out of delivery.aliases.",
        f"{_CLOUDFRONT}alternate-domain-names-move.html", _DISTRIBUTION,
    ),
    Remedy(
        "alias-points-elsewhere", r"incorrectly configured DNS record that points to another CloudFront",
        "The DNS record of an alias leads to another distribution: delete it, wait for its TTL, and run the command "
        "again.",
        f"{_CLOUDFRONT}CNAMEs.html#alternate-domain-names-restrictions", _DISTRIBUTION,
    ),
    Remedy(
        "certificate-for-other-names", r"doesn't cover the alternate domain name",
        "The certificate of delivery.certificate_arn must name everything in delivery.aliases; a * in it stands for "
        "one label, and no name may end in a dot.",
        f"{_CLOUDFRONT}CNAMEs.html#alternate-domain-names-requirements", _DISTRIBUTION,
    ),
    Remedy(
        "certificate-missing", r"must attach a trusted certificate",
        "An alias needs a certificate that names it: write its ARN as delivery.certificate_arn.",
        f"{_CLOUDFRONT}CNAMEs.html#alternate-domain-names-requirements", _DISTRIBUTION,
    ),
    Remedy(
        "certificate-unusable", r"InvalidViewerCertificate|specified SSL certificate doesn't exist",
        "CloudFront takes a certificate only from ACM in us-east-1, issued, not ended, and with its whole chain: look "
        "with `aws acm describe-certificate --region us-east-1 --certificate-arn ...`, and correct "
        "delivery.certificate_arn.",
        f"{_CLOUDFRONT}cnames-and-https-requirements.html", _DISTRIBUTION,
    ),
    Remedy(
        "account-not-verified", r"account must be verified before you can add new CloudFront",
        "AWS has to verify a new account before its first distribution: open an account and billing case with AWS "
        "Support that quotes this message, and run the command again when it is answered.",
        "awssupport/latest/user/case-management.html",
    ),
    Remedy(
        "web-acl-unusable", r"InvalidWebACLId|Web ACL|WAFNonexistentItem",
        "delivery.waf_arn must be the ARN of a web ACL with the scope CLOUDFRONT, which lies in us-east-1 and in this "
        "account; wafv2:GetWebACL must be allowed.",
        "waf/latest/developerguide/how-aws-waf-works-resources.html", _DISTRIBUTION,
    ),
    Remedy(
        "distribution-not-disabled", r"DistributionNotDisabled|has not been disabled",
        "A distribution is disabled first, which takes minutes to reach every edge: delete the stack again then.",
        f"{_CLOUDFRONT}HowToDeleteDistribution.html", _DISTRIBUTION,
    ),
    Remedy(
        "name-taken", r"AlreadyExists|already exists|with the same name",
        "The account has one of that name already: delete it in the CloudFront console if nothing uses it. A stack "
        "that is created anew gets other names.",
        "cloudfront/latest/APIReference/API_CreateCachePolicy.html", _NAMED,
    ),
    Remedy(
        "still-in-use", r"InUse\b|currently associated with|attached to|still being used|in use by",
        "Another distribution uses it, so that it cannot be deleted: take it out there, then delete it in the "
        "CloudFront console; it costs nothing meanwhile.",
        "cloudfront/latest/APIReference/API_DeleteCachePolicy.html", _NAMED,
    ),
    Remedy(
        "changed-meanwhile", r"PreconditionFailed|didn't meet the preconditions|InvalidIfMatchVersion",
        "Somebody else changed it at the same moment: run the command again.",
        "cloudfront/latest/APIReference/API_UpdateDistribution.html",
    ),
    Remedy(
        "record-exists", r"but it already exists",
        "The zone has a record of that name and type that is not the stack's: delete it and run the command again, or "
        "take delivery.hosted_zone_id out and let that record lead to the distribution.",
        "Route53/latest/DeveloperGuide/resource-record-sets-deleting.html", _RECORD,
    ),
    Remedy(
        "zone-unfit", r"NoSuchHostedZone|[Nn]o hosted zone|is not permitted in zone",
        "delivery.hosted_zone_id must be a zone of this account in which every alias lies: `aws route53 "
        "list-hosted-zones`.",
        "Route53/latest/APIReference/API_ChangeResourceRecordSets.html", _RECORD,
    ),
    Remedy(
        "logs-in-another-region", r"not supported for this LogType in region",
        "CloudFront's logs of version 2 are set up in us-east-1 only: put the stack there, or set delivery.logs to v1.",
        f"{_CLOUDFRONT}standard-logging.html", _DELIVERY,
    ),
    Remedy(
        "log-delivery-taken", r"ConflictException|AlreadyExists|already exists|new ResourceId\s+is not allowed",
        "A distribution has one source of log deliveries: delete the other with `aws logs delete-delivery-source` in "
        "us-east-1, or take delivery.logs out.",
        f"{_CLOUDFRONT}standard-logging.html", _DELIVERY,
    ),
    Remedy(
        "key-disabled", r"KMS\.DisabledException|KMSInvalidState|:key/\S+ is (disabled|pending deletion)",
        "The key of bucket.encryption is disabled or to be deleted: `aws kms enable-key` and `cancel-key-deletion`.",
        f"{_KMS}key-state.html",
    ),
    Remedy(
        "key-missing", r"KMS\.NotFound|Invalid keyId|:key/\S+ does not exist",
        "There is no such key where the bucket is: bucket.encryption needs the ARN of a key of the bucket's region.",
        f"{_KMS}find-cmk-id-arn.html",
    ),
    Remedy(
        "key-policy-locks-out", r"new key policy will not allow you to update",
        "Who creates a key must be able to change its policy: allow kms:CreateKey and kms:PutKeyPolicy.",
        f"{_KMS}key-policy-overview.html", ("AWS::KMS::Key",),
    ),
    Remedy(
        "key-denied", r"not authorized to perform: (?P<action>kms:\w+)",
        "Both the key's policy and that of these credentials must allow {action}.",
        f"{_KMS}policy-evaluation.html",
    ),
    Remedy(
        "service-linked-role", r"(?i)iam:CreateServiceLinkedRole|service[- ]linked role",
        "AWS makes a role for the service when it is first used: allow iam:CreateServiceLinkedRole, or have somebody "
        "who may create it once.",
        f"{_IAM}id_roles_create-service-linked-role.html",
    ),
    Remedy(
        "denied-encoded", r"[Ee]ncoded authorization failure message",
        "Read the reason with `aws sts decode-authorization-message --encoded-message ...`.",
        "STS/latest/APIReference/API_DecodeAuthorizationMessage.html",
    ),
    Remedy(
        "denied-by-organization", r"(?i)(explicit deny in a|no) (service|resource) control policy",
        "A policy of your organization denies it, whatever this account allows (often other regions or tags): ask who "
        "administers the organization.",
        "organizations/latest/userguide/orgs_manage_policies_scps.html",
    ),
    Remedy(
        "denied-by-boundary", r"(?i)deny in a permissions boundary|no permissions boundary allows",
        "The permissions boundary of these credentials does not allow it: have it widened, or use others (--profile).",
        f"{_IAM}access_policies_boundaries.html",
    ),
    Remedy(
        "denied-by-session", r"(?i)deny in a session policy|no session policy allows|VPC endpoint policy",
        "A session policy or a VPC endpoint policy allows less than the policies of these credentials: use others.",
        f"{_IAM}reference_policies_evaluation-logic.html",
    ),
    Remedy(
        "denied-explicitly", r"with an explicit deny",
        "A policy denies it explicitly, which no other can allow: find the Deny of these credentials or the resource.",
        f"{_IAM}reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html",
    ),
    Remedy(
        "denied", r"(not authorized to perform: |API: )(?P<action>[\w-]+:\w+)",
        "Allow {action} for these credentials, or use others (--profile). `flask-cdn-stack template --policy "
        "provision`, or `deploy`, prints all that is needed.",
        f"{_IAM}troubleshoot_access-denied.html",
    ),
    Remedy(
        "denied-without-an-action", r"(?i)not authorized to perform|access ?denied|UnauthorizedOperation",
        "Allow that action for these credentials, or use others (--profile). CloudTrail's history has all denials.",
        f"{_IAM}troubleshoot_access-denied.html",
    ),
    Remedy(
        "stack-role-unusable", r"is invalid or cannot be assumed",
        "The role that CloudFormation works with must be there, and trust cloudformation.amazonaws.com.",
        f"{_CLOUDFORMATION}using-iam-servicerole.html",
    ),
    Remedy(
        "role-trust-refused", r"Invalid principal in policy|Federated principals|must evaluate",
        "access.oidc_provider_arn must be the ARN of an identity provider that this account has, and access.github one "
        "repository and environment.",
        f"{_IAM}id_roles_providers_create_oidc.html", ("AWS::IAM::Role",),
    ),
    Remedy(
        "credentials-ended", r"ExpiredToken|security token included in the request is expired",
        "The credentials that CloudFormation worked with ended before it was done: use some that last for an hour.",
        f"{_CLOUDFORMATION}using-iam-servicerole.html",
    ),
    Remedy(
        "busy", r"Throttl|Rate exceeded|TooManyRequests|encountered an internal error|ServiceUnavailable",
        "AWS had too much to do: run the same command again in some minutes.",
        f"{_CLOUDFORMATION}troubleshooting.html",
    ),
    Remedy(
        "waited-in-vain", r"NotStabilized|(?i:exceeded attempts to wait|not stabilize|timed out)",
        "AWS waited too long for the resource. The change itself may be right: run the same command again, and look at "
        "https://health.aws.amazon.com where it happens twice.",
        f"{_CLOUDFORMATION}troubleshooting.html#troubleshooting-resource-did-not-stabilize",
    ),
    Remedy(
        "stack-limit", r"Limit for stacks? has been exceeded",
        "The account has as many stacks in this region as AWS allows: delete some, or ask AWS for more.",
        f"{_CLOUDFORMATION}cloudformation-limits.html",
    ),
    Remedy(
        "template-size", r"'templateBody' failed to satisfy constraint",
        "The template is too long to be sent: join some of app_origin.paths, delivery.aliases or delivery.cors.",
        f"{_CLOUDFORMATION}cloudformation-limits.html",
    ),
    Remedy(
        "stack-policy-denies", r"denied by stack policy",
        "The stack has a policy that protects this resource: change it with `aws cloudformation set-stack-policy`.",
        f"{_CLOUDFORMATION}protect-stack-resources.html",
    ),
    Remedy(
        "stack-protected", r"TerminationProtection is enabled",
        "Take the protection off with `aws cloudformation update-termination-protection "
        "--no-enable-termination-protection --stack-name ...`.",
        f"{_CLOUDFORMATION}using-cfn-protect-stacks.html",
    ),
    Remedy(
        "refused-by-a-hook", r"[Hh]ook\(s\) failed|Hook failed",
        "A hook of your account or organization refuses the change: ask its owner.",
        "cloudformation-cli/latest/hooks-userguide/what-is-cloudformation-hooks.html",
    ),
    Remedy(
        "refused-by-validation", r"EarlyValidation|validation failed",
        "CloudFormation validated the change before it started, and it would fail.",
        f"{_CLOUDFORMATION}validate-stack-deployments.html",
    ),
    Remedy(
        "no-reason-given", r"Internal error reported from downstream service|Invalid request provided: \S+\"",
        "CloudFront gave no reason; often a name is taken. CloudTrail's event history in us-east-1 has the reason.",
        "awscloudtrail/latest/userguide/view-cloudtrail-events.html", (*_NAMED, *_DISTRIBUTION),
    ),
)  # fmt: skip


def find_remedy(kind: str, reason: str) -> str | None:
    """Return the remedy for a reason, or None if the reason is not known.

    :param kind: the type of the refused resource, such as ``AWS::S3::Bucket``; empty for a request.
    :param reason: AWS's message; for a request, with its error code.
    """
    if quota := find_quota(kind.rpartition(":")[2], reason):
        return f"{quota}. {quota.remedy}"
    return next((remedy.explain(reason) for remedy in REMEDIES if remedy.fits(kind, reason)), None)

"""IAM actions by purpose, and the policy document around statements."""

from __future__ import annotations

from typing import Any

#: To list deployed objects and their versions: with a prefix, S3 answers 403 for a missing version, so it is listed.
LISTS = ("s3:ListBucket", "s3:ListBucketVersions")

FILES = ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")

INVALIDATION = ("cloudfront:CreateInvalidation", "cloudfront:GetInvalidation")

STACK_READS = ("cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents")

STACK = (
    "cloudformation:ContinueUpdateRollback", "cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack", "cloudformation:DescribeChangeSet", "cloudformation:DescribeEvents",
    "cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks", "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate", "cloudformation:ListChangeSets", "cloudformation:ListStackResources",
    "cloudformation:RollbackStack", "cloudformation:TagResource", "cloudformation:UntagResource",
    "cloudformation:UpdateTerminationProtection",
)  # fmt: skip

# CloudFormation reads the whole configuration of a bucket, including what the template does not set.
BUCKET = (
    "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:Get*Configuration", "s3:GetBucket*",
    "s3:ListBucket", "s3:ListTagsForResource", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration", "s3:TagResource", "s3:UntagResource",
)  # fmt: skip

#: The actions that the patterns in :data:`BUCKET` stand for, for IAM's simulator, which needs each by name: those with
#: which CloudFormation reads a bucket (resource type schema of AWS::S3::Bucket).
NAMED = {
    "s3:Get*Configuration": (
        "s3:GetAccelerateConfiguration", "s3:GetAnalyticsConfiguration", "s3:GetEncryptionConfiguration",
        "s3:GetIntelligentTieringConfiguration", "s3:GetInventoryConfiguration", "s3:GetLifecycleConfiguration",
        "s3:GetMetricsConfiguration", "s3:GetReplicationConfiguration",
    ),
    "s3:GetBucket*": (
        "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging", "s3:GetBucketNotification",
        "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite",
    ),
}  # fmt: skip

DISTRIBUTION = (
    "cloudfront:CreateDistribution", "cloudfront:CreateDistributionWithTags", "cloudfront:DeleteDistribution",
    "cloudfront:GetDistribution", "cloudfront:GetDistributionConfig", "cloudfront:ListTagsForResource",
    "cloudfront:TagResource", "cloudfront:UntagResource", "cloudfront:UpdateDistribution",
)  # fmt: skip

FUNCTION = (
    "cloudfront:CreateFunction", "cloudfront:DeleteFunction", "cloudfront:DescribeFunction", "cloudfront:GetFunction",
    "cloudfront:ListTagsForResource", "cloudfront:PublishFunction", "cloudfront:TagResource",
    "cloudfront:UntagResource", "cloudfront:UpdateFunction",
)  # fmt: skip

DELIVERY = (
    "logs:CreateDelivery", "logs:DeleteDelivery", "logs:DeleteDeliveryDestination",
    "logs:DeleteDeliveryDestinationPolicy", "logs:DeleteDeliverySource", "logs:GetDelivery",
    "logs:GetDeliveryDestination", "logs:GetDeliveryDestinationPolicy", "logs:GetDeliverySource",
    "logs:ListTagsForResource", "logs:PutDeliveryDestination", "logs:PutDeliverySource", "logs:TagResource",
    "logs:UntagResource", "logs:UpdateDeliveryConfiguration",
)  # fmt: skip

KEY = (
    "kms:DescribeKey", "kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion",
    "kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription",
)  # fmt: skip

POLICY = (
    "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:GetPolicy",
    "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy", "iam:ListPolicyVersions",
)  # fmt: skip

ROLE = (
    "iam:CreateRole", "iam:DeleteRole", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)  # fmt: skip

UNMADE_STACK = (
    "cloudformation:DeleteStack", "cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate", "cloudformation:ListStackResources",
)  # fmt: skip

#: To find a deleted stack, and the stack that a bucket belongs to; neither has an ARN that is known in advance.
FOUND_STACKS = ("cloudformation:DescribeStackResources", "cloudformation:ListStacks")

#: To empty the bucket: the records in it are read and written, and everything else is deleted.
EMPTIED_FILES = (
    "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject",
)  # fmt: skip

RECORDS = ("route53:ChangeResourceRecordSets", "route53:GetHostedZone", "route53:ListResourceRecordSets")


def policy_document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a policy document with the statements."""
    return {"Version": "2012-10-17", "Statement": statements}

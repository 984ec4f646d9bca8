"""Builds the outputs of the stack, which deploy and the app need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troposphere import GetAtt, Output, Ref

from ..settings.model import Settings
from .logs import LOG_BUCKETS


def build_outputs(settings: Settings, resources: Mapping[str, Any]) -> Iterator[Output]:
    """Build the outputs; those of optional resources only if they are among ``resources``, by logical id."""
    domain = GetAtt("Distribution", "DomainName")
    yield Output("CdnDomain", Description="Host of the static files' URLs", Value=settings.delivery.own_name or domain)
    yield Output("DistributionId", Description="The CloudFront distribution", Value=Ref("Distribution"))
    yield Output("DistributionDomainName", Description="The distribution's own host name", Value=domain)
    if settings.has_bucket:
        bucket = settings.bucket.existing or Ref("Bucket")
        yield Output("BucketName", Description="The S3 bucket with the static files", Value=bucket)
    yield Output("OriginMode", Description="Where CloudFront fetches from", Value=settings.origin)
    if prefix := settings.assets.prefix:
        yield Output("AssetsPrefix", Description="Folder in the bucket that is served", Value=prefix)
    if settings.assets.maps_query:
        described = "The edge finds versions by ?c= (assets.immutable)"
        yield Output("ImmutableQuery", Description=described, Value="true")
    yield from _further(resources)


def _further(resources: Mapping[str, Any]) -> Iterator[Output]:
    if "CachePolicy" in resources:
        yield Output("CachePolicyId", Description="Cache policy, to share with other stacks", Value=Ref("CachePolicy"))
    if "ResponseHeadersPolicy" in resources:
        policy = Ref("ResponseHeadersPolicy")
        yield Output("ResponseHeadersPolicyId", Description="Headers policy, to share with other stacks", Value=policy)
    for title in LOG_BUCKETS.values():
        if title in resources:
            yield Output("LogBucketName", Description="The S3 bucket with the access logs", Value=Ref(title))
    if "DeployPolicy" in resources:
        yield Output("DeployPolicyArn", Description="IAM policy for who deploys", Value=Ref("DeployPolicy"))
    if "DeployRole" in resources:
        arn = GetAtt("DeployRole", "Arn")
        yield Output("DeployRoleArn", Description="IAM role that GitHub Actions takes on", Value=arn)

"""The CloudFront Functions: what the edge does before it looks into its cache."""

from __future__ import annotations

from troposphere import GetAtt
from troposphere import cloudfront as t

from .cloudfront_policies import comment, global_name


def build_function(name: str, code: str) -> t.Function:
    """Build a CloudFront Function that is live as soon as it is made."""
    return t.Function(
        f"{name}Function",
        Name=global_name(name),
        AutoPublish=True,
        FunctionCode=code,
        FunctionConfig=t.FunctionConfig(Comment=comment(), Runtime="cloudfront-js-2.0"),
    )


def associate(function: t.Function | None) -> list[t.FunctionAssociation]:
    """Return how a behavior names the function that sees its requests first."""
    if function is None:
        return []
    return [t.FunctionAssociation(EventType="viewer-request", FunctionARN=GetAtt(function, "FunctionARN"))]

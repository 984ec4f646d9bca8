"""Builds the CloudFront Functions, which run at the edge before its cache is looked up."""

from __future__ import annotations

from troposphere import GetAtt
from troposphere import cloudfront as t

from .cloudfront_policies import comment, global_name


def build_function(name: str, code: str) -> t.Function:
    """Build a CloudFront Function that is published as soon as it is created."""
    return t.Function(
        f"{name}Function",
        Name=global_name(name),
        AutoPublish=True,
        FunctionCode=code,
        FunctionConfig=t.FunctionConfig(Comment=comment(), Runtime="cloudfront-js-2.0"),
    )


def associate(function: t.Function | None) -> list[t.FunctionAssociation]:
    """Return the association that runs a function on a behavior's viewer requests; empty for None."""
    if function is None:
        return []
    return [t.FunctionAssociation(EventType="viewer-request", FunctionARN=GetAtt(function, "FunctionARN"))]

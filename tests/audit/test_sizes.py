"""Templates with more of something than AWS takes: none passes, and the message says what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.audit.template import check_template
from flask_cdn_stack.errors import CDNStackError

from .broken import break_template, build

CONFIG = "Distribution.DistributionConfig"
STATEMENT = "PolicyDocument.Statement.0"
TRUST = "DeployRole.AssumeRolePolicyDocument.Statement.0"
MANY_BEHAVIORS = [{**build("bucket")["Resources"]["Distribution"]["Properties"]["DistributionConfig"][
    "DefaultCacheBehavior"], "PathPattern": f"/{n}/*"} for n in range(75)]  # fmt: skip

#: The settings, the place in the resources' properties, what is put there, and a part of the message.
BROKEN: list[tuple[str, str, Any, str]] = [
    # Lists of a distribution.
    ("named", f"{CONFIG}.Aliases", [f"a{n}.example" for n in range(101)], "Aliases has 101 entries"),
    ("bucket", f"{CONFIG}.CacheBehaviors", MANY_BEHAVIORS, "CacheBehaviors has 75 entries"),
    # Policies.
    ("key", f"DeployPolicy.{STATEMENT}.Resource", ["x" * 5200, "y"], "DeployPolicy: PolicyDocument has"),
    ("github", f"{TRUST}.Sid", "x" * 1900, "DeployRole: AssumeRolePolicyDocument has up to"),
    ("bucket", f"BucketPolicy.{STATEMENT}.Sid", "x" * 20_480, "BucketPolicy: PolicyDocument has up to"),
    ("key", "BucketKey.KeyPolicy.Statement.0.Sid", "x" * 32_768, "BucketKey: KeyPolicy has up to"),
    # Names, with the longest one of a stack in them.
    ("bucket", f"{CONFIG}.Comment", "x" * 129, "Comment has up to 129"),
    ("app", "NotFoundFunction.Name", "x" * 65, "Name has up to 65"),
    (
        "bucket",
        "OriginAccessControl.OriginAccessControlConfig.Name",
        {"Fn::Sub": "${AWS::StackName}-a-name-much-too-long-for-it"},
        "Name has up to 68",
    ),
    ("logs v2", "LogSource.Name", {"Fn::Sub": "${AWS::StackName}-the-logs-of-this-shop"}, "Name has up to 62"),
]


@pytest.mark.parametrize(("name", "place", "value", "message"), BROKEN, ids=[place for _, place, *_ in BROKEN])
def test_broken(name: str, place: str, value: Any, message: str) -> None:
    """Each is refused, and said to be nobody's but the package's own mistake."""
    with pytest.raises(CDNStackError) as caught:
        check_template(break_template(name, {place: value}))

    assert message in caught.value.message
    assert "please report it" in caught.value.hint

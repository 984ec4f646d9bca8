"""Where the console shows a stack."""

from __future__ import annotations

import pytest

from flask_cdn_stack.stack.console import stack_page


@pytest.mark.parametrize(
    ("partition", "region", "start"),
    [
        ("aws", "eu-west-3", "https://eu-west-3.console.aws.amazon.com/"),
        ("aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        ("aws-us-gov", "us-gov-west-1", "https://console.amazonaws-us-gov.com/"),
    ],
)
def test_each_partition(partition: str, region: str, start: str) -> None:
    """Has a console of its own, whose pages name the stack by its ARN."""
    arn = f"arn:{partition}:cloudformation:{region}:123456789012:stack/shop-cdn/1"
    quoted = arn.replace(":", "%3A").replace("/", "%2F")

    page = f"cloudformation/home?region={region}#/stacks/stackinfo?stackId={quoted}"
    assert stack_page(arn) == start + page


def test_a_closed_partition() -> None:
    """Has none that is known."""
    assert stack_page("arn:aws-iso:cloudformation:us-iso-east-1:123456789012:stack/shop-cdn/1") is None

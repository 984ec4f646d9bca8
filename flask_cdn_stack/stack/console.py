"""URLs of a stack's page in the AWS console."""

from __future__ import annotations

from urllib.parse import quote

# By partition (AWS General Reference, "AWS service endpoints"; AWS GovCloud user guide, "Signing in"; Getting Started
# with Amazon Web Services in China, "Console"). Consoles of other partitions are not public.
_CONSOLES = {
    "aws": "https://{region}.console.aws.amazon.com",
    "aws-cn": "https://{region}.console.amazonaws.cn",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
}


def stack_page(stack_id: str) -> str | None:
    """Return the URL of a stack's page in the console; None if its partition has no public console.

    :param stack_id: the stack's ARN.
    """
    partition, _, region = stack_id.split(":")[1:4]
    if partition not in _CONSOLES:
        return None
    console = _CONSOLES[partition].format(region=region)
    page = f"#/stacks/stackinfo?stackId={quote(stack_id, safe='')}"
    return f"{console}/cloudformation/home?region={region}{page}"

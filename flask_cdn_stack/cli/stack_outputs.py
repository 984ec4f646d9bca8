"""What a stack's outputs say to the user: where the CDN is, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping

from ..aws.cloudformation import Stack
from .call import Call

_HOSTS = ("CdnDomain", "DistributionDomainName")


def viewer_outputs(call: Call, outputs: Mapping[str, str]) -> dict[str, str]:
    """Return outputs with the host names that viewers use: those of a local AWS are others than CloudFront's."""
    address = call.connection.viewer_address
    return {name: address(value)[0] if name in _HOSTS else value for name, value in outputs.items()}


def say_address(call: Call, stack: Stack) -> None:
    """Say where the CDN is."""
    if domain := stack.outputs.get("CdnDomain"):
        host, is_https = call.connection.viewer_address(domain)
        call.output.say(f"The CDN is {'https' if is_https else 'http'}://{host}.")

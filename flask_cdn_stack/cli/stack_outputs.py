"""Shows a stack's outputs with the host names that viewers use."""

from __future__ import annotations

from collections.abc import Mapping

from ..aws.cloudformation import Stack
from .call import Call

_HOSTS = ("CdnDomain", "DistributionDomainName")


def viewer_outputs(call: Call, outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the outputs with the host names that viewers use; with a local AWS these differ from CloudFront's."""
    address = call.connection.viewer_address
    return {name: address(value)[0] if name in _HOSTS else value for name, value in outputs.items()}


def say_address(call: Call, stack: Stack) -> None:
    """Show the CDN's URL."""
    if domain := stack.outputs.get("CdnDomain"):
        host, is_https = call.connection.viewer_address(domain)
        call.output.say(f"The CDN is {'https' if is_https else 'http'}://{host}.")

"""Custom headers of a response headers policy: those that have a section of their own are refused.

AWS's documents do not say so. The words are those of its answers as users report them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services.cloudformation import provisioners

_TYPE = "AWS::CloudFront::ResponseHeadersPolicy"

_SECURITY = frozenset({
    "content-security-policy", "referrer-policy", "strict-transport-security", "x-content-type-options",
    "x-frame-options", "x-xss-protection",
})  # fmt: skip


def apply() -> None:
    """Refuse them where a policy is made or changed."""
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers.update({name: _check_first(handlers[name], at) for name, at in (("create", 1), ("update", 2))})


def _check_first(handle: Callable[..., Any], at: int) -> Callable[..., Any]:
    def handle_checked(*arguments: Any) -> Any:
        _refuse_sections(arguments[at])
        return handle(*arguments)

    return handle_checked


def _refuse_sections(properties: Mapping[str, Any]) -> None:
    for item in properties["ResponseHeadersPolicyConfig"].get("CustomHeadersConfig", {}).get("Items", ()):
        name = item["Header"]
        is_cors = name.lower().startswith("access-control-")
        if is_cors or name.lower() in _SECURITY:
            raise ValueError(
                f"Invalid request provided: {_TYPE}: The parameter CustomHeaders contains {name} that is a "
                f"{'CORS' if is_cors else 'security'} header and cannot be set as custom header."
            )

"""A CDN for a Flask app's static files: CloudFormation stack, uploads and ``url_for`` in one package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .extension.cdn import CDN, url_for

__all__ = ["CDN", "__version__", "url_for"]


def __getattr__(name: str) -> Any:
    # Every `flask` command imports this module for its entry point, so nothing is imported until a name is used.
    if name in ("CDN", "url_for"):
        from .extension import cdn

        value: Any = getattr(cdn, name)
    elif name == "__version__":
        from importlib.metadata import version

        value = version("flask-cdn-stack")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value

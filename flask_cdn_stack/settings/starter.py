"""The commented settings file that ``init`` writes, made from the model."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from .model import Settings
from .off import SWITCHES

_HEAD = """\
# Settings of flask-cdn-stack. Every key is optional; those below show their defaults.
# Take the hash away before a key (and before the group that it stands in) to change it.

"""
_TAIL = """\
# Values for one stage each, chosen with --stage and laid over the others.
#stages:
#  production:
#    stack: shop-cdn-production
"""


def render_starter() -> str:
    """Return a settings file in which every key stands commented out with its default and meaning."""
    return _HEAD + "\n".join(_render_group(Settings, "")) + "\n" + _TAIL


def _render_group(group: type[msgspec.Struct], indent: str, path: str = "") -> Iterator[str]:
    schema = msgspec.json.schema(group)
    properties = schema["$defs"][group.__name__]["properties"]
    for item in msgspec.structs.fields(group):
        described = properties[item.encode_name]["description"]
        yield from (f"{indent}# {line}" for line in textwrap.wrap(described, 98 - len(indent)))
        default = item.default if item.default is not msgspec.NODEFAULT else item.default_factory()
        if isinstance(default, msgspec.Struct):
            yield f"#{indent}{item.encode_name}:"
            yield from _render_group(type(default), indent + "  ", f"{path}{item.encode_name}.")
        else:
            default = False if default is None and path + item.encode_name in SWITCHES else default
            yield f"#{indent}{item.encode_name}: {_yaml_value(default)}".rstrip()
            yield ""


def _yaml_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    text = yaml.safe_dump(list(value) if isinstance(value, tuple) else value, default_flow_style=True)
    return text.removesuffix("...\n").strip()

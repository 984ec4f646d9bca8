"""The commented settings file that ``init`` writes, made from the model."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import yaml

from ..naming import OWN_FOLDER
from .model import Settings
from .off import SWITCHES

#: Path, relative to the settings file, of the schema that editors check it with.
SCHEMA_FILE = f"{OWN_FOLDER}/settings.schema.json"

_HEAD = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
# Settings of flask-cdn-stack. Every key is optional; those behind a hash show their defaults.
# Take the hash away before a key (and before the group that it stands in) to change it.
# Editors read the schema above, which `flask-cdn-stack init` writes, also after an upgrade.

"""
_STAGES = """\
# Values by stage; those of the stage that --stage names override the values above.
"""
_SAMPLE_STAGE = """\
#stages:
#  production:
#    stack: shop-cdn-production
"""


def render_starter(values: Mapping[str, Any] | None = None, stage: str | None = None) -> str:
    """Return a settings file in which every key is commented out, with its default and meaning.

    :param values: values to set, by dotted key.
    :param stage: name of a stage to add, with no values yet.
    """
    stages = f"stages:\n  {_yaml_value(stage)}:\n" if stage else _SAMPLE_STAGE
    return _HEAD + "\n".join(_render_group(Settings, values or {})) + "\n" + _STAGES + stages


def _render_group(
    group: type[msgspec.Struct], values: Mapping[str, Any], indent: str = "", path: str = ""
) -> Iterator[str]:
    schema = msgspec.json.schema(group)
    properties = schema["$defs"][group.__name__]["properties"]
    for item in msgspec.structs.fields(group):
        described, key = properties[item.encode_name]["description"], path + item.encode_name
        yield from (f"{indent}# {line}" for line in textwrap.wrap(described, 98 - len(indent)))
        default = item.default if item.default is not msgspec.NODEFAULT else item.default_factory()
        if isinstance(default, msgspec.Struct):
            mark = "" if any(name.startswith(f"{key}.") for name in values) else "#"
            yield f"{mark}{indent}{item.encode_name}:"
            yield from _render_group(type(default), values, indent + "  ", f"{key}.")
        else:
            default = False if default is None and key in SWITCHES else default
            mark, value = ("", values[key]) if key in values else ("#", default)
            yield f"{mark}{indent}{item.encode_name}: {_yaml_value(value)}".rstrip()
            yield ""


def _yaml_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    text = yaml.safe_dump(list(value) if isinstance(value, tuple) else value, default_flow_style=True)
    return text.removesuffix("...\n").strip()

"""Reads and writes templates as text: YAML with CloudFormation's short forms, quoted for every YAML reader, or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

_WIDTH = 200

#: Line breaks from which on a text is written as a block (``|``).
_BLOCK_LINES = 10

_TEXT = "tag:yaml.org,2002:str"
_MAPPING = "tag:yaml.org,2002:map"


def write_yaml(template: Mapping[str, Any]) -> str:
    """Return a template as YAML, with its keys in the same order."""
    return yaml.dump(template, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, width=_WIDTH)


def read_template(text: str) -> dict[str, Any]:
    """Return the template in a text of YAML or JSON, with the long forms of CloudFormation's functions."""
    template = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_Loader)
    # Through JSON, so that all keys are text, even those that YAML reads as numbers.
    read: dict[str, Any] = json.loads(json.dumps(template))
    return read


class _Dumper(yaml.SafeDumper):
    """Indents lists, writes no aliases, and also quotes text that other YAML readers take for another type."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_scalar(self, tag: str, value: Any, style: str | None = None) -> yaml.ScalarNode:
        # Account ids may begin with a zero.
        if re.match(r"0[0-9]+$", value):
            style = "'"
        elif style is None and ("\n" in value or "\r" in value):
            style = '"'
        return super().represent_scalar(tag, value, style)


def _write_text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = "'" if value.startswith("0") else None
    if len(re.findall("[\n\r]", value)) >= _BLOCK_LINES:
        style = "|"
    elif len(value) >= _WIDTH and "\n" not in value:
        style = ">"
    return dumper.represent_scalar(_TEXT, value, style)


def _write_mapping(dumper: _Dumper, value: dict[str, Any]) -> yaml.Node:
    name = next(iter(value)) if len(value) == 1 else ""
    if name.startswith("Fn::") or name in ("Ref", "Condition"):
        return _write_function(dumper, f"!{name.removeprefix('Fn::')}", value[name])
    return dumper.represent_mapping(_MAPPING, value.items(), flow_style=False)


def _write_function(dumper: _Dumper, tag: str, content: Any) -> yaml.Node:
    if isinstance(content, list):
        is_name = tag == "!GetAtt"
        return dumper.represent_scalar(tag, ".".join(content)) if is_name else dumper.represent_sequence(tag, content)
    if isinstance(content, dict):
        return dumper.represent_mapping(tag, content.items())
    return dumper.represent_scalar(tag, content)


_Dumper.add_representer(str, _write_text)
_Dumper.add_representer(dict, _write_mapping)
# Text that other readers take for a number or a boolean (YAML 1.1, "Language-Independent Types"; YAML 1.2, "Core
# Schema").
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9.][0-9._]*([eE][-+]?[0-9]+)?\Z"), list("-+.0123456789")
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]\Z"), list("yYnN"))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's takes a tenth
    """Reads CloudFormation's short forms as long ones, and dates as text."""


def _read_function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    return {name: node.value.split(".", 1) if name == "Fn::GetAtt" else node.value}


_Loader.add_multi_constructor("!", _read_function)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)

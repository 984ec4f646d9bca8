"""Reading YAML with CloudFormation's short forms."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with CloudFormation's short forms, read back to the long ones."""


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        return {name: text.split(".") if suffix == "GetAtt" else text}
    assert isinstance(node, yaml.SequenceNode)
    return {name: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _long_form)


def load_template(text: str) -> dict[str, Any]:
    """Return a template as a value, with the long forms of CloudFormation's functions."""
    content: dict[str, Any] = yaml.load(text, Loader=_Loader)
    return content

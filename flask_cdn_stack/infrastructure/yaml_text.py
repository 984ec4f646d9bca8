"""Templates as text: YAML with CloudFormation's short forms, in which text is text to every reader, or JSON."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

from cfn_clean import cfn_literal_parser  # type: ignore[import-untyped]
from cfn_flip import to_json, yaml_dumper  # type: ignore[import-untyped]
from cfn_tools import load_json  # type: ignore[import-untyped]

_WIDTH = 200


class _Dumper(yaml_dumper.Dumper):  # type: ignore[misc]
    """Quotes not only what its own kind takes for something else than text."""


# A number, or a truth value, to other readers (YAML 1.1, "Language-Independent Types"; YAML 1.2, "Core Schema").
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9.][0-9._]*([eE][-+]?[0-9]+)?\Z"), list("-+.0123456789")
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]\Z"), list("yYnN"))


def write_yaml(template: str) -> str:
    """Return a template that is given as JSON as YAML, in the same order."""
    text = StringIO()
    dumper = _Dumper(text, default_flow_style=False, allow_unicode=True, width=_WIDTH)
    dumper.open()
    dumper.represent(cfn_literal_parser(load_json(template)))
    dumper.close()
    return text.getvalue()


def read_template(text: str) -> dict[str, Any]:
    """Return a template that is given as YAML or as JSON, with the long forms of CloudFormation's functions."""
    template: dict[str, Any] = json.loads(text if text.lstrip().startswith("{") else to_json(text))
    return template

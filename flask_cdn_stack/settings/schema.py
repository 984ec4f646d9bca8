"""The JSON Schema of the settings file, made from the model that validates it.

``python -m flask_cdn_stack.settings.schema`` prints the text of ``flask-cdn-stack.schema.json`` beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from .model import Settings
from .off import SWITCHES

#: Pattern of a stage's name; it becomes part of a stack name.
STAGE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9-]*$"


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema that editors use for ``flask-cdn-stack.yml``."""
    schema = _model_schema()
    settings = schema["$defs"]["Settings"]
    overlays = {
        "description": "Values by stage; those of the stage that --stage names override the values above.",
        "type": "object",
        "propertyNames": {"pattern": STAGE_PATTERN},
        "additionalProperties": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Stage"}]},
    }
    stage = settings | {"title": "Stage", "description": "Values that differ in one stage."}
    schema["$defs"]["Stage"] = stage
    schema["$defs"]["Settings"] = settings | {"properties": settings["properties"] | {"stages": overlays}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flask-cdn-stack.yml",
        **schema,
    }


def _model_schema() -> dict[str, Any]:
    # Versions of msgspec put null in different places; here it comes last.
    schema: dict[str, Any] = json.loads(json.dumps(msgspec.json.schema(Settings)), object_hook=_put_null_last)
    groups = schema["$defs"]
    for path in SWITCHES:
        group, _, name = path.rpartition(".")
        node = groups[group.capitalize() or "Settings"]["properties"][name]
        kind, *others, _null = node["anyOf"]
        node["anyOf"] = [kind, {"type": "boolean"}, *others]
        _say_false(node, "default")
        # The group's default contains the defaults of its keys.
        _say_false(groups["Settings"]["properties"].get(group, {}).get("default", {}), name)
    return schema


def _say_false(defaults: dict[str, Any], name: str) -> None:
    if name in defaults and defaults[name] is None:
        defaults[name] = False


def _put_null_last(node: dict[str, Any]) -> dict[str, Any]:
    alternatives = node.get("anyOf")
    if isinstance(alternatives, list):
        alternatives.sort(key=lambda part: part.get("type") == "null")
    return node


def render_schema() -> str:
    """Return the schema's text."""
    return json.dumps(settings_schema(), indent=2, sort_keys=True) + "\n"


def known_keys(path: Sequence[str]) -> list[str]:
    """Return the keys that the file may have at ``path``; empty if any key, or none, is allowed."""
    return [name for part in _parts_at(path) for name in part.get("properties", ())]


def allowed_values(path: Sequence[str]) -> list[str]:
    """Return the words that the file may have at ``path``, as YAML writes them; empty if others are allowed, too."""
    words: list[str] = []
    for part in _parts_at(path):
        closed = ["true", "false"] if part.get("type") == "boolean" else part.get("enum", [])
        if not closed:
            return []
        words += map(str, closed)
    return words


def meaning(path: Sequence[str]) -> str:
    """Return the description of the key at ``path``; empty if there is none."""
    if not path:
        return ""
    nodes = [part["properties"].get(path[-1], {}) for part in _parts_at(path[:-1]) if "properties" in part]
    return next((str(node["description"]) for node in nodes if "description" in node), "")


def _parts_at(path: Sequence[str]) -> list[dict[str, Any]]:
    schema = _model_schema()
    parts = list(_alternatives(schema, schema))
    for name in path:
        inner = [part["properties"][name] for part in parts if name in part.get("properties", ())]
        parts = [part for node in inner for part in _alternatives(schema, node)]
    return parts


def _alternatives(schema: dict[str, Any], node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in node:
        yield from _alternatives(schema, schema["$defs"][node["$ref"].rpartition("/")[2]])
    elif "anyOf" in node:
        for part in node["anyOf"]:
            yield from _alternatives(schema, part)
    elif "$ref" in node.get("items", {}):
        yield from _alternatives(schema, node["items"])
    else:
        yield node


if __name__ == "__main__":
    print(render_schema(), end="")

"""The JSON Schema of the settings file, made from the model that validates it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from .model import Settings

#: Pattern of a stage's name; it becomes part of a stack name.
STAGE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9-]*$"


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema that editors use for ``flask-cdn-stack.yml``."""
    schema: dict[str, Any] = msgspec.json.schema(Settings)
    settings = schema["$defs"]["Settings"]
    overlays = {
        "description": "Values for one stage each, laid over the others by --stage.",
        "type": "object",
        "propertyNames": {"pattern": STAGE_PATTERN},
        "additionalProperties": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Stage"}]},
    }
    stage = settings | {"title": "Stage", "description": "What differs in one stage."}
    schema["$defs"]["Stage"] = stage
    schema["$defs"]["Settings"] = settings | {"properties": settings["properties"] | {"stages": overlays}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flask-cdn-stack.yml",
        **schema,
    }


def known_keys(path: Sequence[str]) -> list[str]:
    """Return the keys that the file may have at ``path``; empty where any key, or none, may stand."""
    return [name for part in _parts_at(path) for name in part.get("properties", ())]


def allowed_values(path: Sequence[str]) -> list[str]:
    """Return the words that the file may have at ``path``, as YAML writes them; empty where it is free."""
    words = []
    for part in _parts_at(path):
        words += part.get("enum", [])
        if part.get("type") == "boolean":
            words += ["true", "false"]
    return words


def _parts_at(path: Sequence[str]) -> list[dict[str, Any]]:
    schema = msgspec.json.schema(Settings)
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
    else:
        yield node

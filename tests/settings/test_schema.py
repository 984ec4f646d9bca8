"""The JSON Schema that editors use, against the loader that decides."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.settings.schema import allowed_values, known_keys, meaning, render_schema, settings_schema

_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int}
_NOTES = {"$schema", "$defs", "title", "description", "default"}


def accepts(node: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """Validate with the keywords that our schema uses; any other keyword is an error of the test."""
    return all(_holds(keyword, node, value, root) for keyword in node if keyword not in _NOTES)


def _holds(keyword: str, node: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    wanted = node[keyword]
    match keyword:
        case "$ref":
            return accepts(root["$defs"][wanted.removeprefix("#/$defs/")], value, root)
        case "anyOf":
            return any(accepts(part, value, root) for part in wanted)
        case "type":
            return isinstance(value, _TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))
        case "enum":
            return bool(value in wanted)
        case "minimum":
            return bool(value >= wanted)
        case "maximum":
            return bool(value <= wanted)
        case "pattern":
            return re.search(wanted, value) is not None
        case "minItems":
            return bool(len(value) >= wanted)
        case "maxItems":
            return bool(len(value) <= wanted)
        case "items":
            return all(accepts(wanted, item, root) for item in value)
        case "required":
            return bool(set(wanted) <= value.keys())
        case "properties":
            return all(accepts(wanted[key], item, root) for key, item in value.items() if key in wanted)
        case "additionalProperties":
            rest = [item for key, item in value.items() if key not in node.get("properties", ())]
            return not rest if wanted is False else all(accepts(wanted, item, root) for item in rest)
        case "propertyNames":
            return all(re.search(wanted["pattern"], key) for key in value)
    raise AssertionError(f"{keyword} is new; teach it to this test")


def test_the_shipped_file_is_the_generators() -> None:
    """Else: python -m flask_cdn_stack.settings.schema > flask_cdn_stack/settings/flask-cdn-stack.schema.json"""
    shipped = resources.files("flask_cdn_stack.settings") / "flask-cdn-stack.schema.json"

    assert shipped.read_text("utf-8") == render_schema()


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("{}", True),
        ("app: shop\nstages: {live: {app: other}, test: }", True),
        ("delivery: {cors: [https://a.example], hsts: off, ttl: {min: 0}}", True),
        ("query_strings: [a, b]", True),
        ("tags: {a: b}\nconfig_file: off", True),
        ("bucket: {noncurrent_days: 2147483647}", True),
        ("delivery: {hsts: 2147483647, ttl: {min: 3155760000}}", True),
        ("bucket: {noncurrent_days: 2147483648}", False),
        ("delivery: {ttl: {min: 3155760001}}", False),
        ("ap: shop", False),
        ("delivery: {cors: nope}", False),
        ("delivery: {hsts: -1}", False),
        ("delivery: {price_class: PriceClass_300}", False),
        ("query_strings: some", False),
        ("query_strings: [a, b, c, d, e, f, g, h, i, j, k]", False),
        ("tags: {a: 1}", False),
        ("assets:", False),
        ("assets: {checksum_length: 100}", False),
        ("stages: {a b: {}}", False),
        ("stages: {live: {stages: {}}}", False),
        ("stages: {live: {ap: x}}", False),
        ("stages: {live: 3}", False),
        ("[]", False),
    ],
)
def test_the_schema_and_the_loader_agree(tmp_path: Path, text: str, good: bool) -> None:
    """What an editor underlines is what a command refuses."""
    file = tmp_path / "flask-cdn-stack.yml"
    file.write_text(text)
    schema = settings_schema()

    assert accepts(schema, yaml.safe_load(text), schema) is good
    if good:
        load_project(tmp_path, file)
    else:
        with pytest.raises(SettingsError):
            load_project(tmp_path, file)


@pytest.mark.parametrize(
    ("kind", "good"),
    [("text/css", True), ("text/css; charset=utf-8", True), ("", False), ("css", False), ("é/é", False)],
)
def test_media_types_in_the_schema(kind: str, good: bool) -> None:
    """An editor underlines the media types that the checks refuse."""
    schema = settings_schema()

    assert accepts(schema, {"assets": {"media_types": {"*.x": kind}}}, schema) is good


def test_every_key_is_described() -> None:
    """An editor shows the sentence, and so do error messages."""
    for name, group in settings_schema()["$defs"].items():
        for key, node in group["properties"].items():
            assert node.get("description"), f"{name}.{key}"


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        (["delivery", "geo"], ["allow", "deny"]),
        (["delivery", "ttl"], ["min", "default", "max"]),
        (["app"], []),
        (["nowhere", "at", "all"], []),
    ],
)
def test_known_keys(path: list[str], keys: list[str]) -> None:
    """In the order of the model."""
    assert sorted(known_keys(path)) == sorted(keys)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (["delivery", "ipv6"], ["true", "false"]),
        (["delivery", "viewer_protocol"], ["allow-all", "https-only", "redirect-to-https"]),
        (["delivery", "hsts"], []),
        (["app"], []),
        ([], []),
    ],
)
def test_allowed_values(path: list[str], values: list[str]) -> None:
    """Listed only where nothing else may stand."""
    assert sorted(allowed_values(path)) == sorted(values)


def test_meaning() -> None:
    """A key's sentence, and nothing for what is no key."""
    assert meaning(["delivery", "ttl", "min"]).startswith("Shortest time")
    assert (meaning([]), meaning(["x"]), meaning(["x", "y"])) == ("", "", "")

"""What a settings file says stays what it is: no value becomes a part of the language of what is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.iam_text import names_in_settings, render_policy
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.infrastructure.yaml_text import read_template

from .any_settings import LEAVES, NEEDS, merge_deeply, place
from .test_any_settings import read

#: By who would take them for something else.
MARKS = {
    "CloudFormation": ("x${AWS::AccountId}y", "x${y}", "{{resolve:ssm:x}}"),
    "IAM": ("x*y", "x?y", "x${aws:username}"),
    "YAML": ("x: y", "- x", "x #y", "!Ref x", "&x", "0123", "2001-01-01", "yes", "1e3", "x\x85y", "x\u2028y"),
    "JavaScript": ('x"y', "x'y", "x\\y", "x`y", "x</script>y"),
}


#: Keys that come into no template.
OUTSIDE = ("assets.", "config_file", "manifest_file", "target.", "tags")


def shapes(node: Mapping[str, Any], mark: str) -> Iterator[Any]:
    """Yield the values of a key that have the mark as a text in them."""
    for part in node.get("anyOf", (node,)):
        if part.get("type") == "string" and "enum" not in part:
            yield mark
        elif part.get("type") == "array" and part.get("items", {}).get("type") == "string":
            yield [mark]
        elif part.get("type") == "object":
            yield from ({mark: "v"}, {"k": mark})


def find(node: Any, mark: str, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the way to each text that the mark stands in."""
    if isinstance(node, str) and mark in node:
        yield way
    for name, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from find(name, mark, (*way, "name"))
        yield from find(inner, mark, (*way, str(name)))


@pytest.mark.parametrize("reader", MARKS)
def test_what_another_reader_would_take_for_its_own(reader: str, tmp_path: Path) -> None:
    """Is refused, or stands in a template as the text that it is: in no reference, no code and no policy's pattern."""
    accepted = 0
    for path in LEAVES:
        if path == "app" or (path.startswith(OUTSIDE) and path != "assets.prefix"):
            continue
        for content in contents(path, LEAVES[path], MARKS[reader]):
            try:
                settings = read(tmp_path, content)
            except SettingsError:
                continue
            accepted += 1
            check(settings, reader)
    assert accepted


def contents(path: str, node: Mapping[str, Any], marks: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    nothing: list[dict[str, Any]] = [{}]
    beside = next((parts for start, parts in NEEDS.items() if path.startswith(start)), nothing)
    policy = {"access": {"deploy_policy": True}}
    for value in (value for mark in marks for value in shapes(node, mark)):
        yield merge_deeply(merge_deeply(policy, beside[0]), place(path, value))


def check(settings: Any, reader: str) -> None:
    template = json.loads(render_template(settings, format="json"))
    assert read_template(render_template(settings, format="yaml")) == template
    policies = [
        json.loads(render_policy(kind, settings, "shop", names_in_settings(settings)))
        for kind in ("deploy", "provision")
    ]
    for mark in MARKS[reader]:
        ways = [*find(template, mark)]
        assert not [way for way in ways if "FunctionCode" in way]
        if reader in ("CloudFormation", "IAM"):
            assert not [way for way in ways if {"Fn::Sub", "Statement"} & {*way}]
            assert not [*find(policies, mark)]

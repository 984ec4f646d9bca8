"""Reads a built template: resources by type, values that may be CloudFormation functions, and policies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

#: CloudFront as a service principal in policies.
CLOUDFRONT = "cloudfront.amazonaws.com"

_SUBSTITUTION = re.compile(r"\$\{([^!}][^}]*)\}")


def find_resources(template: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the title and the properties of each resource of a type, such as ``AWS::S3::Bucket``."""
    for title, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield title, resource.get("Properties", {})


def read_list(value: Any) -> list[Any]:
    """Return a list unchanged, and a single value as a list; empty for None and for a CloudFormation function."""
    if isinstance(value, list):
        return value
    return [] if value is None or read_function(value)[0] else [value]


def read_values(value: Any) -> list[Any]:
    """Return a list unchanged, and a single value, even a CloudFormation function, as a list."""
    return value if isinstance(value, list) else [value]


def read_text(value: Any) -> str:
    """Return text unchanged, and for ``Fn::Sub`` and ``Fn::Join`` their unevaluated text; empty for other values."""
    if isinstance(value, str):
        return value
    name, content = read_function(value)
    if name == "Fn::Sub":
        return str(content[0] if isinstance(content, list) else content)
    if name == "Fn::Join":
        return str(content[0]).join(map(read_text, read_list(content[1])))
    return ""


def read_function(value: Any) -> tuple[str, Any]:
    """Return the name and the content of a CloudFormation function in its long form; an empty name for other values."""
    if isinstance(value, dict) and len(value) == 1:
        name, content = next(iter(value.items()))
        if name == "Ref" or name.startswith("Fn::"):
            return name, content
    return "", None


def find_references(value: Any) -> Iterator[str]:
    """Yield the names of the resources, parameters and pseudo parameters that a value refers to."""
    name, content = read_function(value)
    if name == "Ref":
        yield content
    elif name == "Fn::GetAtt":
        yield content[0] if isinstance(content, list) else content.partition(".")[0]
    elif name == "Fn::Sub":
        text, own = content if isinstance(content, list) else (content, {})
        yield from (found.partition(".")[0] for found in _SUBSTITUTION.findall(text) if found not in own)
        yield from find_references(list(own.values()))
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from find_references(inner)


def read_statements(document: Mapping[str, Any], effect: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the content of each statement with an effect, ``Allow`` or ``Deny``."""
    for number, statement in enumerate(read_list(document["Statement"])):
        if statement["Effect"] == effect:
            yield statement.get("Sid", f"statement {number}"), statement


def read_principals(statement: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the principals of a statement, each with its kind, such as ``Service``; ``*`` if it has none."""
    principal = statement.get("Principal", "*")
    if not isinstance(principal, dict):
        return [("AWS", principal)]
    return [(kind, name) for kind, names in principal.items() for name in read_values(names)]


def read_actions(statement: Mapping[str, Any]) -> list[str]:
    """Return the actions of a statement; ``*`` if it has none."""
    return read_list(statement.get("Action", "*"))


def read_condition(statement: Mapping[str, Any], key: str, *operators: str) -> list[Any]:
    """Return the values that a statement's condition requires of a key.

    :param key: a condition key, such as ``aws:SourceArn``; case does not matter.
    :param operators: the operators to look at, such as ``StringEquals``.
    """
    conditions = statement.get("Condition", {})
    return [
        value
        for operator in operators
        for name, values in conditions.get(operator, {}).items()
        if name.lower() == key.lower()
        for value in read_values(values)
    ]

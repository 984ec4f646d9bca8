"""Keeps the logical ids that a stack has from an older template.

To CloudFormation, a resource with a new id is a new resource, which it creates before it deletes the old one
(CloudFormation user guide, "Update behaviors of stack resources"). That fails for a DNS record, which is unique, and
would leave the logs of a log bucket behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..audit.reading import read_function
from ..infrastructure.logs import LOG_BUCKETS

# Suffix for an id that the stack already has for another resource.
_OTHERWISE = "Next"

_SUBSTITUTION = re.compile(r"(?<=\$\{)[A-Za-z0-9]+")

Template = Mapping[str, Any]


def keep_ids(template: Template, deployed: Template) -> Template:
    """Return a template in which each DNS record and log bucket has its id from the deployed template.

    Older templates numbered DNS records by their position, and used one id for the log buckets of both versions.
    """
    there = dict(_find_things(deployed))
    names = {}
    for thing, title in _find_things(template):
        if thing in there:
            names[title] = there[thing]
        elif title in deployed["Resources"]:
            names[title] = f"{title}{_OTHERWISE}"
    return _rename_resources(template, {title: name for title, name in names.items() if title != name})


def _find_things(template: Template) -> Iterator[tuple[str, str]]:
    """Yield what identifies each DNS record and log bucket apart from its id, and the id."""
    for title, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Route53::RecordSet":
            yield repr((properties["Name"], properties["Type"])), title
        elif title.removesuffix(_OTHERWISE) in LOG_BUCKETS.values():
            yield repr(properties["OwnershipControls"]), title


def _rename_resources(template: Template, names: Mapping[str, str]) -> Template:
    if not names:
        return template
    renamed = {key: _rename(section, names) for key, section in template.items()}
    resources = {names.get(title, title): resource for title, resource in renamed["Resources"].items()}
    return {**renamed, "Resources": resources}


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_rename(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    name, content = read_function(value)
    if name == "Ref":
        return {name: names.get(content, content)}
    if name == "Fn::GetAtt":
        return {name: [names.get(content[0], content[0]), *content[1:]]}
    if name == "Fn::Sub":
        text, *rest = content if isinstance(content, list) else [content]
        text = _SUBSTITUTION.sub(lambda found: names.get(found[0], found[0]), text)
        return {name: [text, *_rename(rest, names)] if rest else text}
    if isinstance(depends := value.get("DependsOn"), str):
        value = {**value, "DependsOn": names.get(depends, depends)}
    return {key: _rename(inner, names) for key, inner in value.items()}

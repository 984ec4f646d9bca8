"""Fills in which properties of a resource change, from the two templates, if the service does not say. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..audit.reading import read_function
from ..aws.changes import ChangeSet, PropertyChange
from ..infrastructure.yaml_text import read_template


def fill_in(change_set: ChangeSet, deployed: str, wanted: str) -> ChangeSet:
    """Return a change set in which changes without values have those of the templates.

    AWS gives values; services that emulate it may only name the top-level properties.

    :param deployed: the stack's template as text; empty if the stack is to be created.
    :param wanted: the new template as text.
    """
    if not deployed or not any(_lacks_values(item) for change in change_set.changes for item in change.properties):
        return change_set
    old, new = (read_template(text)["Resources"] for text in (deployed, wanted))
    changes = tuple(
        change._replace(properties=tuple(_fill_in(change.properties, old[change.logical_id], new[change.logical_id])))
        if change.logical_id in old and change.logical_id in new
        else change
        for change in change_set.changes
    )
    return change_set._replace(changes=changes)


def _lacks_values(item: PropertyChange) -> bool:
    is_top = item.path.startswith("/Properties/") and item.path.count("/") == 2
    return is_top and (item.before, item.after) == (None, None) and item.source in ("", "DirectModification")


def _fill_in(
    properties: Iterable[PropertyChange], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[PropertyChange]:
    for item in properties:
        name = item.path.rpartition("/")[2]
        before, after = (resource.get("Properties", {}).get(name) for resource in (old, new))
        leaves = list(find_leaves(item.path, before, after)) if _lacks_values(item) else []
        for path, one, two in leaves:
            yield item._replace(path=path, before=_text(one), after=_text(two))
        if not leaves:
            yield item


def find_leaves(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the innermost differences of two values: a JSON pointer and both values there, None for a missing one."""
    is_function = read_function(before)[0] or read_function(after)[0]
    if isinstance(before, dict) and isinstance(after, dict) and not is_function:
        for key in dict.fromkeys((*before, *after)):
            yield from find_leaves(f"{path}/{key}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, two) in enumerate(zip(before, after, strict=True)):
            yield from find_leaves(f"{path}/{number}", one, two)
    elif before != after:
        yield path, before, after


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)

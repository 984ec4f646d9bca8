"""Shows the changes of a stack, and describes them as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from typing import Any

import click

from ..aws.changes import KNOWN_AFTERWARDS, Change, PropertyChange
from ..stack.differences import Difference
from ..stack.preview import find_notices, is_grave
from .output import Output

#: Most characters of a value that are shown.
WIDTH = 60

_COLOURS = {"Add": "green", "Import": "green", "Modify": "yellow", "Remove": "red"}
_REPLACED = {"True": "replaced", "Conditional": "perhaps replaced"}
_FATES = {
    "Delete": "deleted",
    "Retain": "stays in the account",
    "ReplaceAndDelete": "the old one is deleted",
    "ReplaceAndRetain": "the old one stays in the account",
}
_DRIFTS = {"MODIFIED": "changed outside CloudFormation", "DELETED": "deleted outside CloudFormation"}


def show_changes(output: Output, changes: Sequence[Change], differences: Sequence[Difference] = ()) -> None:
    """Show the change of each resource, with its changed properties, and of each output and tag."""
    rows = [(change, _words(change)) for change in changes]
    rows += [(Change(item.action, item.name, item.kind, ""), "") for item in differences]
    widths = [max((len(change[column]) for change, _ in rows), default=0) for column in range(3)]
    for change, words in rows:
        cells = [cell.ljust(width) for cell, width in zip(change[:3], widths, strict=True)]
        line = "  ".join(["", *cells, words]).rstrip()
        if is_grave(change):
            output.plan(click.style(line, fg="red", bold=True))
        else:
            output.plan(click.style(line, fg=_COLOURS.get(change.action)))
        for text in _describe(change.properties):
            output.plan(f"      {text}")


def show_notices(output: Output, changes: Sequence[Change]) -> None:
    """Show what viewers will notice of the changes."""
    if notices := find_notices(changes):
        output.plan("Effects on viewers:")
    for notice in notices:
        output.plan(f"  * {notice}")


def change_to_json(change: Change) -> dict[str, Any]:
    """Return a change as ``--json`` prints it."""
    return {**change._asdict(), "properties": [item._asdict() for item in change.properties]}


def _words(change: Change) -> str:
    words = (_REPLACED.get(change.replacement), _FATES.get(change.policy_action), _DRIFTS.get(change.drift))
    return ", ".join(filter(None, words))


def _describe(properties: Sequence[PropertyChange]) -> Iterator[str]:
    """Yield a line for each path; AWS lists a path that changes for several reasons several times."""
    for path, same in groupby(sorted(properties, key=lambda item: item.path), key=lambda item: item.path):
        items = list(same)
        valued = next((item for item in items if (item.before, item.after) != (None, None)), None)
        name = path.removeprefix("/Properties/").lstrip("/").replace("/", ".")
        values = f": {' -> '.join(_shorten(valued.before, valued.after))}" if valued else ""
        notes = [text for item in items for text in _notes(item)]
        yield name + values + (f" ({', '.join(dict.fromkeys(notes))})" if notes else "")


def _notes(item: PropertyChange) -> Iterator[str]:
    if item.recreation in ("Always", "Conditionally"):
        yield "requires replacement" if item.recreation == "Always" else "may require replacement"
    if item.cause:
        yield f"depends on {item.cause}"
    if item.actual is not None:
        yield f"is {_shorten(item.actual, item.actual)[0]}"


def _shorten(before: str | None, after: str | None) -> tuple[str, str]:
    """Return two values on one line each; long ones are cut to begin a little before the first difference."""
    one, two = _compact(before), _compact(after)
    start = 0
    if one != two and max(len(one), len(two)) > WIDTH:
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
        start = max(0, same - WIDTH // 3)
    return _cut(one, start), _cut(two, start)


def _cut(text: str, start: int) -> str:
    start = start if len(text) > WIDTH else 0
    rest = text[start:]
    return ("..." if start else "") + (rest if len(rest) <= WIDTH else rest[:WIDTH] + "...")


def _compact(value: str | None) -> str:
    if value is None:
        return "(none)"
    value = value.replace(KNOWN_AFTERWARDS, "(known after the change)")
    try:
        return json.dumps(json.loads(value), separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return " ".join(value.split())

"""Values of properties that the service does not give."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_cdn_stack.aws.changes import Change, ChangeSet, PropertyChange
from flask_cdn_stack.stack.property_changes import fill_in

REF = {"Ref": "CachePolicy"}


def template(config: Any) -> str:
    return json.dumps({"Resources": {"It": {"Type": "T", "Properties": {"Config": config}}}})


def change_set(*properties: PropertyChange, logical_id: str = "It") -> ChangeSet:
    return ChangeSet("cs", "stack", (Change("Modify", logical_id, "T", "False", properties),))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"A": 1, "B": "x"}, {"A": 2, "B": "x"}, [("/A", "1", "2")]),
        ({"A": {"B": True}}, {"A": {"C": None}}, [("/A/B", "true", None)]),
        ([{"A": "x"}, "y"], [{"A": "z"}, "y"], [("/0/A", "x", "z")]),
        (["t", "c"], ["c"], [("", '["t", "c"]', '["c"]')]),
        ({"A": REF}, {"A": "id"}, [("/A", '{"Ref": "CachePolicy"}', "id")]),
        ({"A": REF}, {"A": {"Ref": "Other"}}, [("/A", '{"Ref": "CachePolicy"}', '{"Ref": "Other"}')]),
        ({"A": 1}, {"A": 1}, [("", None, None)]),
    ],
)
def test_what_is_filled_in(before: Any, after: Any, found: list[tuple[str, str | None, str | None]]) -> None:
    """The innermost places that differ; a function is a value, and so is a list that is longer or shorter."""
    item = PropertyChange("/Properties/Config", recreation="Never", source="DirectModification")
    (change,) = fill_in(change_set(item), template(before), template(after)).changes

    assert change.properties == tuple(
        item._replace(path=f"/Properties/Config{path}", before=one, after=two) for path, one, two in found
    )


@pytest.mark.parametrize(
    "given",
    [
        change_set(PropertyChange("/Properties/Config", "1", "2")),
        change_set(PropertyChange("/Properties/Config/A")),
        change_set(PropertyChange("/Properties/Config", source="ResourceReference", cause="CachePolicy")),
        change_set(PropertyChange("/Tags")),
        change_set(PropertyChange("/Properties/Config"), logical_id="Former"),
    ],
    ids=["values", "path", "reference", "tags", "unknown"],
)
def test_what_stays(given: ChangeSet) -> None:
    """What the service has said, and what the templates do not say."""
    assert fill_in(given, template({"A": 1}), template({"A": 2})) == given


def test_a_new_stack() -> None:
    """Has no properties that were other before."""
    given = change_set(PropertyChange("/Properties/Config"))
    assert fill_in(given, "", template({})) == given

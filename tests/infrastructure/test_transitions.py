"""What each change of the settings does to a stack, and that AWS carries it out.

No AWS is asked: which property's change replaces a resource is read from the resource schemas that cfn-lint ships.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import msgspec
import pytest

from flask_cdn_stack.aws.changes import Change, PropertyChange
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.stack.preview import find_notices
from flask_cdn_stack.stack.property_changes import find_leaves
from flask_cdn_stack.stack.transitions import REPLACING, UNIQUE, compare_templates
from tests.infrastructure.cases import CASES
from tests.infrastructure.transition_notes import NOTES
from tests.infrastructure.transitions import TABLE, build_pairs, find_changes, settings_keys, write_table

#: Keys of which no two values are looked at: they choose another stack, or none, or are lists of groups of keys.
NOT_LOOKED_AT = {
    "region",
    "target.bucket",
    "target.domain",
    "target.distribution_id",
    "target.region",
    "assets.extra",
    "assets.headers",
}

#: What goes with another change, and what is for who deploys alone: viewers notice nothing of it.
SILENT = (
    "DistributionConfig/DefaultRootObject", "DistributionConfig/Origins/0/S3OriginConfig",
    "DistributionConfig/Origins/0/OriginAccessControlId", "Bucket/",
)  # fmt: skip
SILENT_TYPES = ("ManagedPolicy", "Role")


@pytest.fixture(scope="module")
def templates() -> list[dict[str, Any]]:
    """The template of every case."""
    return [build_template(msgspec.convert(content, Settings)) for content in CASES]


def test_the_page_is_current() -> None:
    """The documentation's table is what the templates say now (``python -m tests.infrastructure.transitions``)."""
    assert TABLE.read_text("utf-8") == write_table()


def test_every_key_is_told_of() -> None:
    """Those that change a stack stand in the table, in the file's order, and no others."""
    keys = settings_keys()

    assert [key for key in keys if any(change.resources for change in find_changes(key))] == [*NOTES]
    assert {key for key in keys if not find_changes(key)} == NOT_LOOKED_AT


def every_leaf() -> Iterator[tuple[str, str, str]]:
    """Yield each place that some change of the settings changes, with the type of its resource and the key."""
    for key in NOTES:
        for *_, old, new in build_pairs(key):
            for title, before in old["Resources"].items():
                after = new["Resources"].get(title, {})
                for path, _, _ in find_leaves("", before.get("Properties", {}), after.get("Properties", {})):
                    if after:
                        yield before["Type"], path.removeprefix("/"), key


def test_no_change_of_a_key_goes_unnoticed() -> None:
    """Every change that a setting can bring about comes to a sentence, or is known to be nothing that one notices."""
    forgotten = set()
    for kind, path, key in set(every_leaf()):
        silent = f"{path}/".startswith(SILENT) or kind.rpartition(":")[2] in SILENT_TYPES
        change = Change("Modify", "It", kind, "False", (PropertyChange(f"/Properties/{path}", "1", "2"),))
        if not find_notices([change]) and not silent:
            forgotten.add((kind, path, key))
    assert forgotten == set()


def test_every_change_of_a_key_is_carried_out() -> None:
    """In every kind of stack, from each value to each other one."""
    refused = [
        (change.key, change.stack, change.before, change.after, item)
        for key in NOTES
        for change in find_changes(key)
        for item in change.resources
        if item.problem
    ]

    assert refused == []


def test_every_change_of_many_keys_is_carried_out(templates: list[dict[str, Any]]) -> None:
    """From every combination of choices to every other."""
    refused = {item for pair in permutations(templates, 2) for item in compare_templates(*pair) if item.problem}

    assert refused == set()


@pytest.mark.parametrize("content", CASES, ids=range(len(CASES)))
def test_no_resource_hangs_on_its_place_in_a_list(content: dict[str, Any]) -> None:
    """Every list of the settings turned round leaves every resource what it is."""
    settings = msgspec.convert(content, Settings)
    turned = msgspec.convert(_turn(msgspec.to_builtins(settings)), Settings)
    changes = compare_templates(build_template(settings), build_template(turned))

    assert {change.action for change in changes} <= {"updated"}
    assert {change.type for change in changes} <= {
        "AWS::CloudFront::CachePolicy",
        "AWS::CloudFront::Distribution",
        "AWS::CloudFront::ResponseHeadersPolicy",
    }


def _turn(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [*reversed(value)]
    return {key: _turn(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _read_schema(kind: str) -> dict[str, Any]:
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # takes a second to load

    schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return schema


def test_what_replaces_a_resource(templates: list[dict[str, Any]]) -> None:
    """Is what its schema says: properties given when it is made, and those that it is known by."""
    for kind in {resource["Type"] for template in templates for resource in template["Resources"].values()}:
        schema = _read_schema(kind)
        known_by = {*schema["primaryIdentifier"]} - {*schema.get("readOnlyProperties", ())}
        replacing = {*schema.get("createOnlyProperties", ())} | known_by

        assert sorted(path.removeprefix("/properties/") for path in replacing) == sorted(REPLACING.get(kind, ())), kind
        assert not schema.get("conditionalCreateOnlyProperties"), kind


def test_what_is_unique_is_there() -> None:
    """A name that no type has any more would keep nothing apart."""
    for kind, groups in UNIQUE.items():
        schema = _read_schema(kind)
        for name in (name for names in groups for name in names):
            assert name.partition(".")[0] in schema["properties"], (kind, name)

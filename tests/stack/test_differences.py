"""What a change alters beside resources."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.aws.cloudformation import ChangeSet, Stack
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.stack.differences import find_differences
from flask_cdn_stack.stack.stack_plan import StackPlan
from tests.stack.conftest import ARN, MakeProject

OURS = {"flask-cdn-stack:project": "shop"}


@pytest.mark.parametrize(
    ("had", "gets", "had_tags", "gets_tags", "expected"),
    [
        ({"A": "1", "B": "2"}, {"A": "1", "B": "3", "C": "4"}, {}, {},
         [("Modify", "Output", "B"), ("Add", "Output", "C")]),
        ({"A": "1", "Gone": "2"}, {"A": {"Ref": "Bucket"}}, {}, {}, [("Remove", "Output", "Gone")]),
        ({}, {}, {"team": "web", "old": "x"}, {"team": "shop", "new": "y"},
         [("Add", "Tag", "new"), ("Remove", "Tag", "old"), ("Modify", "Tag", "team")]),
        ({}, {}, {"aws:cloudformation:stack-id": "x"}, {}, []),
    ],
)  # fmt: skip
def test_differences(
    make_project: MakeProject,
    had: dict[str, str],
    gets: dict[str, Any],
    had_tags: dict[str, str],
    gets_tags: dict[str, str],
    expected: list[Any],
) -> None:
    """By name; what CloudFormation works out is no difference, nor are AWS's own tags."""
    before = Stack("shop-cdn", ARN, "CREATE_COMPLETE", "", had, {**had_tags, **OURS})
    plan = StackPlan("shop-cdn", "us-east-1", "123456789012", False, ChangeSet("cs", ARN, ()), before)
    template = {"Outputs": {name: {"Value": value} for name, value in gets.items()}}

    assert list(find_differences(plan, make_project(Settings(tags=gets_tags)), template)) == expected

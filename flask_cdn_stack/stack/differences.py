"""Finds changes of the stack that no change set lists: those of outputs and tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from ..settings.model import Project
from .change_sets import stack_tags
from .stack_plan import StackPlan


class Difference(NamedTuple):
    """An output or a tag of the stack that a change adds, modifies or removes."""

    action: Literal["Add", "Modify", "Remove"]
    kind: Literal["Output", "Tag"]
    name: str


def find_differences(plan: StackPlan, project: Project, template: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Compare the outputs and tags that a stack has with those that the plan gives it.

    An output whose value CloudFormation computes counts as unchanged: it depends on a resource.

    :param template: as :func:`~flask_cdn_stack.infrastructure.template.build_template` returns it.
    :return: empty if the stack is to be created.
    """
    if plan.change_set is None or plan.creates or plan.before is None:
        return ()
    outputs = {name: output["Value"] for name, output in template.get("Outputs", {}).items()}
    return (
        *(Difference(action, "Output", name) for action, name in _compare(plan.before.outputs, outputs)),
        *(Difference(action, "Tag", name) for action, name in _compare(plan.before.own_tags, stack_tags(project))),
    )


def _compare(
    before: Mapping[str, str], after: Mapping[str, Any]
) -> Iterator[tuple[Literal["Add", "Modify", "Remove"], str]]:
    for name in sorted({*before, *after}):
        if name not in before:
            yield "Add", name
        elif name not in after:
            yield "Remove", name
        elif isinstance(after[name], str) and after[name] != before[name]:
            yield "Modify", name

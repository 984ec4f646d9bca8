"""Compares the template that a stack has with the one that the settings give."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ..aws.cloudformation import CloudFormation, Stack
from ..aws.session import Connection
from ..infrastructure.yaml_text import read_template, write_yaml
from ..settings.model import Project
from .change_sets import find_own_stack, is_new
from .kept_ids import keep_ids
from .outputs import USABLE

# Lines around a difference, as `diff -u` shows them.
_CONTEXT = 3

# Deletion policies that keep a resource when its stack is deleted (CloudFormation user guide, "DeletionPolicy
# attribute").
_RETAINED = {"Retain", "RetainExceptOnCreate"}


def is_as_wanted(stack: Stack, deployed: str, wanted: str, tags: Mapping[str, str], role_arn: str | None) -> bool:
    """Return whether a stack already has the wanted template, tags and role, so that it needs no change set.

    False if the stack's state shows that its last operation is in progress or failed.

    :param role_arn: the wanted role of CloudFormation; None accepts whatever the stack has.
    """
    if stack.status not in USABLE or stack.own_tags != tags or role_arn not in (None, stack.role_arn):
        return False
    return read_template(deployed) == read_template(wanted)


def read_retained(cloudformation: CloudFormation, stack: Stack) -> frozenset[str]:
    """Return the logical ids of the resources that the stack's template retains when it is deleted.

    :raises AWSError: AWS refused the request or could not be reached.
    """
    resources: Mapping[str, Any] = read_template(cloudformation.read_template(stack.id)).get("Resources", {})
    return frozenset(name for name, item in resources.items() if item.get("DeletionPolicy") in _RETAINED)


def diff_template(connection: Connection, project: Project, template: str) -> str:
    """Return the differences from the deployed template to another, as `diff -u` shows them; empty if they are equal.

    Without a stack, or if it has no resources, the whole template is new.

    :raises RefusedError: the stack belongs to another project.
    :raises AWSError: AWS refused a request or could not be reached.
    """
    cloudformation = CloudFormation(connection)
    stack = find_own_stack(cloudformation, project)
    before: Any = {}
    if stack and not is_new(stack) and stack.status != "ROLLBACK_COMPLETE":
        before = read_template(cloudformation.read_template(stack.id))
    return compare_texts(before, read_template(template), project.stack)


def compare_texts(deployed: Mapping[str, Any], wanted: Mapping[str, Any], stack: str) -> str:
    """Return the differences between two templates as `diff -u` shows them; the order of keys does not matter."""
    kept = keep_ids(wanted, deployed) if deployed else wanted
    before = write_yaml(_arrange(deployed, kept)).splitlines() if deployed else []
    after = write_yaml(kept).splitlines()
    names = (f"{stack} (deployed)", f"{stack} (settings)")
    lines = difflib.unified_diff(before, after, *names, n=_CONTEXT, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _arrange(value: Any, like: Any) -> Any:
    """Return a value with its keys in the same order as in another."""
    if isinstance(value, dict) and isinstance(like, dict):
        order = [key for key in like if key in value] + [key for key in value if key not in like]
        return {key: _arrange(value[key], like.get(key)) for key in order}
    if isinstance(value, list) and isinstance(like, list):
        others = [*like, *[None] * len(value)]
        return [_arrange(item, other) for item, other in zip(value, others, strict=False)]
    return value

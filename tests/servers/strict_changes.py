"""Change sets that say of each property what it was and what it becomes, which MiniStack keeps to itself."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from ministack.services.cloudformation import changesets, handlers

from flask_cdn_stack.stack.property_changes import find_leaves

_Answer = tuple[int, Mapping[str, str], bytes]
_Handler = Callable[[Mapping[str, Any]], _Answer]

_NAMESPACE = "{http://cloudformation.amazonaws.com/doc/2010-05-15/}"


def apply() -> None:
    """Answer ``IncludePropertyValues`` of DescribeChangeSet as AWS does.

    There is a detail for each place that differs, with its path and both values as text (CloudFormation API reference,
    "ResourceTargetDefinition"). What refers to a resource has no value before it is there.
    """
    operations = handlers._ACTION_HANDLERS
    operations["CreateChangeSet"] = _create(operations["CreateChangeSet"])
    operations["DescribeChangeSet"] = _describe(operations["DescribeChangeSet"])


def _create(create: _Handler) -> _Handler:
    def remember(parameters: Mapping[str, Any]) -> _Answer:
        name = changesets._p(parameters, "StackName")
        stack = handlers._resolve_stack(name)
        before = copy.deepcopy((stack or {}).get("_template") or {})
        answer = create(parameters)
        _, made = changesets._find_change_set(changesets._p(parameters, "ChangeSetName"), name)
        if answer[0] == 200 and made is not None:
            made["_before"] = before
        return answer

    return remember


def _describe(describe: _Handler) -> _Handler:
    def describe_with_values(parameters: Mapping[str, Any]) -> _Answer:
        status, headers, body = describe(parameters)
        if status != 200 or changesets._p(parameters, "IncludePropertyValues") != "true":
            return status, headers, body
        _, made = changesets._find_change_set(
            changesets._p(parameters, "ChangeSetName"), changesets._p(parameters, "StackName")
        )
        root = ElementTree.fromstring(body)
        for change in root.iter(f"{_NAMESPACE}ResourceChange"):
            _add_values(change, made["_before"], made["_template"])
        return status, headers, ElementTree.tostring(root, encoding="utf-8")

    return describe_with_values


def _add_values(change: ElementTree.Element, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    title = change.findtext(f"{_NAMESPACE}LogicalResourceId")
    details = change.find(f"{_NAMESPACE}Details")
    resources = [template.get("Resources", {}).get(title) for template in (before, after)]
    if details is None or None in resources:
        return
    old, new = (resource.get("Properties", {}) for resource in resources)
    for detail in list(details):
        target = detail.find(f"{_NAMESPACE}Target")
        name = target.findtext(f"{_NAMESPACE}Name") if target is not None else None
        leaves = list(find_leaves(f"/Properties/{name}", old.get(name), new.get(name)))
        if name and leaves and detail.findtext(f"{_NAMESPACE}ChangeSource") == "DirectModification":
            details.remove(detail)
            details.extend(_with_values(detail, leaves))


def _with_values(detail: ElementTree.Element, leaves: list[tuple[str, Any, Any]]) -> Iterator[ElementTree.Element]:
    for path, *values in leaves:
        copied = copy.deepcopy(detail)
        target = copied.find(f"{_NAMESPACE}Target")
        assert target is not None
        texts = [None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values]
        for tag, text in zip(("Path", "BeforeValue", "AfterValue"), (path, *texts), strict=True):
            if text is not None:
                ElementTree.SubElement(target, _NAMESPACE + tag).text = text
        yield copied

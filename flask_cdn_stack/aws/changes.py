"""The changes of a CloudFormation change set, as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")

#: CloudFormation's placeholder for a value, or a part of one, that is known only after the change.
KNOWN_AFTERWARDS = "{{changeSet:KNOWN_AFTER_APPLY}}"

# CloudFormation's text in place of a parameter with NoEcho (CloudFormation user guide, "Parameters").
_HIDDEN = "****"


class PropertyChange(NamedTuple):
    """One property, or another attribute, of a resource that a change set changes.

    Its words are CloudFormation's (CloudFormation API reference, "ResourceChangeDetail").

    :param path: a JSON pointer, such as ``/Properties/DistributionConfig/PriceClass`` or ``/Tags``.
    :param before: the old value, as text or JSON; None if there is none, or CloudFormation does not give it.
    :param after: the new value, likewise.
    :param recreation: whether the resource is replaced: ``Never``, ``Conditionally`` or ``Always``; may be empty.
    :param evaluation: ``Dynamic`` if only the execution will show whether it changes, else ``Static``.
    :param source: the kind of cause, such as ``DirectModification`` or ``ResourceReference``.
    :param cause: the resource or parameter that causes the change.
    :param actual: the value that the resource has, if it is not the one that the stack gave it; else None.
    """

    path: str
    before: str | None = None
    after: str | None = None
    recreation: str = ""
    evaluation: str = ""
    source: str = ""
    cause: str = ""
    actual: str | None = None


class Change(NamedTuple):
    """One resource that a change set adds, modifies or removes.

    :param replacement: ``True``, ``False`` or ``Conditional``; empty if it is not modified.
    :param policy_action: what happens to the existing resource, such as ``Delete`` or ``ReplaceAndRetain``; empty if it
        stays, or CloudFormation does not say it.
    :param drift: ``MODIFIED`` or ``DELETED`` if it was changed outside of the stack; else another word, or empty.
    """

    action: str
    logical_id: str
    type: str
    replacement: str
    properties: tuple[PropertyChange, ...] = ()
    policy_action: str = ""
    drift: str = ""


class ChangeSet(NamedTuple):
    """A change set whose creation has ended; ``failure`` is empty if it can be executed."""

    id: str
    stack_id: str
    changes: tuple[Change, ...]
    failure: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change: the stack is already as the template says."""
        return any(text in self.failure for text in _NO_CHANGES)


def read_changes(page: Mapping[str, Any]) -> Iterator[Change]:
    """Yield the changes of resources in an answer of DescribeChangeSet; those of hooks are skipped."""
    parameters = page.get("Parameters", ())
    secret = {item["ParameterKey"] for item in parameters if item.get("ParameterValue") == _HIDDEN}
    for item in page.get("Changes", ()):
        if "ResourceChange" in item:
            yield _read_change(item["ResourceChange"], secret)


def _read_change(item: Mapping[str, Any], secret: set[str]) -> Change:
    details = item.get("Details") or [{"Target": {"Attribute": attribute}} for attribute in item.get("Scope", ())]
    return Change(
        item["Action"],
        item["LogicalResourceId"],
        item["ResourceType"],
        item.get("Replacement", ""),
        tuple(_read_property(detail, secret) for detail in details if detail.get("Target")),
        item.get("PolicyAction", ""),
        item.get("ResourceDriftStatus", ""),
    )


def _read_property(detail: Mapping[str, Any], secret: set[str]) -> PropertyChange:
    target = detail["Target"]
    place = "/".join(filter(None, (target.get("Attribute"), target.get("Name"))))
    values = [target.get("BeforeValue"), target.get("AfterValue"), target.get("Drift", {}).get("ActualValue")]
    cause = detail.get("CausingEntity", "")
    if cause in secret:
        values = [None if value is None else _HIDDEN for value in values]
    return PropertyChange(
        target.get("Path") or f"/{place}",
        values[0],
        values[1],
        target.get("RequiresRecreation", ""),
        detail.get("Evaluation", ""),
        detail.get("ChangeSource", ""),
        cause,
        values[2],
    )

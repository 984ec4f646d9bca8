"""What a change set would do, as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")

#: What stands for, or in, a value that follows from what is still to be made.
KNOWN_AFTERWARDS = "{{changeSet:KNOWN_AFTER_APPLY}}"

# What CloudFormation itself puts in the place of a parameter with NoEcho (CloudFormation user guide, "Parameters").
_HIDDEN = "****"


class PropertyChange(NamedTuple):
    """One property, or another attribute, of a resource that a change set alters.

    Words in it are CloudFormation's own (CloudFormation API reference, "ResourceChangeDetail").

    :param path: a JSON pointer, such as ``/Properties/DistributionConfig/PriceClass`` or ``/Tags``.
    :param before: the value, as text or JSON; None where there is none, or CloudFormation does not say it.
    :param recreation: whether it takes another resource: ``Never``, ``Conditionally`` or ``Always``; may be empty.
    :param evaluation: ``Dynamic`` where only carrying it out will tell whether it changes, else ``Static``.
    :param source: what kind of thing brings it about, such as ``DirectModification`` or ``ResourceReference``.
    :param cause: the resource or the parameter that does.
    :param actual: the value that AWS has, where that is not the one that the stack gave it; else None.
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

    :param replacement: ``True``, ``False`` or ``Conditional``; empty where it is not modified.
    :param policy_action: what becomes of the resource that is there, such as ``Delete`` or ``ReplaceAndRetain``; empty
        where it stays, or CloudFormation does not say it.
    :param drift: ``MODIFIED`` or ``DELETED`` where somebody else has changed it; else another word, or empty.
    """

    action: str
    logical_id: str
    type: str
    replacement: str
    properties: tuple[PropertyChange, ...] = ()
    policy_action: str = ""
    drift: str = ""


class ChangeSet(NamedTuple):
    """A change set that has been worked out; ``failure`` is empty where it can be executed."""

    id: str
    stack_id: str
    changes: tuple[Change, ...]
    failure: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the stack already is as the template says."""
        return any(text in self.failure for text in _NO_CHANGES)


def read_changes(page: Mapping[str, Any]) -> Iterator[Change]:
    """Yield the changes of an answer of DescribeChangeSet; hooks among them are passed over."""
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

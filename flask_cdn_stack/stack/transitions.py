"""Compares two templates of a stack, and finds changes that AWS would refuse.

A change set says which resources change, but not that S3 or Route 53 will refuse a change; the stack is then rolled
back after minutes, with half of its changes made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from ..audit.reading import find_references
from ..errors import RefusedError
from ..infrastructure.yaml_text import read_template, write_yaml
from .adoption import keep_adopted
from .kept_ids import Template, keep_ids

#: Properties whose change replaces the resource: those that can only be set when it is created, and those that
#: identify it (CloudFormation CLI user guide, "Resource type schema", createOnlyProperties and primaryIdentifier).
REPLACING: Mapping[str, tuple[str, ...]] = {
    "AWS::CloudFront::Function": ("Name",),
    "AWS::IAM::ManagedPolicy": ("Description", "ManagedPolicyName", "Path"),
    "AWS::IAM::Role": ("Path", "RoleName"),
    "AWS::Logs::Delivery": ("DeliveryDestinationArn", "DeliverySourceName"),
    "AWS::Logs::DeliveryDestination": (
        "DeliveryDestinationType", "DestinationResourceArn", "Name", "OutputFormat",
    ),
    "AWS::Logs::DeliverySource": ("Name",),
    "AWS::Route53::RecordSet": ("HostedZoneId", "HostedZoneName", "Name", "SetIdentifier", "Type"),
    "AWS::S3::Bucket": ("BucketName", "BucketNamePrefix", "BucketNamespace"),
    "AWS::S3::BucketPolicy": ("Bucket",),
}  # fmt: skip

#: Properties in which no two resources of a type may agree, from the services' documentation: a bucket has one policy,
#: a zone one record of each name and type, a distribution one delivery source of each log type, and names are unique.
UNIQUE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "AWS::CloudFront::CachePolicy": (("CachePolicyConfig.Name",),),
    "AWS::CloudFront::Function": (("Name",),),
    "AWS::CloudFront::OriginAccessControl": (("OriginAccessControlConfig.Name",),),
    "AWS::CloudFront::ResponseHeadersPolicy": (("ResponseHeadersPolicyConfig.Name",),),
    "AWS::IAM::ManagedPolicy": (("ManagedPolicyName",),),
    "AWS::IAM::Role": (("RoleName",),),
    "AWS::Logs::Delivery": (("DeliverySourceName", "DeliveryDestinationArn"),),
    "AWS::Logs::DeliveryDestination": (("Name",),),
    "AWS::Logs::DeliverySource": (("Name",), ("ResourceArn", "LogType")),
    "AWS::Route53::RecordSet": (("HostedZoneId", "Name", "Type"),),
    "AWS::S3::Bucket": (("BucketName",),),
    "AWS::S3::BucketPolicy": (("Bucket",),),
}

Action = Literal["added", "removed", "updated", "replaced"]


class Transition(NamedTuple):
    """The change of one resource; ``problem`` says why AWS would refuse it, and is empty if it would not.

    ``properties`` are those that differ, or that refer to a replaced resource.
    """

    logical_id: str
    type: str
    action: Action
    properties: tuple[str, ...] = ()
    problem: str = ""


def fit_template(deployed: str, wanted: str) -> str:
    """Return the wanted template, adapted so that a stack with the deployed one can be updated to it.

    Existing resources keep their logical ids, and an adopted bucket keeps its name.

    :raises RefusedError: AWS would refuse the change.
    """
    there, template = read_template(deployed), read_template(wanted)
    kept = keep_adopted(keep_ids(template, there), there)
    if refused := [change for change in compare_templates(there, kept) if change.problem]:
        lines = [f"  {change.logical_id} ({change.type}): {change.problem}" for change in refused]
        raise RefusedError(
            "\n".join(["AWS would refuse this change of the stack, so nothing was changed:", *lines]),
            "Make the change in two steps: remove the settings that these resources are for and provision, then put "
            "them back and provision again.",
        )
    return wanted if kept is template else write_yaml(kept)


def compare_templates(deployed: Template, wanted: Template) -> tuple[Transition, ...]:
    """Return the change of each resource that changes; the deployed resources come first."""
    old, new = deployed["Resources"], wanted["Resources"]
    changed = {title: _find_changed(old[title], new[title], frozenset()) for title in old if title in new}
    replaced: frozenset[str] = frozenset()
    # A resource that refers to a replaced one changes with it, and may then be replaced itself.
    while (found := frozenset(_find_replaced(changed, new))) != replaced:
        replaced = found
        changed = {title: _find_changed(old[title], new[title], replaced) for title in changed}
    return tuple(_describe(old, new, changed, replaced))


def _find_changed(old: Mapping[str, Any], new: Mapping[str, Any], replaced: frozenset[str]) -> tuple[str, ...]:
    before, after = old.get("Properties", {}), new.get("Properties", {})
    names = sorted(before.keys() | after.keys())
    return tuple(
        name
        for name in names
        if before.get(name) != after.get(name) or not replaced.isdisjoint(find_references(after.get(name)))
    )


def _find_replaced(changed: Mapping[str, tuple[str, ...]], new: Mapping[str, Any]) -> Iterator[str]:
    for title, names in changed.items():
        if not set(names).isdisjoint(REPLACING.get(new[title]["Type"], ())):
            yield title


def _describe(
    old: Mapping[str, Any], new: Mapping[str, Any], changed: Mapping[str, tuple[str, ...]], replaced: frozenset[str]
) -> Iterator[Transition]:
    made = replaced | (new.keys() - old.keys())
    for title, resource in old.items():
        names = changed.get(title, ())
        if title not in new:
            yield Transition(title, resource["Type"], "removed")
        elif (kind := new[title]["Type"]) != resource["Type"]:
            problem = f"its type is {resource['Type']}, and CloudFormation cannot change a resource's type."
            yield Transition(title, kind, "replaced", names, problem)
        elif title in replaced:
            yield Transition(title, kind, "replaced", names, _find_clash(old, title, new[title], made))
        elif resource != new[title] or names:
            problem = _find_clash(old, title, new[title], made) or _find_ownership(resource, new[title])
            yield Transition(title, kind, "updated", names, problem)
    for title in [title for title in new if title not in old]:
        yield Transition(title, new[title]["Type"], "added", problem=_find_clash(old, title, new[title], made))


def _find_clash(old: Mapping[str, Any], title: str, resource: Mapping[str, Any], made: frozenset[str]) -> str:
    """Say which deployed resource clashes with a new one: old resources exist until all new ones are created.

    :param made: logical ids of the resources that are created, whether added or as a replacement.
    """
    for names in UNIQUE.get(resource["Type"], ()):
        own = _read(resource, names)
        # A reference to a resource that is created has a value that no other resource has yet.
        if own is None or not made.isdisjoint(find_references(own)):
            continue
        for other, there in old.items():
            is_itself = other == title and title not in made
            if there["Type"] == resource["Type"] and _read(there, names) == own and not is_itself:
                who = "the one that it replaces" if other == title else other
                return f"it is created before {who} is deleted, which has the same {_join(names)}."
    return ""


def _find_ownership(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    enforced = "BucketOwnerEnforced"
    before, after = (_read(resource, ("OwnershipControls.Rules",)) for resource in (old, new))
    if before is None or enforced in repr(before) or enforced not in repr(after):
        return ""
    return (
        "S3 does not disable the ACLs of a bucket while one lets another account write, as CloudFront's logs of "
        'version 1 need (S3 user guide, "Prerequisites for disabling ACLs").'
    )


def _read(resource: Mapping[str, Any], names: tuple[str, ...]) -> list[Any] | None:
    values = []
    for name in names:
        value: Any = resource.get("Properties", {})
        for step in name.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            return None
        values.append(value)
    return values


def _join(names: tuple[str, ...]) -> str:
    *most, last = (name.rpartition(".")[2] for name in names)
    return f"{', '.join(most)} and {last}" if most else last

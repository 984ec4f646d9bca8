"""What a change set would do, as values. The answers have the shapes that AWS documents and gives."""

from __future__ import annotations

from typing import Any

import pytest

from flask_cdn_stack.aws.changes import Change, PropertyChange, read_changes

_CONFIG = "/Properties/DistributionConfig"


def read(details: list[dict[str, Any]] | None = None, parameters: tuple[Any, ...] = (), **more: Any) -> Change:
    change = {"Action": "Modify", "LogicalResourceId": "It", "ResourceType": "T", "Details": details or [], **more}
    page = {"Changes": [{"HookInvocationCount": 1}, {"ResourceChange": change}], "Parameters": parameters}
    (found,) = read_changes(page)
    return found


def detail(values: tuple[str | None, str | None] = (None, None), path: str = "", **more: str) -> dict[str, Any]:
    given = {"Path": path, "BeforeValue": values[0], "AfterValue": values[1]}
    target = {"Attribute": "Properties", "Name": "DistributionConfig", "RequiresRecreation": "Never"}
    return {"Target": {**target, **{key: value for key, value in given.items() if value}}, **more}


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (detail(("PriceClass_100", "PriceClass_All"), f"{_CONFIG}/PriceClass", Evaluation="Static",
                ChangeSource="DirectModification"),
         PropertyChange(f"{_CONFIG}/PriceClass", "PriceClass_100", "PriceClass_All", "Never", "Static",
                        "DirectModification")),
        (detail((None, "x"), f"{_CONFIG}/WebACLId"), PropertyChange(f"{_CONFIG}/WebACLId", None, "x", "Never")),
        (detail(Evaluation="Dynamic", ChangeSource="ResourceReference", CausingEntity="CachePolicy"),
         PropertyChange(_CONFIG, None, None, "Never", "Dynamic", "ResourceReference", "CachePolicy")),
        ({"Target": {"Attribute": "Tags", "RequiresRecreation": "Never"}}, PropertyChange("/Tags", recreation="Never")),
        ({"Target": {"Attribute": "Properties", "Name": "A", "Drift": {"PreviousValue": "1", "ActualValue": "2"}}},
         PropertyChange("/Properties/A", actual="2")),
    ],
)  # fmt: skip
def test_a_property(details: dict[str, Any], expected: PropertyChange) -> None:
    """Where it is, what it was and becomes, what that takes and what brings it about; what is not said is empty."""
    assert read([details]).properties == (expected,)


def test_a_resource() -> None:
    """What becomes of the one that is there, and of one that somebody else has changed."""
    found = read(Replacement="True", PolicyAction="ReplaceAndRetain", ResourceDriftStatus="MODIFIED", Scope=["Tags"])

    assert found == Change("Modify", "It", "T", "True", (PropertyChange("/Tags"),), "ReplaceAndRetain", "MODIFIED")


def test_what_is_kept_secret() -> None:
    """Is not in the value of a property that comes from it; CloudFormation gives stars for the parameter itself."""
    parameters = ({"ParameterKey": "Word", "ParameterValue": "****"}, {"ParameterKey": "Name", "ParameterValue": "x"})
    details = [detail(("old", "new"), f"{_CONFIG}/{name}", CausingEntity=name) for name in ("Word", "Name")]

    found = read(details, parameters).properties

    assert [(item.before, item.after) for item in found] == [("****", "****"), ("old", "new")]

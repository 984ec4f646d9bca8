"""The deployed template beside the one that the settings give."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_cdn_stack.infrastructure.template import build_template, render_template
from flask_cdn_stack.infrastructure.yaml_text import write_yaml
from flask_cdn_stack.naming import PROJECT_TAG
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.stack.deployed_template import compare_texts, diff_template
from flask_cdn_stack.stack.stack_plan import prepare_change
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.stack.conftest import ARN, MakeProject, PreparedConnection

TEMPLATE = render_template(Settings())
AS_JSON = json.dumps(build_template(Settings()), sort_keys=True)
OWN = [{"Key": PROJECT_TAG, "Value": "shop"}]
AWS_OWN = {"Key": "aws:cloudformation:stack-name", "Value": "shop-cdn"}


def has(prepared: PreparedConnection, template: str, status: str = "CREATE_COMPLETE", tags: Any = OWN) -> None:
    prepared.stack(status, Tags=tags)
    asked = {"StackName": ARN, "TemplateStage": "Original"}
    prepared.stubber.add_response("get_template", {"TemplateBody": template}, asked)


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
@pytest.mark.parametrize("template", [TEMPLATE, AS_JSON], ids=["yaml", "json"])
def test_nothing_to_change(
    prepared: PreparedConnection, make_project: MakeProject, waiting: StackWaiter, template: str, status: str
) -> None:
    """No change set is asked for, whatever form and order the template was sent in, nor after an update was undone."""
    has(prepared, template, status, [*OWN, AWS_OWN])

    plan = prepare_change(prepared, make_project(), TEMPLATE, waiting)

    assert (plan.change_set, plan.creates, plan.account) == (None, False, "123456789012")
    assert plan.before is not None


@pytest.mark.parametrize(
    ("settings", "tags"),
    [
        (Settings(delivery=Delivery(ipv6=False)), OWN),
        (Settings(tags={"team": "web"}), OWN),
        (Settings(), [*OWN, {"Key": "team", "Value": "web"}]),
    ],
    ids=["template", "new tag", "former tag"],
)
def test_something_to_change(
    prepared: PreparedConnection, make_project: MakeProject, waiting: StackWaiter, settings: Settings, tags: Any
) -> None:
    """CloudFormation is asked what it comes to, also where it may be nothing."""
    has(prepared, TEMPLATE, tags=tags)
    prepared.makes_change_set(Status="FAILED", StatusReason="The submitted information didn't contain changes.")
    prepared.stack("CREATE_COMPLETE")
    prepared.stubber.add_response("delete_change_set", {}, {"ChangeSetName": "cs"})

    assert prepare_change(prepared, make_project(settings), render_template(settings), waiting).change_set is None


def test_a_difference(prepared: PreparedConnection, make_project: MakeProject) -> None:
    """Is told as `diff -u` does, with the lines around it; the order and the form of the deployed one are nothing."""
    has(prepared, AS_JSON)
    assert diff_template(prepared, make_project(), TEMPLATE) == ""
    has(prepared, AS_JSON.replace("PriceClass_100", "PriceClass_All"))
    lines = diff_template(prepared, make_project(), TEMPLATE).splitlines()

    assert lines[0].endswith("(deployed)")
    assert lines[1].endswith("(settings)")
    assert [line for line in lines[2:] if line[0] in "+-"] == [
        "-        PriceClass: PriceClass_All",
        "+        PriceClass: PriceClass_100",
    ]


@pytest.mark.parametrize("status", ["", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_everything_is_new(prepared: PreparedConnection, make_project: MakeProject, status: str) -> None:
    """Where there is no stack, or one that holds nothing."""
    if status:
        prepared.stack(status, Tags=OWN)
    else:
        prepared.no_stack()

    _, _, hunk, *lines = diff_template(prepared, make_project(), TEMPLATE).splitlines()
    assert hunk.startswith("@@ -0,0 +1,")
    assert [line[1:] for line in lines] == TEMPLATE.splitlines()
    assert {line[0] for line in lines} == {"+"}


def test_ids_that_a_stack_has() -> None:
    """Are no difference: the template that is sent has them too."""
    record = {"Type": "AWS::Route53::RecordSet", "Properties": {"Name": "a.shop.example", "Type": "A"}}
    older, wanted = ({"Resources": {title: record}} for title in ("Record0A", "RecordOfAnotherName"))

    assert compare_texts(older, wanted, "shop-cdn") == ""
    assert write_yaml(older) != write_yaml(wanted)

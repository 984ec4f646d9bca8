"""How the changes of a stack are shown."""

from __future__ import annotations

from collections.abc import Sequence

import click
import pytest

from flask_cdn_stack.aws.changes import KNOWN_AFTERWARDS, Change, PropertyChange
from flask_cdn_stack.cli.change_view import change_to_json, show_changes, show_notices
from flask_cdn_stack.cli.output import Output
from flask_cdn_stack.stack.differences import Difference

CODE = "function handler(event) { return event.request; } // " + "x" * 60


def modify(*properties: PropertyChange, replacement: str = "False", policy: str = "", drift: str = "") -> Change:
    return Change("Modify", "Bucket", "AWS::S3::Bucket", replacement, properties, policy, drift)


def item(before: str | None = None, after: str | None = None, path: str = "A/B", **more: str) -> PropertyChange:
    return PropertyChange(f"/Properties/{path}", before, after, **more)


def show(capsys: pytest.CaptureFixture[str], changes: Sequence[Change], color: bool = False, dry: bool = False) -> str:
    with click.Context(click.Command("show"), color=color):
        show_changes(Output(is_dry=dry), changes, [Difference("Add", "Tag", "team")])
        show_notices(Output(is_dry=dry), changes)
    out, err = capsys.readouterr()
    assert not (err if dry else out)
    return out if dry else err


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (item("PriceClass_100", "PriceClass_All"), "A.B: PriceClass_100 -> PriceClass_All"),
        (item(None, '{ "a": ["b"] }'), 'A.B: (none) -> {"a":["b"]}'),
        (item("a\n  b", KNOWN_AFTERWARDS), "A.B: a b -> (known after the change)"),
        (item("y" * 70, "y"), f"A.B: {'y' * 60}... -> y"),
        (item(CODE, CODE + "z"), f"A.B: ...{'x' * 20} -> ...{'x' * 20}z"),
        (item("1", "2", recreation="Always"), "A.B: 1 -> 2 (requires replacement)"),
        (item(recreation="Conditionally", cause="Key"), "A.B (may require replacement, depends on Key)"),
        (item("1", "2", actual="3"), "A.B: 1 -> 2 (is 3)"),
        (PropertyChange("/Tags"), "Tags"),
    ],
)
def test_a_property(capsys: pytest.CaptureFixture[str], changed: PropertyChange, line: str) -> None:
    """One line, with what fits of its values and begins a little before they differ."""
    shown = show(capsys, [modify(changed)]).splitlines()

    assert shown[:2] == ["  Modify  Bucket  AWS::S3::Bucket", f"      {line}"]


def test_reasons_for_one_property(capsys: pytest.CaptureFixture[str]) -> None:
    """Share its line, as CloudFormation gives what changes by itself and with another resource."""
    twice = item("1", KNOWN_AFTERWARDS, "C"), item("1", "2"), item(None, None, "C", cause="Key")

    assert show(capsys, [modify(*twice)]).splitlines()[1:3] == [
        "      A.B: 1 -> 2",
        "      C: 1 -> (known after the change) (depends on Key)",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (modify(replacement="True", policy="ReplaceAndRetain"), "replaced, the old one stays in the account"),
        (modify(replacement="Conditional"), "perhaps replaced"),
        (Change("Remove", "Bucket", "AWS::S3::Bucket", "", policy_action="Retain"), "stays in the account"),
        (modify(drift="MODIFIED"), "changed outside CloudFormation"),
    ],
)
def test_what_becomes_of_a_resource(capsys: pytest.CaptureFixture[str], change: Change, words: str) -> None:
    """Stands in its line."""
    assert show(capsys, [change]).splitlines()[0].endswith(f"  {words}")


def test_columns_and_what_comes_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Resources, tags and sentences; in a dry run all of it is data."""
    changes = [
        Change("Add", "LongerName", "AWS::S3::AccessPoint", ""),
        Change("Remove", "Bucket", "AWS::S3::Bucket", "", policy_action="Delete"),
    ]
    assert show(capsys, changes, dry=True).splitlines() == [
        "  Add     LongerName  AWS::S3::AccessPoint",
        "  Remove  Bucket      AWS::S3::Bucket       deleted",
        "  Add     team        Tag",
        "Effects on viewers:",
        "  * The bucket is no longer the stack's, and the CDN no longer serves from it. It is deleted; S3 does that "
        "only to a bucket without files.",
    ]


@pytest.mark.parametrize(
    ("change", "style"),
    [
        (Change("Remove", "Bucket", "AWS::S3::Bucket", ""), "\x1b[31m\x1b[1m"),
        (Change("Modify", "It", "AWS::CloudFront::Distribution", "True"), "\x1b[31m\x1b[1m"),
        (Change("Remove", "It", "AWS::CloudFront::Function", ""), "\x1b[31m "),
        (Change("Modify", "It", "AWS::CloudFront::Distribution", "False"), "\x1b[33m "),
        (Change("Add", "Bucket", "AWS::S3::Bucket", ""), "\x1b[32m "),
    ],
)
def test_colours(capsys: pytest.CaptureFixture[str], change: Change, style: str) -> None:
    """Red and bold is what takes a bucket or a distribution away."""
    assert show(capsys, [change], color=True).startswith(style)
    assert "\x1b" not in show(capsys, [change])


def test_a_change_in_json() -> None:
    """The values are as they came."""
    found = change_to_json(modify(item("1", None, recreation="Never"), policy="Retain"))

    (changed,) = found.pop("properties")
    assert found == {
        "action": "Modify", "logical_id": "Bucket", "type": "AWS::S3::Bucket", "replacement": "False",
        "policy_action": "Retain", "drift": "",
    }  # fmt: skip
    assert changed == {
        "path": "/Properties/A/B", "before": "1", "after": None, "recreation": "Never", "evaluation": "",
        "source": "", "cause": "", "actual": None,
    }  # fmt: skip

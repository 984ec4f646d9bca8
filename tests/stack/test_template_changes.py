"""What becomes of resources between two templates, and what of it is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.infrastructure.dns import name_record
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.infrastructure.yaml_text import read_template
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.stack.transitions import Transition, compare_templates, fit_template
from tests.stack.older import render_older

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0f0e0d0c-1111-2222-3333-444455556666"


def make(*labels: str, **delivery: Any) -> Settings:
    aliases = tuple(f"{label}.shop.example" for label in labels)
    named = {"aliases": aliases, "certificate_arn": CERTIFICATE, "hosted_zone_id": "Z1"} if labels else {}
    return Settings(region="us-east-1", delivery=Delivery(**{**named, **delivery}))


def template(**resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"Resources": {title: {"Type": kind, "Properties": content} for title, (kind, content) in resources.items()}}


def record(name: str, zone: Any = "Z1") -> tuple[str, dict[str, Any]]:
    return "AWS::Route53::RecordSet", {"HostedZoneId": zone, "Name": name, "Type": "A"}


def destination(bucket: Any, name: str = "logs") -> tuple[str, dict[str, Any]]:
    return "AWS::Logs::DeliveryDestination", {"Name": name, "DestinationResourceArn": bucket}


def bucket(ownership: str = "BucketOwnerEnforced", **more: Any) -> tuple[str, dict[str, Any]]:
    return "AWS::S3::Bucket", {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}, **more}


def delivery(arn: Any) -> tuple[str, dict[str, Any]]:
    return "AWS::Logs::Delivery", {"DeliverySourceName": "source", "DeliveryDestinationArn": arn}


def policy(of: str) -> tuple[str, dict[str, Any]]:
    return "AWS::S3::BucketPolicy", {"Bucket": {"Ref": of}}


ARN = {"Fn::GetAtt": ["Destination", "Arn"]}


@pytest.mark.parametrize(
    ("before", "after", "actions"),
    [
        (template(A=record("a")), template(A=record("a")), {}),
        (template(A=record("a")), template(B=record("b")), {"A": "removed", "B": "added"}),
        (template(A=record("a")), template(A=record("b")), {"A": "replaced"}),
        (template(A=record("a")), template(A=record("a", "Z2")), {"A": "replaced"}),
        (template(A=bucket()), template(A=bucket(VersioningConfiguration={"Status": "Enabled"})), {"A": "updated"}),
        (
            template(Destination=destination("x", "one"), Delivery=delivery(ARN)),
            template(Destination=destination("y", "two"), Delivery=delivery(ARN)),
            {"Destination": "replaced", "Delivery": "replaced"},
        ),
        # Near to what is refused:
        (template(A=bucket()), template(A=bucket("BucketOwnerPreferred")), {"A": "updated"}),
        (template(A=record("a")), template(A=record("a"), B=record("a", "Z2")), {"B": "added"}),
        (template(P=policy("Old")), template(New=bucket(), P=policy("New")), {"New": "added", "P": "replaced"}),
    ],
)
def test_what_becomes_of_them(before: dict[str, Any], after: dict[str, Any], actions: dict[str, str]) -> None:
    """A property that only creation takes replaces a resource, and what refers to that one in such a property."""
    changes = compare_templates(before, after)

    assert {change.logical_id: change.action for change in changes} == actions
    assert not any(change.problem for change in changes)


def test_a_policy_of_the_bucket_changes_alone() -> None:
    """What becomes of a resource when it goes is a change of the resource, too."""
    kept, dropped = template(A=bucket()), template(A=bucket())
    kept["Resources"]["A"]["DeletionPolicy"] = "Retain"

    assert compare_templates(kept, dropped) == (Transition("A", "AWS::S3::Bucket", "updated"),)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            template(A=record("a")),
            template(B=record("a")),
            "B: it is created before A is deleted, .* same HostedZoneId, Name",
        ),
        (
            template(A=record("a"), B=record("b")),
            template(A=record("b")),
            "A: it is created before B is deleted, which has the same HostedZoneId, Name and Type",
        ),
        (
            template(A=destination("x")),
            template(A=destination("y")),
            "A: it is created before the one that it replaces is deleted, which has the same Name",
        ),
        (
            template(A=bucket("BucketOwnerPreferred")),
            template(A=bucket()),
            "A: S3 does not disable the ACLs of a bucket",
        ),
        (template(A=bucket()), template(A=record("a")), "A: its type is AWS::S3::Bucket, and"),
    ],
    ids=["renamed", "moved on", "in its own way", "ownership", "type"],
)
def test_what_is_refused(before: dict[str, Any], after: dict[str, Any], problem: str) -> None:
    """Is what cannot be beside what is still there, and what a service does not do."""
    found = [f"{change.logical_id}: {change.problem}" for change in compare_templates(before, after) if change.problem]

    assert len(found) == 1
    assert re.match(problem, found[0])


def test_the_words() -> None:
    """Name each resource, the reason and the way out, as a refusal."""
    old, new = (json.dumps(template(**{title: destination(title)})) for title in ("A", "B"))

    with pytest.raises(RefusedError) as caught:
        fit_template(old, new)

    assert caught.value.exit_code == 4
    assert caught.value.message == (
        "AWS would refuse this change of the stack, so nothing was changed:\n"
        "  B (AWS::Logs::DeliveryDestination): it is created before A is deleted, which has the same Name."
    )
    assert "two steps" in caught.value.hint


def ids(text: str) -> dict[str, str]:
    """Return the ids of DNS records by name and type."""
    resources = read_template(text)["Resources"].items()
    return {
        f"{item['Properties']['Name'].partition('.')[0]} {item['Properties']['Type']}": title
        for title, item in resources
        if item["Type"] == "AWS::Route53::RecordSet"
    }


def test_records_keep_their_older_ids() -> None:
    """Wherever they stand, for good; one that is new gets its own."""
    first = fit_template(
        render_older(make("a", "b", "c", ipv6=False)), render_template(make("c", "d", "a", ipv6=False))
    )
    second = fit_template(first, render_template(make("d", "a", "c", "b", ipv6=False)))
    own = {f"{label} A": name_record("A", f"{label}.shop.example") for label in "bd"}

    assert ids(first) == {"c A": "RecordA2", "d A": own["d A"], "a A": "RecordA0"}
    assert ids(second) == {**ids(first), "b A": own["b A"]}


def log_bucket(text: str) -> dict[str, Any]:
    """Return the one log bucket, by its id."""
    resources = read_template(text)["Resources"].items()
    (found,) = (
        (title, item) for title, item in resources if "LogBucket" in title and item["Type"] == "AWS::S3::Bucket"
    )
    return {found[0]: found[1]["Properties"]["OwnershipControls"]["Rules"][0]["ObjectOwnership"]}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_log_bucket_keeps_its_older_id(version: Any) -> None:
    """While the version stays; the other version's is another bucket, and stays that one."""
    deployed = render_older(make(logs=version))
    kept = fit_template(deployed, render_template(make("a", logs=version)))
    assert log_bucket(kept).keys() == {"LogBucket"}
    assert read_template(kept)["Outputs"]["LogBucketName"]["Value"] == {"Ref": "LogBucket"}

    for other in ("v2" if version == "v1" else "v1", version):
        before = log_bucket(deployed)
        deployed = fit_template(deployed, render_template(make(logs=other)))
        assert not before.keys() & log_bucket(deployed).keys()
        assert log_bucket(fit_template(deployed, render_template(make("a", logs=other)))) == log_bucket(deployed)


@pytest.mark.parametrize("logs", ["v1", "v2"])
def test_what_needs_no_older_id(logs: Any) -> None:
    """Is given to CloudFormation as it was written, and nothing of it changes when it was read back."""
    text = render_template(make("a", "b", logs=logs))

    assert fit_template(text, text) == text
    older = render_older(make("a", "b", logs=logs))
    assert compare_templates(read_template(older), read_template(fit_template(older, text))) == ()

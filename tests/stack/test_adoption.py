"""Which bucket a new stack may take for its own, and how that stands in its template."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.infrastructure.yaml_text import read_template
from flask_cdn_stack.naming import OWN_FOLDER
from flask_cdn_stack.release.state import STATE_KEY, Owner, State
from flask_cdn_stack.release.state_text import encode_state
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.stack.adoption import adopt_bucket, check_adoptable
from flask_cdn_stack.stack.transitions import fit_template
from tests.stack.conftest import MakeProject

_numbers = itertools.count()


@pytest.fixture
def bucket(connection: Connection) -> str:
    """A bucket that nobody has."""
    name = f"kept-bucket-{next(_numbers)}"
    connection.client("s3").create_bucket(Bucket=name)
    return name


def own(template: str) -> dict[str, Any]:
    """Return the template's bucket."""
    return dict(read_template(template)["Resources"]["Bucket"])


def test_the_template() -> None:
    """Names the bucket and keeps it, whatever the settings say, and all else is as ever."""
    template = render_template(Settings())
    adopted = adopt_bucket(template, "kept")
    assert own(adopted)["Properties"]["BucketName"] == "kept"
    assert own(adopted)["DeletionPolicy"] == "Retain"
    assert list(own(adopted)["Properties"])[1:] == list(own(template)["Properties"])
    assert {**read_template(adopted)["Resources"], "Bucket": 0} == {**read_template(template)["Resources"], "Bucket": 0}


def test_a_later_template() -> None:
    """Goes on naming it, so that CloudFormation makes no other; without retain it goes with its stack."""
    adopted = adopt_bucket(render_template(Settings()), "kept")
    assert read_template(fit_template(adopted, render_template(Settings()))) == read_template(adopted)

    settings = msgspec.convert({"bucket": {"retain": False, "noncurrent_days": 3}}, Settings)
    later = own(fit_template(adopted, render_template(settings)))
    assert (later["Properties"]["BucketName"], later["DeletionPolicy"]) == ("kept", "Delete")

    unnamed = render_template(Settings())
    assert fit_template(unnamed, render_template(settings)) == render_template(settings)


def test_a_template_without_a_bucket() -> None:
    """Leaves an adopted one behind."""
    adopted = adopt_bucket(render_template(Settings()), "kept")
    origin = {"origin": "app", "app_origin": {"domain": "shop.example", "paths": ["/static/*"]}}
    template = render_template(msgspec.convert(origin, Settings))
    assert "Bucket" not in read_template(fit_template(adopted, template))["Resources"]


def record(connection: Connection, bucket: str, owner: Owner | None) -> None:
    """Let the bucket hold a record."""
    connection.client("s3").put_object(Bucket=bucket, Key=STATE_KEY, Body=encode_state(State(serial=1, owner=owner)))


def test_the_projects_own(connection: Connection, make_project: MakeProject, bucket: str) -> None:
    """By its record, or with nothing in it."""
    project = make_project()
    check_adoptable(connection, project, bucket)
    for owner in (Owner("shop", project.stack), None):
        record(connection, bucket, owner)
        check_adoptable(connection, project, bucket)


def test_not_another_projects(connection: Connection, make_project: MakeProject, bucket: str) -> None:
    """Nor one that holds something without a record."""
    record(connection, bucket, Owner("blog", "blog-cdn"))
    with pytest.raises(RefusedError, match="belongs to the project blog"):
        check_adoptable(connection, make_project(), bucket)

    connection.client("s3").delete_object(Bucket=bucket, Key=STATE_KEY)
    connection.client("s3").put_object(Bucket=bucket, Key=f"blog/{OWN_FOLDER}/x", Body=b"")
    with pytest.raises(RefusedError, match="holds objects, but no record"):
        check_adoptable(connection, make_project(), bucket)


def test_not_what_is_elsewhere(connection: Connection, make_project: MakeProject, bucket: str) -> None:
    """Nowhere, in another region, or with a policy."""
    with pytest.raises(RefusedError, match="There is no bucket nowhere-at-all"):
        check_adoptable(connection, make_project(), "nowhere-at-all")

    policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"
    }]}  # fmt: skip
    connection.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    with pytest.raises(RefusedError, match="delete-bucket-policy") as caught:
        check_adoptable(connection, make_project(), bucket)
    assert bucket in caught.value.hint

    abroad = replace(connection, region="eu-west-1")
    name = f"{bucket}-abroad"
    place = {"LocationConstraint": "eu-west-1"}
    abroad.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    with pytest.raises(RefusedError, match="lies in eu-west-1, and the stack is to be in us-east-1"):
        check_adoptable(connection, make_project(), name)


def test_not_another_stacks(connection: Connection, client: Any, make_project: MakeProject) -> None:
    """And not twice: a stack that is there has one."""
    project, other = make_project(), make_project(stack="holder-cdn")
    template = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"BucketName": {"Value": {"Ref": "Bucket"}}},
    }
    client.create_stack(StackName=other.stack, TemplateBody=json.dumps(template))
    client.get_waiter("stack_create_complete").wait(
        StackName=other.stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 50}
    )
    outputs = client.describe_stacks(StackName=other.stack)["Stacks"][0]["Outputs"]
    held = outputs[0]["OutputValue"]
    with pytest.raises(RefusedError, match=f"The bucket {held} belongs to the stack holder-cdn"):
        check_adoptable(connection, project, held)
    with pytest.raises(RefusedError, match="with a bucket of its own"):
        check_adoptable(connection, other, "kept")
    check_adoptable(connection, other, held)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"bucket": {"existing": "team"}}, "bucket.existing names one"),
        ({"origin": "app", "app_origin": {"domain": "shop.example"}}, "origin is app"),
        ({"bucket": {"encryption": "kms"}}, "creates a new key"),
    ],
)
def test_not_with_these_settings(
    connection: Connection, make_project: MakeProject, settings: dict[str, Any], words: str
) -> None:
    """There would be no bucket for it, or no way to read what lies there."""
    with pytest.raises(RefusedError, match=words):
        check_adoptable(connection, make_project(msgspec.convert(settings, Settings)), "kept")

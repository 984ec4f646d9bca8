"""One setting after another on a stack that is there, on a local AWS that refuses what AWS refuses."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, Literal

import pytest

from flask_cdn_stack.aws.cloudformation import Stack
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import RefusedError, StackFailedError
from flask_cdn_stack.infrastructure.template import build_template, render_template
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.stack.stack_plan import execute_change, prepare_change
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.stack.conftest import MakeProject

Provision = Callable[..., Stack]


@pytest.fixture
def provision(connection: Connection, make_project: MakeProject, waiting: StackWaiter) -> Provision:
    """Bring one stack to what settings say."""

    def provision(settings: Settings) -> Stack:
        plan = prepare_change(connection, make_project(settings), render_template(settings), waiting)
        return execute_change(connection, plan, waiting)

    return provision


@pytest.fixture
def named(connection: Connection) -> Callable[..., Settings]:
    """Return settings with host names, whose certificate and zone are in the account."""
    certificate = connection.client("acm").request_certificate(DomainName="*.shop.example")["CertificateArn"]
    zone = connection.client("route53").create_hosted_zone(Name="shop.example", CallerReference=uuid.uuid4().hex)
    zone_id = zone["HostedZone"]["Id"].rpartition("/")[2]
    return lambda *aliases: Settings(
        delivery=Delivery(aliases=aliases, certificate_arn=certificate, hosted_zone_id=zone_id)
    )


def records(connection: Connection, settings: Settings) -> set[tuple[str, str]]:
    """Return name and type of what the zone has beside its own."""
    found = connection.client("route53").list_resource_record_sets(HostedZoneId=settings.delivery.hosted_zone_id)
    own = {"NS", "SOA"}
    return {(item["Name"].rstrip("."), item["Type"]) for item in found["ResourceRecordSets"] if item["Type"] not in own}


@pytest.mark.parametrize("after", [("c", "a", "b"), ("b", "c"), ("d", "a", "b", "c")], ids="".join)
def test_host_names_come_go_and_move(
    connection: Connection, provision: Provision, named: Callable[..., Settings], after: tuple[str, ...]
) -> None:
    """In any place of the list: each has its records afterwards, and no other is touched."""
    run = uuid.uuid4().hex[:6]
    for labels in (("a", "b", "c"), after):
        aliases = [f"{label}-{run}.shop.example" for label in labels]
        settings = named(*aliases)
        assert provision(settings).status.endswith("E_COMPLETE")
        assert records(connection, settings) == {(alias, kind) for alias in aliases for kind in ("A", "AAAA")}


def test_logs_change_their_version(connection: Connection, provision: Provision) -> None:
    """From each to each other, and no bucket that has logs is deleted."""
    buckets: list[str] = []
    versions: list[Literal["v1", "v2"] | None] = ["v1", "v2", "v1", None, "v2", None]
    for version in versions:
        stack: Any = provision(Settings(delivery=Delivery(logs=version)))
        assert stack.status.endswith("E_COMPLETE")
        buckets += [stack.outputs["LogBucketName"]] if version else []

    there = {bucket["Name"] for bucket in connection.client("s3").list_buckets()["Buckets"]}
    assert len(set(buckets)) == 4
    assert set(buckets) <= there


def test_logs_that_nobody_may_write(connection: Connection, make_project: MakeProject, waiting: StackWaiter) -> None:
    """Fail the stack: what the other tests accept was looked at."""
    settings = Settings(delivery=Delivery(logs="v2"))
    template = build_template(settings)
    del template["Resources"]["LogBucketPolicy"], template["Resources"]["LogDelivery"]["DependsOn"]
    plan = prepare_change(connection, make_project(settings), json.dumps(template), waiting)

    with pytest.raises(StackFailedError, match="does not let the logs of"):
        execute_change(connection, plan, waiting)


def test_what_would_fail_is_not_begun(
    connection: Connection, client: Any, make_project: MakeProject, waiting: StackWaiter, provision: Provision
) -> None:
    """A template in which something has another id, though there can be only one of it."""
    settings = Settings(delivery=Delivery(logs="v2"))
    stack = provision(settings)
    text = render_template(settings).replace("LogDestination", "Destination")

    with pytest.raises(RefusedError, match=r"Destination .*the same Name"):
        prepare_change(connection, make_project(settings), text, waiting)

    found = client.list_change_sets(StackName=stack.name)["Summaries"]
    assert [item for item in found if item["ExecutionStatus"] == "AVAILABLE"] == []
    assert client.describe_stacks(StackName=stack.name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"

"""A run whose reads are not answered for a while after it has begun something."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from flask_cdn_stack.aws.cloudformation import Stack
from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.errors import AWSError
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.stack.stack_plan import execute_change, prepare_change
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.servers.fault_proxy import FaultProxy, Rule
from tests.servers.token_service import TokenService
from tests.stack.conftest import MakeProject
from tests.stack.test_provision import template


@pytest.fixture
def proxy(connection: Connection, local_aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """The way of a user to the local AWS, whose boto3 asks once."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with FaultProxy(local_aws.endpoint_url) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


def provision(make_project: MakeProject, said: list[str]) -> Stack:
    waiting = StackWaiter(sleep=lambda seconds: time.sleep(min(seconds, 0.02)), say=said.append)
    connection, project = open_connection(), make_project()
    plan = prepare_change(connection, project, template(project), waiting)
    return execute_change(connection, plan, waiting)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"action": "status", "status": 400, "error": "Throttling", "query_api": True}, "AWS is busy (Throttling)."),
        ({"action": "reset"}, "AWS could not be reached: "),
    ],
)
def test_reads_that_fail_for_a_while(
    proxy: FaultProxy, make_project: MakeProject, fault: dict[str, object], word: str
) -> None:
    """Are repeated, each of them, and the user is told once; what was asked for is made."""
    for operation in ("DescribeChangeSet", "DescribeStackEvents"):
        proxy.rules.add(Rule(body=f"Action={operation}&", times=12, **fault))  # type: ignore[arg-type]
    # The first look at the stack is before anything is begun.
    proxy.rules.add(Rule(body="Action=DescribeStacks&", nth=tuple(range(2, 15)), **fault))  # type: ignore[arg-type]
    said: list[str] = []

    assert provision(make_project, said).status == "CREATE_COMPLETE"

    assert len(said) == 1
    assert said[0].startswith(word)
    assert len([request for request in proxy.log if request.action != "pass"]) == 12 + 12 + 13


def test_credentials_that_end_while_it_is_followed(
    proxy: FaultProxy, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whose giver wants another login first: the user is told once, and it goes on after that."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    expired = {"status": 403, "error": "ExpiredToken", "query_api": True, "head": "Credential=KEY1/"}
    proxy.rules.add(Rule("status", body="Action=DescribeStackEvents&", **expired))  # type: ignore[arg-type]
    said: list[str] = []

    def log_in(text: str) -> None:
        said.append(text)
        service.ended = False

    with TokenService() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        connection, project = open_connection(), make_project()
        waiting = StackWaiter(sleep=lambda seconds: time.sleep(min(seconds, 0.3)), say=log_in)
        plan = prepare_change(connection, project, template(project), waiting)
        service.ended = True

        assert execute_change(connection, plan, waiting).status == "CREATE_COMPLETE"

    assert len(said) == 1
    assert said[0].startswith("The container's endpoint gave no AWS credentials: ")
    assert service.given == 2


def test_before_anything_is_begun(proxy: FaultProxy, make_project: MakeProject) -> None:
    """A read that is refused ends the run, as there is nothing yet to be followed."""
    proxy.rules.add(Rule("status", status=400, error="Throttling", query_api=True, body="Action=DescribeStacks&"))

    with pytest.raises(AWSError, match="Throttling"):
        provision(make_project, [])


def test_ctrl_c_while_aws_is_busy(proxy: FaultProxy, make_project: MakeProject) -> None:
    """Ends it: what it takes back, it asks for as often as any request."""
    proxy.rules.add(Rule("status", status=400, error="Throttling", query_api=True, body="Action=(Describe|List)Change"))
    connection, project = open_connection(), make_project()

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_change(connection, project, template(project), StackWaiter(sleep=interrupt))


def test_an_end_while_it_is_followed(proxy: FaultProxy, make_project: MakeProject) -> None:
    """Says that CloudFormation goes on."""
    denied = {"status": 403, "error": "AccessDenied", "query_api": True, "message": "no"}
    proxy.rules.add(Rule("status", body="Action=DescribeStackEvents&", nth=(2,), **denied))  # type: ignore[arg-type]

    with pytest.raises(AWSError, match="denied cloudformation:DescribeStackEvents") as caught:
        provision(make_project, [])

    assert caught.value.hint.endswith(StackWaiter().goes_on)

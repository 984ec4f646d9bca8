"""A deploy by each way to temporary credentials, which end in the middle of it.

Each giver is a server on loopback, asked as botocore asks AWS's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from tests.cli.observing import assert_one_message
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program
from tests.servers.fault_proxy import FaultProxy, Rule
from tests.servers.givers import DEVICE, set_up
from tests.servers.token_service import CODE, TokenService


@pytest.fixture
def service() -> Iterator[TokenService]:
    """Who gives credentials."""
    with TokenService() as running:
        yield running


@pytest.fixture
def proxy(local_aws: LocalAWS) -> Iterator[FaultProxy]:
    """The way to the local AWS."""
    with FaultProxy(local_aws.endpoint_url) as running:
        yield running


def as_user(program: Program, variables: Mapping[str, str], proxy: FaultProxy) -> Program:
    """Return the program of somebody who has no key of their own."""
    kept = {name: value for name, value in program.environment.items() if not name.startswith("AWS_")}
    nothing = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    region = {"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": proxy.url}
    return Program(program.folder, {**kept, **nothing, **region, **variables})


def end_each(proxy: FaultProxy) -> None:
    """Let the first key end at the first request, the next at an upload, and the one after it at the invalidation."""
    proxy.rules.add(Rule("status", status=403, error="ExpiredToken", query_api=True, body="Describe", head="=KEY1/"))
    proxy.rules.add(Rule("status", status=400, error="ExpiredToken", method="PUT", path="static/", head="=KEY2/"))
    path = "/invalidation"
    proxy.rules.add(Rule("status", status=403, error="ExpiredToken", query_api=True, path=path, head="=KEY3/"))


WAYS = {
    "container": "container",
    "metadata": "metadata",
    "web identity": "AssumeRoleWithWebIdentity",
    "role": "AssumeRole",
    "process": "container",
    "login": "portal",
    "login that is renewed": "portal",
}


@pytest.mark.parametrize("giver", WAYS)
def test_credentials_that_end_in_the_middle(
    provisioned: Program, proxy: FaultProxy, service: TokenService, tmp_path: Path, giver: str
) -> None:
    """Are asked for again, by both of the libraries that send, and each of them works with what the other has got."""
    end_each(proxy)
    user = as_user(provisioned, set_up(giver, service, tmp_path / "home"), proxy)

    result = user.run_python("-m", "flask_cdn_stack", "deploy", "--invalidate", "/*", "--json")

    assert result.exit_code == 0, result.stderr
    assert len(result.json["uploaded"]) == 3
    assert result.json["invalidated"] == ["/*"]
    assert service.asked == [WAYS[giver]] * 4


def test_a_role_on_top_of_another_giver(
    provisioned: Program, proxy: FaultProxy, service: TokenService, tmp_path: Path
) -> None:
    """Is taken on with what that one gives."""
    user = as_user(provisioned, set_up("role of a container", service, tmp_path / "home"), proxy)

    assert user.run_python("-m", "flask_cdn_stack", "deploy").exit_code == 0
    assert service.asked == ["container", "AssumeRole"]


def test_a_code_is_asked_for_on_a_terminal(
    provisioned: Program, proxy: FaultProxy, service: TokenService, tmp_path: Path
) -> None:
    """For the device by its name, at the start and when they end during an upload, and not shown."""
    proxy.rules.add(Rule("status", status=400, error="ExpiredToken", method="PUT", path="static/", head="=KEY1/"))
    user = as_user(provisioned, set_up("role with a code", service, tmp_path / "home"), proxy)

    result = run_in_terminal(user, "deploy", answer=f"{CODE}\n".encode(), question=b"MFA device")

    assert result.exit_code == 0, result.stdout
    assert result.stdout.count(f"Code of the MFA device {DEVICE}") == 2
    assert CODE not in result.stdout
    assert service.asked == ["AssumeRole"] * 2


@pytest.mark.parametrize("command", ["deploy", "provision"])
def test_nobody_to_ask_for_a_code(
    program: Program, proxy: FaultProxy, service: TokenService, tmp_path: Path, command: str
) -> None:
    """Is said once, with the ways round it."""
    user = as_user(program, set_up("role with a code", service, tmp_path / "home"), proxy)

    result = user.run_python("-m", "flask_cdn_stack", command)

    assert_one_message(result, 1, f"MFA device {DEVICE}, and there is no terminal", "export-credentials", "mfa_serial")

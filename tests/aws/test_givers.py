"""What is said where nobody gives credentials: who it is, why, and what to look at."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_cdn_stack.aws.failures import translate_errors
from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.errors import CredentialsError
from tests.aws.conftest import set_variables
from tests.servers.givers import ROLE, set_up
from tests.servers.token_service import TokenService


@pytest.fixture
def service() -> Iterator[TokenService]:
    """Who gives credentials."""
    with TokenService() as running:
        yield running


def ask(connection: Connection) -> str | None:
    """Return the key that a request would be signed with."""
    with translate_errors("cloudformation:DescribeStacks"):
        return connection.credentials().get_frozen_credentials().access_key


ENDED = {
    "container": ("The container's endpoint gave no AWS credentials: ", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    "metadata": ("There are no AWS credentials.", "aws configure"),
    "web identity": ("The web identity gave no AWS credentials: AssumeRoleWithWebIdentity was ", "AWS_ROLE_ARN"),
    "role": ("The role of the profile shop gave no AWS credentials: AssumeRole was answered with Exp", "role_arn"),
    "role with a code": ("The role wants the code of the MFA device arn:aws:iam::123456789012:mfa/me", "mfa_serial"),
    "process": ("The credential_process of the profile shop gave no AWS credentials: urllib.error.HTTP", "by itself"),
    "login": ("IAM Identity Center (SSO) gave no AWS credentials: ", "`aws sso login --profile shop`"),
}


@pytest.mark.parametrize("giver", ENDED)
def test_a_giver_that_gives_nothing(
    service: TokenService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, giver: str
) -> None:
    """Is named, with its reason, in one line."""
    service.ended = True
    set_variables(monkeypatch, {**set_up(giver, service, tmp_path / "home"), "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1"})
    message, hint = ENDED[giver]

    with pytest.raises(CredentialsError) as caught:
        ask(open_connection("us-east-1"))

    assert caught.value.message.startswith(message)
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


PROGRAM = f"credential_process = {sys.executable} -c"
LONELY = f"role_arn = {ROLE}\n"


@pytest.mark.parametrize(
    ("profile", "variables", "message"),
    [
        ("credential_process = /no/such/program", {},
         "The credential_process of the profile shop gave no AWS credentials: /no/such/program: No such file"),
        (f"{PROGRAM} 'print(\"no\")'", {}, "gave no AWS credentials: what it answers cannot be read"),
        (f"{PROGRAM} 'print(\"{{}}\")'", {}, "gave no AWS credentials: Unsupported version"),
        (f"{LONELY}source_profile = nobody", {}, "The role of the profile shop gave no AWS credentials: "),
        ("sso_account_id = 1\nsso_role_name = x", {}, "IAM Identity Center (SSO) gave no AWS credentials: "),
        ("aws_access_key_id = A", {}, "The profile shop gave no AWS credentials: "),
        ("", {"AWS_ACCESS_KEY_ID": "A"}, "The environment gave no AWS credentials: "),
        ("", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/no/such/file", "AWS_ROLE_ARN": ROLE},
         "The web identity gave no AWS credentials: /no/such/file: No such file or directory."),
        ("", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
              "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/no/such/file"},
         "The container's endpoint gave no AWS credentials: /no/such/file: No such file or directory."),
    ],
)  # fmt: skip
def test_what_is_set_up_wrongly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str, variables: dict[str, str], message: str
) -> None:
    """Is said as a matter of who was to give them, with a next step: never as a mistake of this program."""
    (tmp_path / "config").write_text(f"[profile shop]\n{profile}\n")
    set_variables(monkeypatch, {**variables, "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "shop"})

    with pytest.raises(CredentialsError) as caught:
        ask(open_connection("us-east-1"))

    assert message in caught.value.message
    assert caught.value.hint
    assert ".." not in caught.value.message


def test_a_role_in_a_region_that_only_we_are_told(
    service: TokenService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the settings or AWS_REGION: STS is asked in it, too."""
    set_variables(monkeypatch, set_up("role", service, tmp_path / "home"))

    assert ask(open_connection("eu-central-1")) == "KEY1"


def test_a_giver_is_not_asked_by_every_thread(
    service: TokenService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """That was in vain a moment ago, nor for credentials that another thread has renewed."""
    set_variables(monkeypatch, set_up("web identity", service, tmp_path / "home"))
    connection = open_connection("us-east-1")
    first, found = connection.credentials().get_frozen_credentials(), connection.credentials()

    assert [found.renew(first), found.renew(first)] == [True, True]  # type: ignore[attr-defined]
    assert service.given == 2
    service.ended = True
    second = found.get_frozen_credentials()
    for _ in range(3):
        with pytest.raises(CredentialsError, match="is expired"):
            found.renew(second)  # type: ignore[attr-defined]
    assert found.get_frozen_credentials() == second

"""What is found on the way to AWS. The clock is told by a server, and accounts are fakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import RefreshableCredentials

from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.settings.model import Project, Settings, Target
from flask_cdn_stack.stack.diagnosis import examine
from flask_cdn_stack.stack.findings import Finding, begin, find
from tests.aws.test_clock import NOON, serve
from tests.stack.conftest import MakeProject
from tests.stack.test_permissions import AccountConnection, FakeIAM, FakeServices

NAMES = [
    *("region", "endpoints", "network", "clock", "credentials", "stack"),
    *("provision permissions", "deploy permissions", "destroy permissions"),
]


class FakeSTS:
    """Says who asks."""

    def __init__(self, caller: str) -> None:
        self.caller = caller

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012", "Arn": f"arn:aws:iam::123456789012:{self.caller}"}


class FakeStacks(FakeServices):
    """Has no stack."""

    def describe_stacks(self, **asked: str) -> dict[str, Any]:
        return {"Stacks": []}


class AliasIAM(FakeIAM):
    """Knows the account's alias."""

    def list_account_aliases(self) -> dict[str, list[str]]:
        return {"AccountAliases": ["shop-prod"]}


@dataclass(frozen=True)
class FakeConnection(AccountConnection):
    """A connection to an account of AWS's own, as far as its endpoints say."""

    time_url: str

    def url(self, service: str) -> str:
        """Return where the time is, for whom it is asked of."""
        return self.time_url if service == "sts" else super().url(service)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeConnection]:
    """Ann's connection, with keys in the environment, where it is noon."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA1234567890ABCDEF")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
    opened, nobody = open_connection("eu-west-1"), set[str]()
    services = {"sts": FakeSTS("user/ann"), "iam": AliasIAM(), "cloudformation": FakeStacks(nobody)}
    with serve("Mon, 30 Nov 2026 12:00:00 GMT") as url:
        yield FakeConnection(
            opened.session, opened.region, None, opened.environment, services, FakeServices(nobody), url
        )


def look(connection: Connection, project: Project | None, now: datetime = NOON) -> dict[str, Finding]:
    """Return what is found, by name."""
    found = list(examine(connection, project, lambda: now))
    assert [item.name for item in found] == NAMES
    return {item.name: item for item in found}


def test_all_is_well(account: FakeConnection, make_project: MakeProject) -> None:
    """Whose credentials they are, without the secret and with a part of the key; and what they may do."""
    found = look(account, make_project())

    assert {name: item.state for name, item in found.items() if item.state != "ok"} == {
        "stack": "skipped",
        "deploy permissions": "skipped",
    }
    assert found["credentials"].message == (
        "The environment gives the key AKIA...CDEF of user ann in account 123456789012 (shop-prod)."
    )
    assert found["region"].message == "eu-west-1 (from --region)."
    assert "SECRET" not in str(found)


@pytest.mark.parametrize(
    ("minutes", "state", "words"),
    [(4, "ok", "agrees with AWS's"), (-6, "warning", "6 minutes behind"), (16, "wrong", "16 minutes ahead")],
)
def test_the_clock(account: FakeConnection, minutes: int, state: str, words: str) -> None:
    """Is spoken of from five minutes on, and wrong from fifteen on."""
    found = look(account, None, NOON + timedelta(minutes=minutes))

    assert (found["clock"].state, words in found["clock"].message) == (state, True)


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch, make_project: MakeProject) -> None:
    """Is said once, and what cannot be known then is left out."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    connection = open_connection(endpoint_url="http://user:hidden@127.0.0.1:9")

    found = look(connection, make_project())

    states = [found[name].state for name in NAMES]
    assert states == ["ok", "ok", "wrong", "skipped", "wrong", *["skipped"] * 4]
    assert "could not be reached" in found["network"].message
    assert "hidden" not in str(found)


def test_no_credentials(make_project: MakeProject, local_aws: LocalAWS) -> None:
    """Are wrong; the clock is known without any."""
    found = look(open_connection(endpoint_url=local_aws.endpoint_url), make_project(), datetime.now(UTC))

    states = [found[name].state for name in NAMES]
    assert states == ["ok", "ok", "ok", "ok", "wrong", *["skipped"] * 4]
    assert "aws configure" in found["credentials"].remedy


@pytest.mark.parametrize(
    ("caller", "minutes", "variables", "state", "words"),
    [
        ("user/ann", -1, {}, "wrong", "the new ones have ended already"),
        ("user/ann", 120, {}, "ok", "until 2026-11-30 14:00 UTC."),
        ("user/ann", 5, {}, "warning", "until 2026-11-30 12:05 UTC."),
        ("root", None, {}, "warning", "the root user may do everything"),
        ("user/ann", None, {"AWS_PROFILE": "shop"}, "warning", "AWS_PROFILE names shop, and the variables win"),
    ],
    ids=["ended", "temporary", "ending", "root", "two givers"],
)
def test_credentials(
    account: FakeConnection, caller: str, minutes: int | None, variables: dict[str, str], state: str, words: str
) -> None:
    """Are spoken of where they end soon, may do too much, or are not those that one may think."""
    account.services["sts"] = FakeSTS(caller)
    if minutes is not None:
        end = NOON + timedelta(minutes=minutes)
        given = {"access_key": "AKIA1", "secret_key": "SECRET", "token": "", "expiry_time": end.isoformat()}
        account.session._credentials = RefreshableCredentials(  # type: ignore[attr-defined]
            "AKIA1", "SECRET", "", end, lambda: given, "env", time_fetcher=lambda: NOON
        )
    found = look(replace(account, environment={**account.environment, **variables}), None)

    assert (found["credentials"].state, words in found["credentials"].message) == (state, True), found["credentials"]


@pytest.mark.parametrize(
    ("variables", "state", "words"),
    [
        ({}, "ok", "AWS's own. In force: no variable."),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "ok", "All at http://127.0.0.1:9."),
        ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}, "warning", "Some endpoints are on this machine"),
        ({"HTTPS_PROXY": "user:hidden@proxy:3128"}, "ok", "HTTPS_PROXY=proxy:3128"),
        ({"HTTPS_PROXY": "socks5://proxy:1"}, "wrong", "HTTPS_PROXY is not the URL of an HTTP proxy."),
        ({"AWS_CA_BUNDLE": "/none"}, "wrong", "AWS_CA_BUNDLE names /none, which cannot be read"),
    ],
)
def test_endpoints(account: FakeConnection, variables: dict[str, str], state: str, words: str) -> None:
    """What leads elsewhere is told, with passwords left out, and what cannot be used is wrong."""
    found = look(replace(account, environment=variables), None)

    assert (found["endpoints"].state, words in found["endpoints"].message) == (state, True), found["endpoints"]
    assert "hidden" not in str(found)


@pytest.mark.parametrize(
    ("region", "state", "remedy"),
    [("eu-wets-1", "warning", "Did you mean eu-west-1?"), ("cn-north-1", "wrong", "Choose a region")],
)
def test_a_region(account: FakeConnection, make_project: MakeProject, region: str, state: str, remedy: str) -> None:
    """That botocore does not know may be a mistake; another partition's has no CloudFront."""
    found = look(replace(account, region=region), make_project())["region"]

    assert (found.state, found.remedy[: len(remedy)]) == (state, remedy)


def test_another_providers_bucket(account: FakeConnection, make_project: MakeProject) -> None:
    """Has no account, and no permissions of IAM's."""
    target = Target(bucket="shop", domain="cdn.shop.example")
    connection = replace(account, environment={"AWS_ENDPOINT_URL_S3": "https://s3.shop.example"})

    found = look(connection, make_project(Settings(target=target)))

    assert found["credentials"].message.endswith("for https://s3.shop.example.")
    assert [found[name].state for name in NAMES[-4:]] == ["skipped"] * 4


def test_a_check_that_fails_itself() -> None:
    """Is a finding as any other, and so is what it refuses; what is begun brings both."""

    def fail() -> Finding:
        raise ZeroDivisionError("of no account")

    def refuse() -> Finding:
        raise RefusedError("It is at http://u:hidden@host.", "Go on.")

    failed, refused = begin(lambda: find("one", fail)).result(), find("two", refuse)
    assert (failed.state, "ZeroDivisionError: of no account" in failed.message) == ("wrong", True)
    assert refused[:4] == ("two", "wrong", "It is at http://host.", "Go on.")
    assert (type(failed.error), type(refused.error)) == (ZeroDivisionError, RefusedError)


def test_an_account_that_is_denied(account: FakeConnection, make_project: MakeProject) -> None:
    """The stack may not be looked at: that is wrong, and stops what needs its names only."""
    account.services["cloudformation"] = FakeServices({"describe_stacks"})

    found = look(account, make_project())

    assert (found["stack"].state, "cloudformation:DescribeStacks" in found["stack"].message) == ("wrong", True)
    assert found["deploy permissions"].state == "skipped"

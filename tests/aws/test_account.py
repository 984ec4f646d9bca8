"""Whose account is worked in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.stub import Stubber

from flask_cdn_stack.aws.account import Account, read_account
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import CredentialsError
from tests.servers.stubbed import open_stubbed

ARN = "arn:aws:iam::123456789012:user/ann"
CALLER = {"Account": "123456789012", "Arn": ARN, "UserId": "AIDA"}


@pytest.fixture
def account() -> tuple[Connection, Stubber, Stubber]:
    """A connection, and the stubbers of STS and IAM."""
    connection = open_stubbed()
    return connection, connection.stub("sts"), connection.stub("iam")


@pytest.mark.parametrize(
    ("aliases", "text"),
    [
        (lambda iam: iam.add_response("list_account_aliases", {"AccountAliases": ["shop-prod"]}), " (shop-prod)"),
        (lambda iam: iam.add_response("list_account_aliases", {"AccountAliases": []}), ""),
        (lambda iam: iam.add_client_error("list_account_aliases", "AccessDenied", http_status_code=403), ""),
    ],
    ids=["alias", "none", "denied"],
)
def test_an_account_is_named_by_its_id_and_by_its_alias_if_it_tells(
    account: tuple[Connection, Stubber, Stubber], aliases: Callable[[Stubber], None], text: str
) -> None:
    connection, sts, iam = account
    sts.add_response("get_caller_identity", CALLER)
    aliases(iam)
    found = read_account(connection)
    assert (found.id, found.arn, str(found)) == ("123456789012", ARN, f"account 123456789012{text}")


def test_credentials_that_are_not_accepted_are_said_so(account: tuple[Connection, Stubber, Stubber]) -> None:
    connection, sts, iam = account
    sts.add_client_error("get_caller_identity", "InvalidClientTokenId", http_status_code=403)
    iam.add_client_error("list_account_aliases", "InvalidClientTokenId", http_status_code=403)
    with pytest.raises(CredentialsError, match="does not accept the credentials"):
        read_account(connection)


def test_a_local_aws_has_an_account_too(connection: Connection) -> None:
    assert read_account(connection) == Account("000000000000", "arn:aws:iam::000000000000:root")

"""Who of GitHub may deploy: the claim as GitHub sends it, with ids or without."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings

CLAIM = "token.actions.githubusercontent.com:sub"


def settings(github: str) -> Settings:
    return msgspec.convert({"access": {"github": github}}, Settings)


@pytest.mark.parametrize(
    ("github", "claim"),
    [
        ("shop/website:production", "repo:shop/website:environment:production"),
        ("shop@123456/website@456789:production", "repo:shop@123456/website@456789:environment:production"),
        ("shop-1@1/web.site@9007199254740993:eu/live 2",
         "repo:shop-1@1/web.site@9007199254740993:environment:eu/live 2"),
    ],
)  # fmt: skip
def test_claim(github: str, claim: str) -> None:
    """It is compared as a whole, for equality."""
    role: dict[str, Any] = build_template(settings(github))["Resources"]["DeployRole"]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert check_settings(settings(github)) == ()
    assert list(statement["Condition"]) == ["StringEquals"]
    assert statement["Condition"]["StringEquals"][CLAIM] == claim


@pytest.mark.parametrize(
    "github",
    ["shop@123456/website@*:production", "shop@0/website@456789:production", "shop-123456/website@456789:production"],
)
def test_claims_that_github_never_sends(github: str) -> None:
    """Both ids, in digits, or none; and both ways of writing are said."""
    with pytest.raises(SettingsError, match=r"neither owner/repository:environment nor") as caught:
        check_settings(settings(github))

    assert repr(github) in caught.value.message
    assert "owner@id/repository@id:environment" in caught.value.message
    assert "shop@123456/website@456789:production" in caught.value.hint

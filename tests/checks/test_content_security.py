"""Answers that viewers choose: none of them runs as a page, whatever the settings say of headers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.content_security import find_sandbox
from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ALL: dict[str, Any] = {"query_strings": "all", "unsafe_query_strings": True}
APP: dict[str, Any] = {"origin": "app", "app_origin": {"domain": "www.shop.example", "paths": ["/static/*"]}}
OPEN = "sandbox allow-scripts allow-same-origin"


def make(csp: str | None, **content: Any) -> Settings:
    return msgspec.convert({**content, "delivery": {"csp": csp}}, Settings)


def sent(settings: Settings) -> str | None:
    headers = build_template(settings)["Resources"]["ResponseHeadersPolicy"]["Properties"]
    policy = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"].get("ContentSecurityPolicy", {})
    text: str | None = policy.get("ContentSecurityPolicy")
    return text


@pytest.mark.parametrize(
    ("csp", "expected"),
    [
        (None, "sandbox"),
        ("default-src 'none'", "sandbox; default-src 'none'"),
        ("default-src 'none'; SandBox allow-scripts", "default-src 'none'; SandBox allow-scripts"),
        ("report-uri /sandbox", "sandbox; report-uri /sandbox"),
        ("x" * 1774, "sandbox; " + "x" * 1774),
    ],
)
@pytest.mark.parametrize("origin", ["bucket", "failover"])
def test_every_name_on_a_bucket(csp: str | None, expected: str, origin: str) -> None:
    """The settings' own policy is kept, behind the sandbox that it lacks."""
    assert sent(make(csp, **ALL, **APP | {"origin": origin})) == expected


@pytest.mark.parametrize("content", [{}, APP, {"query_strings": "none"}])
@pytest.mark.parametrize(
    ("csp", "expected"), [(None, None), ("default-src 'none'", "default-src 'none'"), (OPEN, OPEN)]
)
def test_names_that_are_known(content: dict[str, Any], csp: str | None, expected: str | None) -> None:
    """Choose nothing, and an app means what it answers: the policy is sent as it is written."""
    assert sent(make(csp, **content)) == expected


@pytest.mark.parametrize(
    ("delivery", "key", "remedy"),
    [
        ({"response_headers_policy_id": ID}, "delivery.response_headers_policy_id", "delivery.csp"),
        ({"response_headers_policy_id": ID, "csp": "sandbox"}, "delivery.response_headers_policy_id", "delivery.csp"),
        ({"csp": OPEN}, "delivery.csp", "Take allow-scripts or allow-same-origin out"),
        ({"csp": "img-src *; SANDBOX Allow-Same-Origin Allow-Scripts"}, "delivery.csp", "allow-same-origin out"),
        ({"csp": "x" * 1775}, "delivery.csp", "Shorten"),
    ],
)
def test_what_would_open_it(delivery: dict[str, Any], key: str, remedy: str) -> None:
    """Is refused where viewers choose, and is nobody else's concern."""
    check_settings(msgspec.convert({"delivery": delivery}, Settings))
    check_settings(msgspec.convert({**APP, "delivery": delivery}, Settings))

    with pytest.raises(SettingsError) as caught:
        check_settings(msgspec.convert({**ALL, "delivery": delivery}, Settings))

    assert caught.value.message.startswith(f"{key}: ")
    assert remedy in caught.value.hint


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("", None),
        ("default-src 'none'", None),
        ("sandbox", set()),
        (" ; sandbox  allow-forms ; sandbox allow-scripts", {"allow-forms"}),
    ],
)
def test_sandboxes(policy: str, allowed: set[str] | None) -> None:
    """The first counts."""
    assert find_sandbox(policy) == allowed

"""AWS's own linters over the rendered text: of options in pairs, of the reusable form, and of templates/."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from cloudformation_validate import RegoEngine  # type: ignore[import-untyped]

from flask_cdn_stack.infrastructure.launchable import VARIANTS as LAUNCHABLE
from flask_cdn_stack.infrastructure.launchable import render_launchable, render_variant
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.settings.off import switch_off

from .cases import APP, CASES, CHOICES, NAMES, UUID, merge
from .linters import complaints, make_runner
from .linters import lint as run_cfn_lint


@pytest.fixture(scope="module")
def engine() -> RegoEngine:
    return RegoEngine()


@pytest.fixture(scope="module")
def lint() -> Callable[[str], list[str]]:
    """Return what cfn-lint finds in a template; its rules are loaded once, which takes longer than a template."""
    return partial(run_cfn_lint, make_runner("us-east-1", "eu-west-1"))


def test_cases_are_many() -> None:
    """Every choice stands in one of them at least, and there are not too many to look at all of them."""
    assert 20 <= len(CASES) <= 60
    for choices in CHOICES:
        for choice in choices:
            assert any(merge([content, switch_off(choice)]) == content for content in CASES), choice


@pytest.mark.parametrize("cases", [CASES[::4], pytest.param(CASES, marks=pytest.mark.long)], ids=["some", "all"])
def test_cfn_lint(lint: Callable[[str], list[str]], cases: list[dict[str, Any]]) -> None:
    """cfn-lint finds neither an error nor a warning."""
    found = {match: content for content in cases for match in lint(render_template(msgspec.convert(content, Settings)))}

    assert found == {}


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_cloudformation_validate(engine: RegoEngine, format: Any) -> None:
    """cloudformation-validate finds nothing above information."""
    found = {
        complaint: content
        for content in CASES
        for complaint in complaints(engine, render_template(msgspec.convert(content, Settings), format=format))
    }

    assert found == {}


@pytest.mark.parametrize("variant", LAUNCHABLE, ids=lambda variant: variant.name)
def test_launchable_templates(engine: RegoEngine, lint: Callable[[str], list[str]], variant: Any) -> None:
    """Neither finds anything in a template with parameters."""
    text = render_variant(variant)

    assert lint(text) == []
    assert complaints(engine, text) == []


REUSABLE: list[dict[str, Any]] = [
    {"origin": "app", "app_origin": APP, "delivery": NAMES, "query_strings": ["c"]},
    {
        "origin": "failover",
        "app_origin": {**APP, "paths": ["/static/*"]},
        "delivery": {**NAMES, "logs": "v2", "hosted_zone_id": "Z1"},
    },
    {"bucket": {"encryption": "kms"}, "access": {"deploy_policy": True}, "assets": {"prefix": "shop"}},
    {"delivery": {"cache_policy_id": UUID}, "bucket": {"versioning": False}},
]


def test_reusable_forms(lint: Callable[[str], list[str]]) -> None:
    """cfn-lint finds nothing in the reusable form of other settings either."""
    found = {
        match: content for content in REUSABLE for match in lint(render_launchable(msgspec.convert(content, Settings)))
    }

    assert found == {}


def test_linters_do_look(engine: RegoEngine, lint: Callable[[str], list[str]]) -> None:
    """Both linters find a fault that is put in."""
    broken = render_template(Settings()).replace("HttpVersion: http2and3", "HttpVersion: http9")

    assert lint(broken)
    assert complaints(engine, broken)

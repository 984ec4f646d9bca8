"""AWS's own linters over the rendered text: of each option by itself, of options in pairs, and of templates/."""

from __future__ import annotations

from typing import Any

import cfnlint.api
import msgspec
import pytest
from cloudformation_validate import RegoEngine, Severity, TemplateContent  # type: ignore[import-untyped]

from flask_cdn_stack.infrastructure.launchable import VARIANTS as LAUNCHABLE
from flask_cdn_stack.infrastructure.launchable import render_variant
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.settings.model import Settings

from .cases import CHOICES, PAIRS, VARIANTS, merge

REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"]


@pytest.fixture(scope="module")
def engine() -> RegoEngine:
    return RegoEngine()


def complaints(engine: RegoEngine, text: str) -> list[str]:
    quiet = (Severity.INFO, Severity.DEBUG)
    report = engine.validate_template(TemplateContent(text))
    return [f"{item.rule_id} {item.message}" for item in report.diagnostics if item.severity not in quiet]


@pytest.mark.parametrize("content", VARIANTS.values(), ids=VARIANTS)
def test_cfn_lint(content: dict[str, Any]) -> None:
    """cfn-lint finds neither an error nor a warning."""
    matches = cfnlint.api.lint(render_template(msgspec.convert(content, Settings)), regions=REGIONS)

    assert [str(match) for match in matches] == []


@pytest.mark.parametrize("format", ["yaml", "json"])
@pytest.mark.parametrize("content", VARIANTS.values(), ids=VARIANTS)
def test_cloudformation_validate(engine: RegoEngine, content: dict[str, Any], format: Any) -> None:
    """cloudformation-validate finds nothing above information."""
    assert complaints(engine, render_template(msgspec.convert(content, Settings), format=format)) == []


def test_pairs_are_many() -> None:
    """Every choice stands in one of the combinations at least, and there are not too many to look at all of them."""
    assert 20 <= len(PAIRS) <= 60
    for choices in CHOICES:
        for choice in choices:
            assert any(merge([content, choice]) == content for content in PAIRS), choice


def test_cfn_lint_of_pairs() -> None:
    """cfn-lint finds nothing in the combinations, in the region that all of them can have."""
    found = {
        str(match): content
        for content in PAIRS
        for match in cfnlint.api.lint(render_template(msgspec.convert(content, Settings)), regions=["us-east-1"])
    }

    assert found == {}


def test_cloudformation_validate_of_pairs(engine: RegoEngine) -> None:
    """cloudformation-validate finds nothing in them either."""
    found = {
        complaint: content
        for content in PAIRS
        for complaint in complaints(engine, render_template(msgspec.convert(content, Settings)))
    }

    assert found == {}


@pytest.mark.parametrize("variant", LAUNCHABLE, ids=lambda variant: variant.name)
def test_launchable_templates(engine: RegoEngine, variant: Any) -> None:
    """Neither finds anything in a template with parameters."""
    text = render_variant(variant)

    assert [str(match) for match in cfnlint.api.lint(text, regions=["us-east-1"])] == []
    assert complaints(engine, text) == []


def test_linters_do_look(engine: RegoEngine) -> None:
    """Both linters find a fault that is put in."""
    broken = render_template(Settings()).replace("HttpVersion: http2and3", "HttpVersion: http9")

    assert cfnlint.api.lint(broken, regions=REGIONS)
    assert complaints(engine, broken)

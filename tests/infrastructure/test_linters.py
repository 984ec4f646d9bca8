"""AWS's own linters over the rendered text."""

from __future__ import annotations

from typing import Any

import cfnlint.api
import msgspec
import pytest
from cloudformation_validate import RegoEngine, Severity, TemplateContent  # type: ignore[import-untyped]

from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.settings.model import Settings

REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"]

VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "prefix": {"assets": {"prefix": "shop/live"}},
    "cors list": {"delivery": {"cors": ["https://shop.example", "https://*.shop.example:8443"]}},
    "cors off": {"delivery": {"cors": False}},
    "hsts off": {"delivery": {"hsts": False}},
    "cors and hsts off": {"delivery": {"cors": False, "hsts": False}},
    "no query strings": {"query_strings": "none"},
    "one query string": {"query_strings": ["c"]},
    "ten query strings": {"query_strings": ["c", *"abdefghij"]},
    "not retained": {"bucket": {"retain": False, "noncurrent_days": 1}},
    "price class 200": {"delivery": {"price_class": "PriceClass_200"}},
    "price class all": {"delivery": {"price_class": "PriceClass_All"}},
    "http1.1": {"delivery": {"http_version": "http1.1"}},
    "http2": {"delivery": {"http_version": "http2"}},
    "http3": {"delivery": {"http_version": "http3"}},
    "plain": {"delivery": {"ipv6": False, "compress": False, "viewer_protocol": "allow-all"}},
    "times": {"delivery": {"ttl": {"min": 0, "default": 0, "max": 0}, "viewer_protocol": "https-only", "hsts": 0}},
}


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


def test_linters_do_look(engine: RegoEngine) -> None:
    """Both linters find a fault that is put in."""
    broken = render_template(Settings()).replace("HttpVersion: http2and3", "HttpVersion: http9")

    assert cfnlint.api.lint(broken, regions=REGIONS)
    assert complaints(engine, broken)

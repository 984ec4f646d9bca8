"""AWS's own linters over the text of a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudformation_validate import RegoEngine, Severity, TemplateContent  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from cfnlint.runner import Runner


def make_runner(*regions: str) -> Runner:
    """Return cfn-lint for some regions; it is loaded where it is used, which takes a second."""
    from cfnlint.config import ConfigMixIn
    from cfnlint.runner import Runner

    return Runner(ConfigMixIn(regions=list(regions)))


def lint(runner: Runner, text: str) -> list[str]:
    """Return what cfn-lint finds: errors and warnings."""
    from cfnlint.decode.decode import decode_str

    template, errors = decode_str(text)
    return [str(match) for match in errors or runner.validate_template(template)]


def complaints(engine: RegoEngine, text: str) -> list[str]:
    """Return what cloudformation-validate finds above information."""
    quiet = (Severity.INFO, Severity.DEBUG)
    report = engine.validate_template(TemplateContent(text))
    return [f"{item.rule_id} {item.message}" for item in report.diagnostics if item.severity not in quiet]

"""Runs scanners over templates and compares what they find with the table of suppressions.

``scan.py CHECKOV PACKAGES TEMPLATES``: checkov's program, the folder with the npm packages and ``nag.mjs``, and the
folder of templates. Each scanner has rows in the table, so that one that does not look is found out too.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from cloudformation_validate import (  # type: ignore[import-untyped]
    EngineConfig,
    RegoEngine,
    RuleOrigin,
    TemplateContent,
    file_to_external_rule_source,
)

TABLE = Path(__file__).parents[1] / "docs" / "reference" / "suppressions.csv"
CONTROL_TOWER_RULES = Path("node_modules", "@cdklabs", "cdk-validator-cfnguard", "rules", "control-tower", "cfn-guard")


class Finding(NamedTuple):
    """What a scanner says of a resource: the table's columns but the reason."""

    scanner: str
    rule: str
    resource: str


#: Findings, each with the name of the template.
Found = Iterator[tuple[Finding, str]]


def run_checkov(program: str, templates: Path) -> Found:
    """Yield what checkov finds."""
    options = ["--framework", "cloudformation", "--compact", "--quiet", "--skip-download", "--output", "json"]
    # It ends with 1 where it found something; without a report it did not run.
    done = subprocess.run([program, "--directory", str(templates), *options], stdout=subprocess.PIPE, text=True)
    report = json.loads(done.stdout)
    if report["summary"]["parsing_errors"]:
        sys.exit("checkov could not read every template.")
    for check in report["results"]["failed_checks"]:
        yield Finding("checkov", check["check_id"], check["resource"].rpartition(".")[2]), Path(check["file_path"]).name


def run_cdk_nag(packages: Path, templates: Path) -> Found:
    """Yield what cdk-nag's AwsSolutions rules find."""
    command = ["node", str(packages / "nag.mjs"), str(templates)]
    for finding in json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout):
        yield Finding("cdk-nag", finding["rule"], finding["resource"]), finding["template"]


def run_control_tower(packages: Path, templates: Path) -> Found:
    """Yield what the Guard rules of AWS Control Tower's proactive controls find."""
    texts = {path.name: path.read_text("utf-8") for path in templates.iterdir()}
    engine = RegoEngine(EngineConfig(guard_rules=choose_rules(packages / CONTROL_TOWER_RULES, texts)))
    for name, text in texts.items():
        for rule, resource in read_guard_findings(engine.validate_template(TemplateContent(text)).diagnostics):
            yield Finding("control-tower", rule, resource), name


def choose_rules(folder: Path, texts: dict[str, str]) -> list[Any]:
    """Return the rules that name a type of resource in the templates; most are about other services, and take time."""
    kinds = set(re.findall(r"^ +Type: (AWS::\S+)$", "\n".join(texts.values()), re.MULTILINE))
    paths = [path for path in folder.rglob("*.guard") if any(kind in path.read_text("utf-8") for kind in kinds)]
    return [file_to_external_rule_source(path) for path in paths]


def read_guard_findings(diagnostics: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield control and resource of what Guard rules found; the control's name is that of the rule's file."""
    resources = defaultdict(set)
    for item in diagnostics:
        if item.source == RuleOrigin.GUARD:
            control = item.category.removeprefix("guard:").upper().replace("_", ".")
            resources[control].add(item.entity.logical_id if item.entity else "")
    for control, titles in resources.items():
        # A clause in a rule's own function names no resource, but another of the same rule does.
        for title in titles - {""} or {"no resource"}:
            yield control, title


def read_table() -> set[Finding]:
    """Return the findings that have a reason in the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {Finding(row["scanner"], row["rule"], row["resource"]) for row in csv.DictReader(file)}


def main(checkov: str, npm: str, folder: str) -> int:
    """Print every finding that has no reason in the table, and every reason that nothing was found for."""
    packages, templates = Path(npm), Path(folder)
    found: dict[Finding, set[str]] = defaultdict(set)
    for finding, name in chain(
        run_checkov(checkov, templates), run_cdk_nag(packages, templates), run_control_tower(packages, templates)
    ):
        # The log bucket of either version.
        title = finding.resource.removeprefix("Legacy")
        found[finding._replace(resource=title)].add(name)
    known = read_table()
    for finding in sorted(found.keys() - known):
        print(f"{finding.scanner} {finding.rule} of {finding.resource}: {', '.join(sorted(found[finding]))}")
    for finding in sorted(known - found.keys()):
        print(f"{finding.scanner} {finding.rule} of {finding.resource} is suppressed, and was not found.")
    print(f"{len(found)} findings, {len(found.keys() & known)} of them with a reason.")
    return int(found.keys() != known)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

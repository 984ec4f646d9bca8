"""Whatever a settings file says is either refused by the name of its key, or makes a template without a finding."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloudformation_validate import RegoEngine  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings

from flask_cdn_stack.checks.quotas import MAX_TEMPLATE
from flask_cdn_stack.checks.settings import check_session_region, check_settings
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.iam_text import names_in_settings, render_policy
from flask_cdn_stack.infrastructure.launchable import render_launchable
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.settings.model import Settings

from ..audit.laws import check_laws
from .any_settings import LEAVES, settings_files
from .linters import complaints, lint, make_runner

#: Templates that the linters look at; cfn-lint takes half a second for one.
LINTED = 6

GROUPS = {path.rpartition(".")[0] for path in LEAVES} - {""}


def read(folder: Path, content: dict[str, Any]) -> Settings:
    """Load a file with this content as the program does."""
    file = folder / "flask-cdn-stack.yml"
    file.write_text(yaml.safe_dump(content), "utf-8")
    project = load_project(folder, file)
    check_settings(project.settings)
    check_session_region(project.settings, "us-east-1")
    return project.settings


def find_key(message: str) -> str:
    """Return the key that a message names: the longest one that it begins with."""
    found = re.match(r"[a-z0-9_]+(\.[a-z0-9_]+)*", message)
    parts = found[0].split(".") if found else []
    starts = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((start for start in starts if start in LEAVES or start in GROUPS), "")


def make_all(values: Settings) -> None:
    """Make whatever is made of settings; templates must keep every law."""
    render_policy("deploy", values, "shop-cdn", names_in_settings(values))
    render_policy("provision", values, "shop-cdn", names_in_settings(values))
    check_laws(json.loads(render_template(values, format="json")))
    text = render_launchable(values, format="json")
    launchable = json.loads(text)
    if len(text) < MAX_TEMPLATE:  # a larger one is launched from a bucket
        check_laws(launchable)
    for name, parameter in launchable["Parameters"].items():
        assert fits(parameter), (name, parameter)


def fits(parameter: dict[str, Any]) -> bool:
    """Say whether CloudFormation takes the default of a parameter."""
    if (default := parameter.get("Default")) is None:
        return True
    if parameter["Type"] == "Number":
        return bool(parameter.get("MinValue", default) <= default <= parameter.get("MaxValue", default))
    allowed = parameter.get("AllowedValues", [default])
    return default in allowed and re.search(parameter.get("AllowedPattern", ""), default) is not None


def judge(folder: Path, content: dict[str, Any], taken: list[Settings]) -> str:
    """Return what a file is refused with, without the file's name; nothing where it is taken."""
    try:
        values = read(folder, content)
        make_all(values)
    except SettingsError as error:
        return error.message.removeprefix(f"{folder}/flask-cdn-stack.yml: ")
    taken.append(values)
    return ""


@pytest.mark.parametrize("usual", [30, pytest.param(150, marks=pytest.mark.long)])
def test_settings(tmp_path: Path, usual: int, request: pytest.FixtureRequest) -> None:
    """Each file is refused as an error that names the key, or taken, and then AWS's linters find nothing in it."""
    taken: list[Settings] = []
    examples = request.config.getoption("--settings-examples") or usual

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(settings_files())
    def test_one(content: dict[str, Any]) -> None:
        refusal = judge(tmp_path, content, taken)
        assert not refusal or find_key(refusal), refusal

    test_one()

    assert len(taken) > examples / 10
    check_some(taken)


def check_some(taken: list[Settings]) -> None:
    """AWS's own linters find nothing in the templates of some that were taken."""
    engine, runner = RegoEngine(), make_runner("us-east-1")
    chosen = taken[:: len(taken) // LINTED + 1]
    texts = [render_template(values) for values in chosen]
    found = {match for text in texts for match in (*lint(runner, text), *complaints(engine, text))}

    assert not found

"""``template``: the template, without an account and without a network."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.cli.observing import read_files
from tests.conftest import Program


@pytest.mark.parametrize("arguments", [(), ("--format", "yaml"), ("--format", "json")])
def test_it_prints_the_template(offline_program: Program, arguments: tuple[str, ...]) -> None:
    """As YAML or JSON; data only on standard output, nothing on standard error, no file written."""
    before = read_files(offline_program.folder)

    result = offline_program("template", *arguments)

    assert (result.exit_code, result.stderr) == (0, "")
    template = json.loads(result.stdout) if "json" in arguments else yaml.load(result.stdout, Loader=yaml.BaseLoader)
    assert template["AWSTemplateFormatVersion"] == "2010-09-09"
    assert {"AWS::S3::Bucket", "AWS::CloudFront::Distribution"} <= {
        resource["Type"] for resource in template["Resources"].values()
    }
    assert read_files(offline_program.folder) == before


def test_it_follows_the_settings(offline_program: Program) -> None:
    """The stage's overlay included."""
    settings = "delivery: {price_class: PriceClass_200}\nstages:\n  live: {delivery: {price_class: PriceClass_All}}\n"
    (offline_program.folder / "flask-cdn-stack.yml").write_text(settings)

    file = offline_program.ok("template")
    live = offline_program.ok("template", "--stage", "live")

    assert "PriceClass_200" in file.stdout
    assert "PriceClass_All" in live.stdout


def test_the_same_settings_give_the_same_text(offline_program: Program) -> None:
    """Whatever the folder that it is run from."""
    assert (
        offline_program.ok("template").stdout == offline_program("template", cwd=offline_program.folder / "shop").stdout
    )


def test_what_works_at_a_cost_is_warned_of(offline_program: Program) -> None:
    """On standard error, beside the template."""
    (offline_program.folder / "flask-cdn-stack.yml").write_text("delivery: {viewer_protocol: allow-all}\n")

    result = offline_program.ok("template")

    assert result.stderr.startswith("Warning: ")
    assert "allow-all" in result.stderr
    assert "Warning" not in result.stdout


def test_an_unknown_format_is_a_usage_error(offline_program: Program) -> None:
    """Named with the two that there are."""
    result = offline_program("template", "--format", "toml")

    assert result.exit_code == 2
    assert "'yaml', 'json'" in result.stderr

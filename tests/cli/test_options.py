"""Settings, stages and the variables of the shared options."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from flask_cdn_stack.cli.main import main
from tests.cli.observing import find_stack, stack_name
from tests.conftest import Program, program_environment

IN_ORDER = [
    *("init", "template", "provision", "deploy", "status", "verify", "releases", "rollback", "prune", "destroy"),
    *("open", "config", "cost", "doctor", "local", "demo"),
]

_SETTINGS = "app: shop\nquery_strings: [c]\nstages:\n  live:\n    query_strings: [c, v]\n"


def _query_strings(program: Program, *arguments: str, environment: dict[str, str] | None = None) -> list[str]:
    result = program("template", "--format", "json", *arguments, environment=environment)
    assert result.exit_code == 0, result.stderr
    policies = [
        resource["Properties"]["CachePolicyConfig"]
        for resource in json.loads(result.stdout)["Resources"].values()
        if resource["Type"] == "AWS::CloudFront::CachePolicy"
    ]
    names: list[str] = policies[0]["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"]["QueryStrings"]
    return names


@pytest.mark.parametrize(
    ("arguments", "environment", "names"),
    [
        ((), {}, ["c"]),
        (("--stage", "live"), {}, ["c", "v"]),
        (("-s", "live"), {}, ["c", "v"]),
        ((), {"FLASK_CDN_STACK_STAGE": "live"}, ["c", "v"]),
        (("--settings", "other.yml"), {}, ["c", "t"]),
        (("-c", "other.yml"), {}, ["c", "t"]),
        ((), {"FLASK_CDN_STACK_SETTINGS": "other.yml"}, ["c", "t"]),
        (("--settings", "flask-cdn-stack.yml"), {"FLASK_CDN_STACK_SETTINGS": "other.yml"}, ["c"]),
    ],
)
def test_settings_and_stage(
    offline_program: Program, arguments: tuple[str, ...], environment: dict[str, str], names: list[str]
) -> None:
    """By option or variable; the option wins."""
    (offline_program.folder / "flask-cdn-stack.yml").write_text(_SETTINGS)
    (offline_program.folder / "other.yml").write_text("query_strings: [c, t]\n")

    assert _query_strings(offline_program, *arguments, environment=environment) == names


def test_settings_are_found_upwards(offline_program: Program) -> None:
    """The nearest file above the working directory."""
    (offline_program.folder / "flask-cdn-stack.yml").write_text(_SETTINGS)

    result = offline_program("template", cwd=offline_program.folder / "shop/static/css")

    assert result.exit_code == 0
    assert "- c\n" in result.stdout
    assert "- v\n" not in result.stdout


def test_variables_stand_in_for_options(program: Program) -> None:
    """Answer, region, endpoint, format and JSON, without one option on the line."""
    environment = program_environment(None) | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "FLASK_CDN_STACK_ENDPOINT_URL": program.environment["AWS_ENDPOINT_URL"],
        "FLASK_CDN_STACK_REGION": "us-west-2",
        "FLASK_CDN_STACK_YES": "1",
        "FLASK_CDN_STACK_JSON": "1",
    }

    result = Program(program.folder, environment).ok("provision")

    assert (result.json["region"], result.json["status"]) == ("us-west-2", "CREATE_COMPLETE")


def test_a_stage_has_a_stack_of_its_own(program: Program) -> None:
    """Its name ends in the stage's, or is the one that the overlay gives."""
    name = stack_name(program)
    settings = f"app: shop\nstages:\n  {name}: \n  other:\n    stack: {name}-other\n"
    (program.folder / "flask-cdn-stack.yml").write_text(settings)
    (program.folder / "pyproject.toml").write_text("[project]\nname = 'p'\n")

    default = program.ok("provision", "--stage", name, "--dry-run", "--json").json["stack"]
    given = program.ok("provision", "--stage", "other", "--yes", "--json").json["stack"]

    assert (default, given) == (f"p-cdn-{name}", f"{name}-other")
    assert find_stack(program, given) is not None
    assert find_stack(program, default) is None


@pytest.mark.parametrize("command", IN_ORDER)
def test_every_command_helps(command: str) -> None:
    """One sentence, an example that can be typed, and the variable of each option."""
    result = CliRunner().invoke(main, [command, "--help"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert f"flask-cdn-stack {command}" in result.stdout
    assert "env var: FLASK_CDN_STACK_" in " ".join(result.stdout.split())


def test_the_program_lists_its_commands_in_the_order_of_the_path(offline_program: Program) -> None:
    """And knows its version."""
    help_text = offline_program.ok("--help").stdout.partition("Commands:")[2]
    version = offline_program.ok("--version").stdout

    listed = [line.split()[0] for line in help_text.splitlines() if line.startswith("  ") and line[2] != " "]
    assert listed == IN_ORDER
    assert version.split()[-1].count(".") == 2

"""Settings, their stages and their check, and the variables of the shared options."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from flask_cdn_stack.cli.group import COMMANDS
from flask_cdn_stack.cli.main import main
from tests.cli.observing import assert_one_message, read_files
from tests.conftest import Program, program_environment, write_files

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


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps(command: str) -> None:
    """One sentence, an example that can be typed, and the variable of each option."""
    result = CliRunner().invoke(main, [command, "--help"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert f"flask-cdn-stack {command}" in result.stdout
    assert "env var: FLASK_CDN_STACK_" in " ".join(result.stdout.split())


_STAGES = """
    app: shop
    query_strings: none
    stages:
      live: {delivery: {aliases: [cdn.shop.example]}}
      test: {query_strings: [c]}
"""


def test_each_stage_of_each_file(offline_program: Program) -> None:
    """All that is wrong is said in one run, and what only works at a cost is a warning; nobody needs an account."""
    write_files(offline_program.folder, {"one/flask-cdn-stack.yml": _STAGES, "two/flask-cdn-stack.yml": "apps: shop"})

    result = offline_program("check", "one/flask-cdn-stack.yml", "two/flask-cdn-stack.yml", "--json")

    live, test, two = result.json["checked"]
    assert result.exit_code == 2
    assert (live["stage"], test["stage"], two["stage"]) == ("live", "test", None)
    assert "delivery.certificate_arn" in live["problem"] + live["hint"]
    assert (test["problem"], test["warnings"]) == (None, [])
    assert two["problem"].endswith("apps is not a known key.")
    assert result.stderr.count("Error: ") == 2


def test_the_nearest(offline_program: Program) -> None:
    """Without a name; a warning refuses nothing but with --strict."""
    settings = offline_program.folder / "flask-cdn-stack.yml"
    assert f"{settings}: all is well." in offline_program.ok("check").stderr
    settings.write_text("query_strings: none\n")
    assert "Warning: " in offline_program.ok("check").stderr
    assert offline_program("check", "--strict").exit_code == 2
    settings.unlink()
    assert_one_message(offline_program("check"), 2, "There is no flask-cdn-stack.yml", "init")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("deploy --exit-code", "--exit-code needs --dry-run"),
        ("deploy --offline --delete", "--delete needs the network"),
        ("deploy --offline --invalidate /x", "--invalidate needs the network"),
        ("deploy --verify --dry-run", "--verify looks at what was published; leave --dry-run out."),
        ("deploy --verify --offline", "--verify needs the network; leave --offline out."),
        ("verify --page shop", "--page shop is neither a path such as / nor a URL."),
        ("verify --sample 0", "0 is not in the range"),
        ("config --json", "Usage:"),
        ("template --exit-code", "--exit-code needs --diff."),
        ("template --diff --format json", "--diff compares the template"),
        ("template --diff --policy deploy", "--diff compares the template"),
        ("template --parameters --policy deploy", "A policy is JSON and has no parameters"),
        ("template --policy deploy --format yaml", "--format"),
    ],
)
def test_what_makes_no_sense(offline_program: Program, arguments: str, message: str) -> None:
    """Is refused before anything is done; nothing is printed or written."""
    before = read_files(offline_program.folder)

    result = offline_program(*arguments.split())

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert read_files(offline_program.folder) == before

"""The group of commands: what it lists and completes, and the same commands on Flask's own ``--app``."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from flask_cdn_stack.cli.flask_group import cdn
from flask_cdn_stack.cli.group import COMMANDS
from flask_cdn_stack.cli.main import main
from tests.cli.observing import read_files, read_objects
from tests.conftest import Program, write_files

both_programs = pytest.mark.parametrize("group", [main, cdn], ids=["flask-cdn-stack", "flask cdn"])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_the_first_sentence_of_the_help(name: str) -> None:
    """It stands twice, so that the list need not import what it lists."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.get_short_help_str(limit=len(COMMANDS[name])) == COMMANDS[name]


def test_the_version() -> None:
    """Is the program's own."""
    assert re.fullmatch(r"\w+ \d+\.\d+\.\d+\S*\n", CliRunner().invoke(main, ["--version"]).output)


@both_programs
def test_the_list_fits_a_terminal(group: click.Group) -> None:
    """Each command on one line of 80 columns, with the whole of its summary."""
    listed = CliRunner().invoke(group, ["--help"], terminal_width=80).stdout.partition("Commands:\n")[2]

    assert [line.split(maxsplit=1) for line in listed.splitlines()] == [list(item) for item in COMMANDS.items()]
    assert max(map(len, listed.splitlines())) <= 80


@both_programs
@pytest.mark.parametrize(
    ("mistyped", "hint"),
    [
        ("releas", " Did you mean 'releases'?"),
        ("deploi", " Did you mean 'deploy' or 'demo'?"),
        ("publish", ""),
    ],
)
def test_a_mistyped_command(group: click.Group, mistyped: str, hint: str) -> None:
    """Is a usage error that names the nearest ones."""
    result = CliRunner().invoke(group, [mistyped])

    assert result.exit_code == 2
    assert result.output.splitlines()[-1] == f"Error: No such command {mistyped!r}.{hint}"


@pytest.mark.parametrize("program", ["flask-cdn-stack", "flask cdn"])
def test_completion(program: str, tmp_path: Path) -> None:
    """A shell gets names of options from the program itself, by either of its names."""
    words = f"{program} deploy --of".split()
    asked = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    variable = f"_{words[0].replace('-', '_').upper()}_COMPLETE"
    script = Path(sysconfig.get_path("scripts"), words[0])

    run = subprocess.run(
        [script], cwd=tmp_path, env={**os.environ, variable: "bash_complete", **asked}, capture_output=True, check=True
    )

    assert (run.stdout.split(), run.stderr) == ([b"plain,--offline"], b"")


def test_the_whole_path_leads_to_the_same(program: Program) -> None:
    """Provisioned and deployed by one program, there is nothing left to do for the other."""
    provision = program.run_forked("-m", "flask", "--app", "shop", "cdn", "provision", "--yes", "--json")
    deploy = program.run_forked("-m", "flask", "--app", "shop", "cdn", "deploy", "--json")
    before = read_files(program.folder), read_objects(program)

    assert (provision.exit_code, deploy.exit_code) == (0, 0)
    assert len(deploy.json["uploaded"]) == 3
    assert program.ok("provision", "--json").json["changes"] == []
    again = program.ok("deploy", "--json").json
    assert (again["release"], again["requests"]) == (deploy.json["release"], {"GetObject": 1})
    assert program.run_forked("-m", "flask", "--app", "shop", "cdn", "config").stdout == program.ok("config").stdout
    assert (read_files(program.folder), read_objects(program)) == before


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("cdn", "deploy"), {"FLASK_APP": "other"}),
        (("--app", "shop", "cdn", "deploy", "--app", "other"), {}),
        (("--app", "other", "cdn", "deploy"), {"FLASK_CDN_STACK_APP": "shop"}),
    ],
)
def test_flask_s_app_wins_over_the_settings(
    offline_program: Program, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    """As the command's own option wins over Flask's."""
    app = "from flask import Flask\n\napp = Flask(__name__)\n"
    write_files(offline_program.folder, {"other/__init__.py": app, "other/static/only.js": "1"})

    result = offline_program.run_forked("-m", "flask", *arguments, "--offline", environment=environment)

    assert result.exit_code == 0, result.stderr
    assert "only.js" in (offline_program.folder / "cdn_manifest.txt").read_text()


def test_the_settings_name_the_app_where_flask_does_not(offline_program: Program) -> None:
    """From a subfolder too."""
    below = offline_program.folder / "shop/static"
    result = offline_program.run_forked("-m", "flask", "cdn", "deploy", "--offline", cwd=below)

    assert result.exit_code == 0, result.stderr
    assert len((offline_program.folder / "cdn_manifest.txt").read_text().splitlines()) == 1 + 3


def test_a_template_needs_no_app(offline_program: Program) -> None:
    """Nor is it troubled by one that does not import."""
    result = offline_program.run_forked("-m", "flask", "--app", "nowhere", "cdn", "template")

    assert (result.exit_code, result.stdout) == (0, offline_program.ok("template").stdout)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("--app", "nowhere", "cdn", "deploy", "--offline"), 2, "Could not import 'nowhere'"),
        (("--app", "shop", "cdn", "publish"), 2, "No such command 'publish'"),
        (("--app", "shop", "cdn", "deploy"), 1, "There are no AWS credentials."),
    ],
)
def test_failures_end_as_they_do_in_the_program(
    offline_program: Program, arguments: tuple[str, ...], exit_code: int, words: str
) -> None:
    """One message and the same exit code."""
    result = offline_program.run_forked("-m", "flask", *arguments)

    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr

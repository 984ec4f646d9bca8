"""The group of commands: what it lists, completes and finds, without the commands themselves."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from flask_cdn_stack.cli.flask_group import cdn
from flask_cdn_stack.cli.group import COMMANDS
from flask_cdn_stack.cli.main import main

both_programs = pytest.mark.parametrize("group", [main, cdn], ids=["flask-cdn-stack", "flask cdn"])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_the_first_sentence_of_the_help(name: str) -> None:
    """It stands twice, so that the list need not import what it lists."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.get_short_help_str(limit=len(COMMANDS[name])) == COMMANDS[name]


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


def test_a_mistyped_option() -> None:
    """Is one, too."""
    result = CliRunner().invoke(main, ["deploy", "--ofline"])

    assert result.exit_code == 2
    assert "--offline" in result.output.splitlines()[-1]


@pytest.mark.parametrize("program", ["flask-cdn-stack", "flask cdn"])
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pr", ["plain,provision", "plain,prune"]),
        ("deploy --of", ["plain,--offline"]),
        ("deploi --of", []),
    ],
)
def test_completion(program: str, typed: str, offered: list[str], tmp_path: Path) -> None:
    """A shell gets names of commands, options and their values."""
    words = f"{program} {typed}".split()
    variable = f"_{words[0].replace('-', '_').upper()}_COMPLETE"

    run = subprocess.run(
        [str(Path(sysconfig.get_path("scripts"), words[0]))],
        cwd=tmp_path,
        env={**os.environ, variable: "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert (run.stdout.split(), run.stderr) == (offered, "")

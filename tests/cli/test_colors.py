"""Colours: for who sees them, and for nobody else."""

from __future__ import annotations

import pytest

from tests.cli.terminal import run_in_terminal
from tests.conftest import Program

_RED = "\x1b[31m"


@pytest.mark.parametrize(
    ("at_terminal", "environment", "options", "colored"),
    [
        (True, {}, (), True),
        (True, {}, ("--no-color",), False),
        (True, {"NO_COLOR": "1"}, (), False),
        (True, {"NO_COLOR": "", "FORCE_COLOR": ""}, (), True),
        (True, {"TERM": "dumb"}, (), False),
        (False, {}, (), False),
        (False, {"FORCE_COLOR": "1"}, (), True),
        (False, {"FORCE_COLOR": "0"}, (), False),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        (False, {"FORCE_COLOR": "1"}, ("--no-color",), False),
    ],
)
def test_of_an_error(
    offline_program: Program, at_terminal: bool, environment: dict[str, str], options: tuple[str, ...], colored: bool
) -> None:
    """It is red at a terminal, unless the user wants none; elsewhere only where it is asked for."""
    arguments = ("template", "--settings", "nowhere.yml", *options)
    if at_terminal:
        result = run_in_terminal(offline_program, *arguments, environment=environment)
    else:
        result = offline_program(*arguments, environment=environment)

    shown = result.stdout + result.stderr
    assert (result.exit_code, "Error: " in shown) == (2, True)
    assert (f"{_RED}" in shown, "\x1b" in shown) == (colored, colored)

"""The README: short, true, and what CI runs."""

from __future__ import annotations

import re

from flask_cdn_stack.cli.group import COMMANDS
from tests.conftest import ROOT

README = (ROOT / "README.rst").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")


def set_up_lines() -> list[str]:
    """Return the lines with which a fresh machine is set up."""
    return [line.strip() for line in README.splitlines() if "python3 -m venv" in line]


def test_readme_is_short() -> None:
    """It can be read in a few minutes."""
    assert len(README.splitlines()) < 150


def test_readme_has_two_set_up_lines() -> None:
    """One line leads to the demo and one to the tests; each begins with nothing but Python."""
    demo, test = set_up_lines()
    assert re.fullmatch(r"python3 -m venv .*pip install .*\[local\].*flask-cdn-stack demo", demo)
    assert re.fullmatch(r"python3 -m venv .*pip install .*\[test\].*pytest.*", test)


def test_ci_runs_what_the_readme_says() -> None:
    """CI has the same two lines, word for word."""
    quoted = re.findall(r"^\w+='(python3 -m venv .*)'$", CI, re.MULTILINE)
    assert quoted == set_up_lines()


def test_readme_names_commands_that_exist() -> None:
    """Every command that it names is one, as ``flask-cdn-stack`` and as ``flask cdn``."""
    named = re.findall(r"(?:/|`|^ +)flask(?:-cdn-stack| cdn) ([a-z]+)", README, re.MULTILINE)
    assert set(named) <= set(COMMANDS)
    assert {"init", "provision", "deploy", "local", "demo", "template"} <= set(named)


def test_readme_names_paths_that_exist() -> None:
    """Every file and folder of the checkout that it names is there."""
    named = re.findall(r"``([\w.-]+\.(?:rst|txt)|docs/[\w/-]+)``", README)
    assert len(named) >= 6
    generated = {"cdn_manifest.txt", "cdn_config.py"}
    assert [name for name in named if name not in generated and not (ROOT / name).exists()] == []

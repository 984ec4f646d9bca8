"""What the pages show is tried, or says why not: code, settings and templates."""

from __future__ import annotations

import ast
import json
import logging
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType

import click
import flask
import pytest
import yaml

from flask_cdn_stack import CDN
from flask_cdn_stack.cli.main import main
from flask_cdn_stack.settings.load import load_project
from tests.conftest import ROOT, write_files
from tests.test_docs import DOCS, PAGES, Block, command_lines, read_blocks

#: Pages whose blocks another test runs as they stand, and which one. Where it is not there, they are tried here.
RUN_BY = {
    "CONTRIBUTING.rst": ".ci/run",
    "README.rst": "tests/test_readme.py",
    "docs/how-to/absolute-urls.rst": "tests/extension/test_absolute_urls.py",
    "docs/how-to/bundlers.rst": "tests/browser/test_installed_bundles.py",
    "docs/how-to/costs.rst": "tests/cli/test_cost.py",
    "docs/how-to/from-flask-static-digest.rst": "tests/test_moving.py",
    "docs/how-to/from-python.rst": "tests/test_library.py",
    "docs/how-to/from-whitenoise.rst": "tests/test_moving.py",
    "docs/how-to/integrity-modules-csp.rst": "tests/browser/documented.py",
    "docs/how-to/neighbours.rst": "tests/neighbours/test_recipes.py",
    "docs/how-to/testing.rst": "tests/test_testing.py",
    "docs/tutorial/index.rst": "tests/test_docs.py",
}

#: A test that a page names.
NAMED = re.compile(r"``(tests/[\w/]+\.py)::(\w+)``")

#: Before a block that nothing runs stands the reason.
NOT_RUN = re.compile(r"\.\. not run: \S.*")

BLOCKS = [
    pytest.param(block, id=f"{name}-{number}")
    for name, page in sorted((page.relative_to(ROOT).as_posix(), page) for page in PAGES)
    if not (ROOT / RUN_BY.get(name, "nothing")).is_file()
    for number, block in enumerate(read_blocks(page))
    if not NOT_RUN.fullmatch(block.before)
]


def run_python(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run it in a module that has an app, a blueprint and what a page has shown before."""
    for name in ("cdn_config", "cdn_staging"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    logger = logging.getLogger("flask_cdn_stack")
    for name in ("handlers", "level", "disabled"):
        monkeypatch.setattr(logger, name, type(getattr(logger, name))())
    names = {name: getattr(flask, name) for name in ("Blueprint", "Flask", "request", "send_from_directory")}
    names |= {
        "CDN": CDN,
        "logging": logging,
        "app": flask.Flask("shop"),
        "views": flask.Blueprint("views", "shop"),
        "__name__": "shop",
    }
    exec(compile(block.text, str(block.page), "exec"), names)


def run_template(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Render it in a page of an app that has a CDN."""
    app = flask.Flask("shop", root_path=str(folder))
    CDN(app)
    with app.test_request_context():
        assert flask.render_template_string(block.text)


def load_yaml(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load it as the settings file; another tool's file is only read, and what it runs of ours looked at elsewhere."""
    if block.caption not in ("", "flask-cdn-stack.yml"):
        assert isinstance(yaml.safe_load(block.text), dict)
        return
    write_files(folder / "shop", {"flask-cdn-stack.yml": block.text})
    assert load_project(folder / "shop").settings


def read_changes(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the lines that a change leaves."""
    lines = [line[1:] for line in block.text.splitlines() if line[:1] in ("+", " ")]
    after = Block(block.page, "python", "", "".join(f"{line}\n" for line in lines), "")
    run_python(after, folder, monkeypatch)


def look_at_calls(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make sure that it calls nothing but this tool, whose calls another test looks at, and its installer."""
    ours = r"export |flask-cdn-stack |pip install (--upgrade )?[\"']?flask-cdn-stack"
    assert command_lines(block)
    assert [line for line in command_lines(block) if not re.match(ours, line)] == []


TRIED = {
    "": look_at_calls,
    "console": look_at_calls,
    "diff": read_changes,
    "html+jinja": run_template,
    "json": lambda block, *_: json.loads(block.text),
    "python": run_python,
    "shell": look_at_calls,
    "yaml": load_yaml,
}


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_are_tried(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block does what its language is for, or has ``.. not run:`` and the reason before it."""
    assert block.language in TRIED, block.before
    TRIED[block.language](block, tmp_path, monkeypatch)


def test_calls_in_sentences_exist() -> None:
    """Every call of the program within a sentence has a command and options that exist."""
    program = click.Context(main, info_name="flask-cdn-stack")
    texts = {call for page in PAGES for call in re.findall(r"``flask-cdn-stack\s([^`]+)``", page.read_text("utf-8"))}
    assert len(texts) > 20
    for name, *arguments in map(shlex.split, sorted(texts)):
        command = main.get_command(program, name)
        assert command is not None, name
        command.make_parser(click.Context(command)).parse_args([*arguments])


def is_test(file: str, name: str) -> bool:
    """Say whether a file of the tests has a test of this name, without running it."""
    path = ROOT / file
    tree = ast.parse(path.read_bytes() if path.is_file() else b"")
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return path.name.startswith("test_") and name.startswith("test_") and name in functions


@pytest.mark.parametrize(
    ("page", "begin", "end"),
    [
        ("security.rst", "\nThreats", "\nWhat is left"),
        ("deploys.rst", "\nWhat is lost when something goes wrong\n---", "\n---"),
    ],
)
def test_every_row_names_its_tests(page: str, begin: str, end: str) -> None:
    """Of the tables of threats and of what is lost, each has at least one, and each of them is there."""
    text = (DOCS / "explanation" / page).read_text("utf-8")
    rows = re.split(r"(?m)^   \* - ", text.partition(begin)[2].partition(end)[0])[2:]
    assert len(rows) > 10
    assert [row for row in rows if not NAMED.search(row)] == []
    assert [found for row in rows for found in NAMED.findall(row) if not is_test(*found)] == []

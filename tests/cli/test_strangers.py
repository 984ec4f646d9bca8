"""What belongs to another project, or to another stage: every command that would use it refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tests.cli.observing import find_stack, outputs, read_objects, stack_name
from tests.conftest import SHOP_APP, Program, write_files

_OF_BUCKET = (("deploy",), ("releases",), ("rollback", "--yes"), ("prune", "--yes"), ("status",))
_OF_STACK = (
    *(*_OF_BUCKET, ("provision", "--yes"), ("config", "--write"), ("template", "--policy", "deploy")),
    ("destroy", "--yes", "--stack"),
)


def _refuse_all(program: Program, folder: str, commands: Sequence[tuple[str, ...]], words: str, *options: str) -> None:
    """Expect that each command refuses, and leaves stack and bucket as they are."""
    before = find_stack(program), read_objects(program)
    for command in commands:
        result = program(*command, *options, cwd=program.folder / folder)
        assert (result.exit_code, words in result.stderr, "Traceback" in result.stderr) == (4, True, False), result
    assert (find_stack(program), read_objects(program)) == before


def test_a_stack_of_another_project(deployed: Program) -> None:
    """Its default name happens to be taken."""
    name = stack_name(deployed)
    app = {"shop/__init__.py": SHOP_APP, "shop/static/a.css": "a"}
    project = f'[project]\nname = "{name.removesuffix("-cdn")}"\n'
    write_files(deployed.folder / "other", {**app, "flask-cdn-stack.yml": "app: shop\n", "pyproject.toml": project})

    commands = [(*command, name) if command[-1] == "--stack" else command for command in _OF_STACK]
    _refuse_all(deployed, "other", commands, "belongs to the project project")


@pytest.mark.parametrize("stage", [None, "test"])
def test_a_record_of_another(deployed: Program, stage: str | None) -> None:
    """Another project's bucket as the target, and another stage's of the same project."""
    target = {"bucket": outputs(deployed)["BucketName"], "domain": "cdn.shop.example"}
    name = "project" if stage else "tea"
    settings = {"app": "shop", **({"stages": {stage: {"target": target}}} if stage else {"target": target})}
    write_files(
        deployed.folder / "other",
        {
            "shop/__init__.py": SHOP_APP,
            "shop/static/a.css": "a",
            "flask-cdn-stack.yml": json.dumps(settings),
            "pyproject.toml": f'[project]\nname = "{name}"\n',
        },
    )

    options = ("--stage", stage) if stage else ()
    _refuse_all(deployed, "other", _OF_BUCKET, "belongs to the project project (stack", *options)

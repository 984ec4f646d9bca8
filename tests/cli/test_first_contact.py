"""What a user meets first: the questions of ``init``, git, the account, and the next step after each command."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from flask_cdn_stack.cli.app_search import find_app
from flask_cdn_stack.cli.gitignore import add_ignored, find_unignored
from flask_cdn_stack.cli.group import COMMANDS
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.stack.step_after import AFTER, step_after
from tests.cli.observing import assert_one_message, read_files
from tests.cli.terminal import answer_each, at_terminal
from tests.conftest import Program, program_environment, write_files

_APP = "from flask import Flask\n\ndef create_app():\n    return Flask(__name__)\n"
_BUILT = ["cdn_manifest.txt", ".flask-cdn-stack/"]


@pytest.fixture
def new(tmp_path: Path) -> Program:
    """The program in a project of somebody who has just installed it, in a git checkout."""
    (tmp_path / ".git").mkdir()
    write_files(tmp_path, {"shop/__init__.py": _APP, "shop/static/app.css": "a{}"})
    return Program(tmp_path, program_environment(None))


def converse(program: Program, answers: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run ``init`` at a terminal; type each answer when its question comes."""
    with at_terminal(program, "init", *arguments) as (process, terminal):
        shown = answer_each(terminal, answers)
    return process.wait(), shown


def test_enter_for_everything(new: Program) -> None:
    """The app is found, the answers stand in a file that works, and git is told what is built."""
    code, shown = converse(new, dict.fromkeys(["[shop]", "[bucket]", "[us-east-1]", "(none)", "[Y/n]"], ""))

    assert code == 0, shown
    assert "Next: `flask-cdn-stack provision`" in shown
    project = load_project(new.folder)
    assert (project.settings.app, project.settings.region, project.stage) == ("shop", "us-east-1", None)
    assert (new.folder / ".gitignore").read_text().split() == _BUILT
    assert "AWS::S3::Bucket" in new.ok("template").stdout
    new.ok("deploy", "--offline")


def test_other_answers(new: Program) -> None:
    """A wrong one is asked for again, with the reason; the stage is in the file and in the next step."""
    answers = {
        "[shop]": "shop:create_app",
        "[bucket]": "failover",
        "www.shop.example": "https://www.shop.example",
        "Error: ": "www.shop.example",
        "[us-east-1]": "eu-west-1",
        "(none)": "live",
        "[Y/n]": "n",
    }
    code, shown = converse(new, answers)

    assert code == 0, shown
    assert "`flask-cdn-stack provision --stage live`" in shown
    settings = load_project(new.folder, stage="live").settings
    assert (settings.app, settings.origin, settings.region) == ("shop:create_app", "failover", "eu-west-1")
    assert settings.app_origin.domain == "www.shop.example"
    assert not (new.folder / ".gitignore").exists()
    assert "Error: " in shown


def test_an_answer_that_never_comes(new: Program) -> None:
    """Leaves nothing behind."""
    code, shown = converse(new, {"[shop]": "\x03"})

    assert (code, "Aborted" in shown) == (4, True)
    assert "flask-cdn-stack.yml" not in read_files(new.folder)


@pytest.mark.parametrize(("arguments", "ignored"), [((), False), (("--yes",), True)])
def test_nobody_is_asked(new: Program, arguments: tuple[str, ...], ignored: bool) -> None:
    """Without a terminal, or with --yes; git's file is changed where that was agreed to."""
    result = new.ok("init", *arguments)

    assert "shop" in result.stderr
    assert yaml.safe_load((new.folder / "flask-cdn-stack.yml").read_text()) == {"app": "shop"}
    assert (new.folder / ".gitignore").exists() is ignored
    assert "cdn_manifest.txt" in result.stderr


def test_editors_find_the_schema(new: Program) -> None:
    """The first line names it, seen from the file; ``init`` renews it and nothing else."""
    new.ok("init")
    first = (new.folder / "flask-cdn-stack.yml").read_text().splitlines()[0]
    schema = new.folder / first.partition("# yaml-language-server: $schema=")[2]
    assert "delivery" in json.loads(schema.read_text())["$defs"]["Settings"]["properties"]
    before = read_files(new.folder)
    schema.write_text("{}")

    new.ok("init")

    assert read_files(new.folder) == before


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, None),
        ({"app.py": "from shop import create_app\napp = create_app()", "shop/__init__.py": _APP}, "app"),
        ({"app.py": "app = 1", "wsgi.py": "import flask\nsite: flask.Flask = flask.Flask('x')"}, "wsgi"),
        ({"src/shop/__init__.py": _APP, "setup.py": "setup()"}, "src/shop"),
        ({"shop/__init__.py": "def create_app(config):\n    '\\d'", "broken.py": "app = ("}, None),
    ],
    ids=["nothing", "by its name", "by what it is", "in src", "not to be called"],
)
def test_the_app_is_found(tmp_path: Path, files: dict[str, str], found: str | None) -> None:
    """By what `flask` would take, without running any of it."""
    write_files(tmp_path, files)

    assert find_app(tmp_path) == found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, b"cdn_manifest.txt\n.flask-cdn-stack/\n"),
        (b"*.pyc", b"*.pyc\ncdn_manifest.txt\n.flask-cdn-stack/\n"),
        (b"*.pyc\r\n\xff\r\n", b"*.pyc\r\n\xff\r\ncdn_manifest.txt\r\n.flask-cdn-stack/\r\n"),
        (b"/cdn_manifest.txt\n", b"/cdn_manifest.txt\n.flask-cdn-stack/\n"),
        (b"!cdn_manifest.txt\n**/.flask-cdn-stack\n", b"!cdn_manifest.txt\n**/.flask-cdn-stack\n"),
    ],
    ids=["none", "no line end", "of Windows", "one is there", "both are"],
)
def test_gitignore(tmp_path: Path, before: bytes | None, after: bytes) -> None:
    """Gets what it lacks, once, in its own line ends."""
    (tmp_path / ".git").mkdir()
    file = tmp_path / ".gitignore"
    if before is not None:
        file.write_bytes(before)

    for _ in range(2):
        if names := find_unignored(tmp_path, _BUILT):
            add_ignored(tmp_path, names)

    assert file.read_bytes() == after


def test_a_gitignore_above(tmp_path: Path) -> None:
    """Counts as far as the checkout goes, and git agrees; outside of one there is nothing to say."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    project = tmp_path / "sites" / "shop"
    project.mkdir(parents=True)
    (tmp_path / ".gitignore").write_text("sites/shop/cdn_manifest.txt\n")

    assert find_unignored(project, _BUILT) == (".flask-cdn-stack/",)
    add_ignored(project, [".flask-cdn-stack/"])
    names = [*_BUILT, "app.py"]
    ignored = subprocess.run(["git", "check-ignore", *names], cwd=project, stdout=subprocess.PIPE, check=True)
    assert ignored.stdout.decode().split() == _BUILT
    (tmp_path / ".git").rename(tmp_path / "git")
    assert find_unignored(project, ["other"]) == ()


def test_provision_without_anything_set_up(new: Program) -> None:
    """Names the pages that tell how to come by an account and credentials."""
    new.ok("init")

    result = new("provision", "--yes")

    assert_one_message(
        result, 1, "no AWS credentials", "accounts/latest/reference/getting-started.html", "getting-started-quickstart"
    )


def test_every_command_has_a_next_step() -> None:
    """For a stage, each command in it is that of the stage; what comes next is a command that there is."""
    assert {key.partition(" ")[0] for key in AFTER} == set(COMMANDS)
    for done in AFTER:
        sentence = step_after(done, "live")
        named = [part.split()[1] for part in sentence.split("`")[1::2]]
        assert set(named) <= set(COMMANDS), sentence
        assert "{" not in sentence


def test_the_last_line_of_each_command(deployed: Program) -> None:
    """Is the next step, once, on standard error; with ``--json`` too."""
    for command in (
        ("init", "--yes"), ("template",), ("template", "--policy", "deploy"), ("template", "--diff"),
        ("provision", "--yes"), ("provision", "--dry-run", "--json"), ("deploy",), ("deploy", "--dry-run"),
        ("deploy", "--offline"), ("releases",), ("prune", "--dry-run"), ("config",), ("config", "--write"), ("open",),
        ("verify",), ("cost",), ("config", "--explain"), ("doctor",), ("rollback", "--dry-run"),
        ("destroy", "--dry-run"),
    ):  # fmt: skip
        (deployed.folder / "shop/static/logo.svg").write_text(f"<svg>{command}</svg>")
        lines = deployed.ok(*command).stderr.splitlines()
        assert [line for line in lines if line.startswith("Next: ")] == lines[-1:], command
    shown = deployed.ok("status")
    assert shown.stdout.splitlines()[-1].startswith("Next ")
    deployed.ok("deploy")
    assert deployed.ok("status").stderr.splitlines()[-1].startswith("Next: nothing is to be done")

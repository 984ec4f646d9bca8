"""What a user meets first: ``init`` and its questions, git, and the next step after each command."""

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
from tests.cli.observing import read_files
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, program_environment, write_files

_APP = "from flask import Flask\n\ndef create_app():\n    return Flask(__name__)\n"
_BUILT = ["cdn_manifest.txt", ".flask-cdn-stack/"]


@pytest.fixture
def new(tmp_path: Path) -> Program:
    """The program in a project of somebody who has just installed it, in a git checkout."""
    (tmp_path / ".git").mkdir()
    write_files(tmp_path, {"shop/__init__.py": _APP, "shop/static/app.css": "a{}"})
    return Program(tmp_path, program_environment(None))


def converse(program: Program, answers: dict[str, str]) -> tuple[int, str]:
    """Run ``init`` at a terminal; type each answer when its question comes."""
    typed = [(ask.encode(), text.encode() if text == "\x03" else f"{text}\n".encode()) for ask, text in answers.items()]
    result = run_in_terminal(program, "init", answers=typed)
    return result.exit_code, result.stdout


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
        ("init", "--yes"), ("check",), ("template",), ("template", "--policy", "deploy"), ("template", "--diff"),
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


_OWN_CONFIG = "# flask-cdn-stack config: written by hand in this test\nCDN_DOMAIN = 'cdn.example'\n"


@pytest.fixture
def empty(tmp_path: Path) -> Program:
    """The program in an empty folder, for a user without an account."""
    return Program(tmp_path, program_environment(None))


def own_files(folder: Path) -> list[str]:
    """Return the user's files: not what git and people do not see."""
    return [name for name in sorted(read_files(folder)) if not name.startswith(".flask-cdn-stack/")]


def test_it_writes_two_files(empty: Program) -> None:
    """Settings that say nothing yet, and a config file without a CDN; the next step is named."""
    result = empty.ok("init")

    assert own_files(empty.folder) == ["cdn_config.py", "flask-cdn-stack.yml"]
    assert "CDN_DOMAIN = None" in (empty.folder / "cdn_config.py").read_text()
    assert result.stdout == ""
    assert 'app.config.from_object("cdn_config")' in result.stderr.replace("'", '"')
    assert "`flask-cdn-stack provision`" in result.stderr


def test_the_settings_file_has_every_key_commented_out(empty: Program) -> None:
    """What it says is what holds without it."""
    before = empty.ok("template").stdout
    empty.ok("init")

    text = (empty.folder / "flask-cdn-stack.yml").read_text()

    assert all(not line or line.lstrip().startswith("#") for line in text.splitlines())
    assert "#origin: bucket" in text
    assert empty.ok("template").stdout == before


def test_what_is_there_stays(empty: Program) -> None:
    """Settings and a config file of ours are kept byte for byte, and said to be."""
    present = {"flask-cdn-stack.yml": "app: shop\n", "cdn_config.py": _OWN_CONFIG}
    write_files(empty.folder, present)

    result = empty.ok("init")

    assert own_files(empty.folder) == ["cdn_config.py", "flask-cdn-stack.yml"]
    for name, text in present.items():
        assert (empty.folder / name).read_text() == text
        assert f"{name} exists; it is left as it is." in result.stderr


def test_a_config_file_of_somebody_else_is_refused(empty: Program) -> None:
    """Before the settings are written."""
    (empty.folder / "cdn_config.py").write_text("DEBUG = True\n")

    result = empty("init")

    assert result.exit_code == 4
    assert "was not written by flask-cdn-stack" in result.stderr
    assert read_files(empty.folder) == {"cdn_config.py": b"DEBUG = True\n"}


def test_a_config_file_that_is_turned_off_is_not_written(empty: Program) -> None:
    """The settings that are there already decide."""
    (empty.folder / "flask-cdn-stack.yml").write_text("config_file: false\n")

    empty.ok("init")

    assert own_files(empty.folder) == ["flask-cdn-stack.yml"]


def test_settings_of_a_folder_above_do_not_count(empty: Program) -> None:
    """The files are for the folder itself; what a broken file above says does not matter."""
    below = empty.folder / "below"
    below.mkdir()
    (empty.folder / "flask-cdn-stack.yml").write_text("config_file: conf/x.py\nnonsense: 1\n")

    assert empty("init", cwd=below).exit_code == 0
    assert own_files(below) == ["cdn_config.py", "flask-cdn-stack.yml"]


def test_the_line_for_the_app_names_the_config_file_s_module(empty: Program) -> None:
    """In a package too."""
    (empty.folder / "flask-cdn-stack.yml").write_text("config_file: conf/cdn.py\n")
    (empty.folder / "conf").mkdir()

    assert "app.config.from_object('conf.cdn')" in empty.ok("init").stderr

"""The package as it is installed: its scripts, its entry points, and what an import of it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from importlib.metadata import distribution, version
from importlib.resources import files
from pathlib import Path

import click
import pytest

from flask_cdn_stack.cli.group import COMMANDS
from flask_cdn_stack.cli.main import main
from tests.conftest import write_files

SCRIPTS = Path(sysconfig.get_path("scripts"))

#: What no start of a web server and no ``flask`` command may load.
HEAVY = {"boto3", "botocore", "msgspec", "obstore", "pydantic", "rich", "tinycss2", "troposphere", "yaml"}

PLAIN_APP = """
    from flask import Flask

    app = Flask(__name__)
"""


def run(*command: str, folder: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return how it went."""
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def loaded_modules(code: str, folder: Path) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after running ``code`` on top of Flask itself."""
    script = "\n".join([
        "import flask, json, sys",
        "before = set(sys.modules)",
        code,
        "print(json.dumps(sorted(set(sys.modules) - before)))",
    ])  # fmt: skip
    result = run(sys.executable, "-c", script, folder=folder)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout))


def packages(modules: set[str]) -> set[str]:
    """Return the top-level names of modules."""
    return {name.partition(".")[0] for name in modules}


@pytest.fixture
def plain_app_folder(tmp_path: Path) -> Path:
    """A folder with an app that has never heard of a CDN."""
    write_files(tmp_path, {"app.py": PLAIN_APP})
    return tmp_path


@pytest.fixture(scope="module")
def flask_alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Python on a server that has Flask and this package, and nothing else of what the package needs."""
    folder = tmp_path_factory.mktemp("packages")
    found = {str(files("flask_cdn_stack"))}
    for name in ("flask-cdn-stack", "flask", "blinker", "click", "itsdangerous", "jinja2", "markupsafe", "werkzeug"):
        package = distribution(name)
        tops = {file.parts[0] for file in package.files or ()} - {".."}
        found |= {str(package.locate_file(top)) for top in tops}
    for path in found:
        (folder / Path(path).name).symlink_to(path)
    return ("env", f"PYTHONPATH={folder}", sys.executable, "-S", "-m")


@pytest.mark.parametrize("command", [[str(SCRIPTS / "flask-cdn-stack")], [sys.executable, "-m", "flask_cdn_stack"]])
def test_program_says_its_version(command: list[str], tmp_path: Path) -> None:
    """The script and ``python -m`` are one program."""
    result = run(*command, "--version", folder=tmp_path)
    assert result.stdout.split()[-1] == version("flask-cdn-stack"), result.stderr


def test_flask_cdn_has_the_commands(plain_app_folder: Path) -> None:
    """``flask cdn`` has the program's commands."""
    result = run(str(SCRIPTS / "flask"), "cdn", "deploy", "--help", folder=plain_app_folder)
    assert "flask cdn deploy [OPTIONS]" in result.stdout, result.stderr


def test_flask_help_shows_the_group(flask_alone: tuple[str, ...], plain_app_folder: Path) -> None:
    """``flask --help`` lists ``cdn`` and complains of nothing, and ``flask cdn --help`` lists the commands."""
    result = run(*flask_alone, "flask", "--help", folder=plain_app_folder)
    assert any(line.split()[:1] == ["cdn"] for line in result.stdout.splitlines())
    assert (result.returncode, result.stderr) == (0, "")
    result = run(*flask_alone, "flask", "cdn", "--help", folder=plain_app_folder)
    assert all(summary in result.stdout for summary in COMMANDS.values())
    assert (result.returncode, result.stderr) == (0, "")


def test_flask_commands_are_left_alone(flask_alone: tuple[str, ...], plain_app_folder: Path) -> None:
    """``flask routes`` of an app without a CDN says what it always said."""
    result = run(*flask_alone, "flask", "routes", folder=plain_app_folder)
    assert "/static/<path:filename>" in result.stdout
    assert (result.returncode, result.stderr) == (0, "")


def test_a_command_without_what_it_needs(flask_alone: tuple[str, ...], plain_app_folder: Path) -> None:
    """Names the package that is missing, and how it is installed."""
    result = run(*flask_alone, "flask", "cdn", "template", folder=plain_app_folder)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: msgspec is not installed.\nRun: pip install flask-cdn-stack\nSee https://")


@pytest.mark.parametrize(
    "code",
    [
        "import flask_cdn_stack",
        "import flask_cdn_stack.cli.flask_group",
        "from flask_cdn_stack import CDN, url_for; CDN(flask.Flask('shop'))",
    ],
)
def test_web_server_loads_nothing_heavy(code: str, tmp_path: Path) -> None:
    """What a web server or a ``flask`` command imports is Flask, our own modules and the standard library."""
    loaded = loaded_modules(code, tmp_path)
    assert packages(loaded) - {"flask_cdn_stack", "flask", "click", "werkzeug", "jinja2"} <= sys.stdlib_module_names
    assert not packages(loaded) & HEAVY
    unwanted = {f"flask_cdn_stack.{name}" for name in ("debug_panel", "extension.recording", "testing")}
    assert not loaded & {*unwanted, "urllib.request"}


def test_help_and_completion_load_no_command(tmp_path: Path) -> None:
    """Names and summaries are known without what the commands import."""
    code = """
from click import Context
from flask_cdn_stack.cli.flask_group import cdn
assert "provision" in cdn.get_help(Context(cdn))
assert len(cdn.shell_complete(Context(cdn), "pr")) == 2
"""
    assert loaded_modules(code, tmp_path).isdisjoint(f"flask_cdn_stack.cli.{name}" for name in COMMANDS)


def test_the_group_costs_a_flask_command_little(tmp_path: Path) -> None:
    """Every ``flask`` command of every user waits for it."""
    code = """
import flask, time
began = time.process_time()
import flask_cdn_stack.cli.flask_group
print(time.process_time() - began)
"""
    quickest = min(float(run(sys.executable, "-c", code, folder=tmp_path).stdout) for _ in range(5))
    assert quickest < 0.005


def test_package_says_that_it_is_typed() -> None:
    """Type checkers find the marker."""
    assert files("flask_cdn_stack").joinpath("py.typed").is_file()


SHARED_OPTIONS = {
    *("app", "settings", "stage", "region", "profile", "endpoint_url"),
    *("as_json", "verbose", "no_color", "yes", "dry_run", "exit_code"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_explain_themselves(name: str) -> None:
    """Every command has a sentence and an example, every option says what it does, and a shared one its variable."""
    context = click.Context(main, info_name="flask-cdn-stack")
    command = main.get_command(context, name)
    assert command is not None
    assert f"flask-cdn-stack {name}" in (command.help or "")
    for option in command.params:
        if isinstance(option, click.Argument):
            continue
        assert isinstance(option, click.Option)
        assert option.help, option.name
        if option.name in SHARED_OPTIONS:
            assert option.show_envvar, option.name
            assert str(option.envvar).startswith("FLASK_CDN_STACK_"), option.name

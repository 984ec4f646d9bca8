"""What others' tools take from the repository: the hook of pre-commit, and the action of GitHub."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest
import yaml

from flask_cdn_stack.cli.group import COMMANDS
from flask_cdn_stack.settings.load import FILE_NAME
from tests.conftest import ROOT, require, write_files

HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION = ROOT / ".github" / "actions" / "deploy"

# Stand for the programs of a runner: the one says what it was asked, the other keeps it and knows one comment of ours.
_PROGRAM = """#!/bin/sh
echo "$FLASK_CDN_STACK_STAGE: $*" >> "$RUNNER_TEMP/calls"
case "$*" in
  *--dry-run) printf '  new   1 KB  a.css\\n  new   1 KB  ``` <b>.js\\n' ;;
  *) printf '{"release": "r1", "uploaded": [1, 2], "unchanged": 3'
     printf ', "verify": {"failed": [{"url": "u", "problem": "p"}]}}'
     exit 1 ;;
esac
"""
_GH = """#!/bin/sh
[ "$GH_TOKEN" ] || exit 1
echo "$*" >> "$RUNNER_TEMP/comments"
case "$*" in *--paginate*) cat "$RUNNER_TEMP/there" ;; esac
"""


def test_the_hook_names_a_command_and_the_settings_file() -> None:
    """It runs a command that there is, for files of the settings' name in any folder and no others."""
    (hook,) = yaml.safe_load(HOOKS.read_text("utf-8"))
    program, command = hook["entry"].split()
    assert (program, command in COMMANDS) == ("flask-cdn-stack", True)
    assert re.search(hook["files"], FILE_NAME)
    assert re.search(hook["files"], f"shop/{FILE_NAME}")
    assert not re.search(hook["files"], f"my-{FILE_NAME}")


@pytest.mark.installs
def test_pre_commit_runs_the_hook(tmp_path: Path) -> None:
    """The program itself installs the checkout, and refuses settings that are wrong."""
    require((ROOT / ".git").exists(), "the git checkout")
    venv.create(tmp_path / "venv", with_pip=True)
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([scripts / "python", "-m", "pip", "install", "-q", "pre-commit"], check=True)
    folder = tmp_path / "shop"
    write_files(folder, {FILE_NAME: "app: shop\n"})
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)

    def run() -> subprocess.CompletedProcess[str]:
        hook = (str(ROOT), "flask-cdn-stack-check")
        command = [str(scripts / "pre-commit"), "try-repo", *hook, "--all-files", "--verbose"]
        environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache")}
        return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)

    passed = run()
    write_files(folder, {FILE_NAME: "apps: shop\n"})
    failed = run()

    assert (passed.returncode, failed.returncode) == (0, 1), passed.stdout + passed.stderr
    assert "apps is not a known key" in failed.stdout


def test_inputs_are_variables() -> None:
    """No step of the action has an expression in what a shell runs, and what others wrote is pinned by its commit."""
    action = yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))
    steps = action["runs"]["steps"]
    assert action["runs"]["using"] == "composite"
    assert all("${{" not in step.get("run", "") for step in steps)
    assert all(step["shell"] for step in steps if "run" in step)
    assert all(re.search("@[0-9a-f]{40}$", step["uses"]) for step in steps if "uses" in step)
    named = set(re.findall(r"inputs\.([a-z-]+)", str(action["runs"])))
    assert named == set(action["inputs"])


def run_action(folder: Path, there: object, **values: str) -> subprocess.CompletedProcess[str]:
    """Run the action's script in a folder, where a pull request has comments already."""
    for name, text in {"flask-cdn-stack": _PROGRAM, "gh": _GH}.items():
        write_files(folder, {f"bin/{name}": text.encode()})
        (folder / "bin" / name).chmod(0o755)
    write_files(folder, {"event.json": '{"pull_request": {"number": 7}}', "there": json.dumps(there)})
    files = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary", "GITHUB_EVENT_PATH": "event.json"}
    environment = {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(folder),
        "GITHUB_REPOSITORY": "ann/shop",
        **{name: str(folder / file) for name, file in files.items()},
        **{"DRY_RUN": "true", "VERIFY": "true", "COMMENT": "true", "COMMENT_TOKEN": "secret", **values},
    }
    script = ["bash", str(ACTION / "deploy.sh")]
    return subprocess.run(script, env=environment, cwd=folder, check=False, capture_output=True, text=True)


def test_the_action_plans(tmp_path: Path) -> None:
    """It publishes nothing, and comments; no input is run, and no name of a file is more than text."""
    require(shutil.which("jq"), "jq")
    evil = '$(touch pwned) `touch pwned`; "touch pwned" <!-- -->'
    ran = run_action(tmp_path, [], FLASK_CDN_STACK_STAGE=evil)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "calls").read_text() == f"{evil}: deploy --dry-run\n"
    assert (tmp_path / "output").read_text() == "changes=2\n"
    assert "\n      new   1 KB  ``` <b>.js\n" in (tmp_path / "summary").read_text()
    assert "--field body=@" in (tmp_path / "comments").read_text().splitlines()[1]
    assert not (tmp_path / "pwned").exists()


def test_the_action_deploys(tmp_path: Path) -> None:
    """It verifies, writes over its own comment and no other's, and fails as the command does."""
    require(shutil.which("jq"), "jq")
    mark = "<!-- flask-cdn-stack bGl2ZQ== -->"
    there = [
        {"id": number, "body": f"{body}\nText", "user": {"type": kind}}
        for number, body, kind in ((1, mark, "User"), (2, "Hello", "Bot"), (3, mark, "Bot"))
    ]
    ran = run_action(tmp_path, there, DRY_RUN="false", FLASK_CDN_STACK_STAGE="live")
    assert ran.returncode == 1, ran.stderr
    assert (tmp_path / "calls").read_text().splitlines()[1] == "live: deploy --json --verify"
    assert "release=r1" in (tmp_path / "output").read_text()
    assert "Release r1: 2 uploaded, 3 unchanged.\n\n    u p\n" in (tmp_path / "summary").read_text()
    assert "--method PATCH repos/ann/shop/issues/comments/3 " in (tmp_path / "comments").read_text()


def test_the_action_without_a_token(tmp_path: Path) -> None:
    """Is warned of, as of a fork's pull request, and fails nothing."""
    require(shutil.which("jq"), "jq")
    ran = run_action(tmp_path, [], COMMENT_TOKEN="")
    assert (ran.returncode, "::warning::" in ran.stdout) == (0, True)

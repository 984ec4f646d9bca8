"""What others' tools take from the repository: the hook of pre-commit."""

from __future__ import annotations

import os
import re
import subprocess
import venv
from pathlib import Path

import pytest
import yaml

from flask_cdn_stack.cli.group import COMMANDS
from flask_cdn_stack.settings.load import FILE_NAME
from tests.conftest import ROOT, require, write_files

HOOKS = ROOT / ".pre-commit-hooks.yaml"


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
        command = [scripts / "pre-commit", "try-repo", ROOT, "flask-cdn-stack-check", "--all-files", "--verbose"]
        environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache")}
        return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)

    passed = run()
    write_files(folder, {FILE_NAME: "apps: shop\n"})
    failed = run()

    assert (passed.returncode, failed.returncode) == (0, 1), passed.stdout + passed.stderr
    assert "apps is not a known key" in failed.stdout

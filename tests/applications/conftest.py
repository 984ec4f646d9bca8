"""Applications of others, each installed once a session with this package beside it."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.browser.conftest import browser as browser
from tests.conftest import ROOT

Install = Callable[..., Path]

_PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def run(python: Path, *arguments: str) -> str:
    """Run an environment's Python; return what it says."""
    done = subprocess.run([python, *arguments], capture_output=True, encoding="utf-8", timeout=240, cwd=python.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This package as users get it."""
    folder = tmp_path_factory.mktemp("wheel")
    run(Path(sys.executable), *_PIP, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Install:
    """Return what makes an environment with requirements, and then this package, and gives its Python."""

    @cache
    def make(*requirements: str) -> Path:
        folder = tmp_path_factory.mktemp("environment")
        venv.create(folder, with_pip=True)
        python = folder / "bin/python"
        run(python, *_PIP, "install", "--no-compile", *requirements)
        before = set(run(python, *_PIP, "freeze").splitlines())
        run(python, *_PIP, "install", "--no-compile", str(wheel))
        assert before <= set(run(python, *_PIP, "freeze").splitlines()), "packages of the application were changed"
        run(python, *_PIP, "check")
        return python

    return make

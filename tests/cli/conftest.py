from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from tests.cli.life import Life, begin_life
from tests.conftest import Program, program_environment


@pytest.fixture
def offline_program(project_folder: Path) -> Program:
    """The program in the project's folder, for a user without an account and without a network."""
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return Program(project_folder, {**program_environment(None), **nowhere})


@pytest.fixture
def provisioned(program: Program) -> Program:
    """The program in a project whose stack exists."""
    program.ok("provision", "--yes")
    return program


@pytest.fixture
def deployed(provisioned: Program) -> Program:
    """The program in a project that has been deployed once."""
    provisioned.ok("deploy")
    return provisioned


@pytest.fixture
def life(tmp_path: Path) -> Life:
    """The program in this process, with an account in memory that has no stack yet."""
    return begin_life(tmp_path / "shop")


@pytest.fixture(scope="session")
def slow_aws() -> Iterator[LocalAWS]:
    """A local AWS where a distribution takes its time."""
    delay = {"STRICT_DELAY": "1.5"}
    with LocalAWS(environment=os.environ, module="tests.servers.ministack_strict", settings=delay) as aws:
        yield aws


@pytest.fixture
def slow_program(project_folder: Path, slow_aws: LocalAWS) -> Program:
    """The program in the project's folder, with that as its account."""
    return Program(project_folder, program_environment(slow_aws))


@pytest.fixture
def app_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written outside of the test, and the app, where there is one, is loaded without another process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "executable", "")

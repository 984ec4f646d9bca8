"""``local``: it serves, is used by other processes, ends in order and keeps its state."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.verify import fetch
from tests.cli.observing import children, is_alive, read_until
from tests.conftest import Program, Result, program_environment, wait_until

# Imported by Python when it starts, as a package's sitecustomize is.
_HIDE = """
import importlib.machinery

find = importlib.machinery.PathFinder.find_spec
importlib.machinery.PathFinder.find_spec = lambda name, *rest: None if name == "{}" else find(name, *rest)
"""


@pytest.fixture
def user(project_folder: Path) -> Program:
    """The program in the project's folder, for a user without an account."""
    return Program(project_folder, program_environment(None))


@contextmanager
def _running(program: Program, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with program.start("local", "--port", "0", *arguments) as process:
        try:
            yield process
        finally:
            process.kill()


def _environment(process: subprocess.Popen[str]) -> dict[str, str]:
    """Return the variables that the printed lines export, as a shell reads them."""
    assert process.stdout is not None
    read_until(process, "Ctrl-C ends it.")
    lines = [process.stdout.readline() for _ in range(5)]
    assert all(line.startswith("export AWS_") for line in lines), lines
    printed = subprocess.run(
        ["env", "-i", "sh", "-c", "".join(lines) + "env"], capture_output=True, check=True, encoding="utf-8"
    ).stdout
    return {name: value for name, _, value in (line.partition("=") for line in printed.splitlines()) if "AWS_" in name}


def _end(process: subprocess.Popen[str], number: int) -> Result:
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    return Result(process.returncode, stdout, stderr)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_another_terminal_until_it_is_ended(user: Program, number: int) -> None:
    """Exit 0, and no process is left behind."""
    with _running(user) as process:
        environment = _environment(process)
        servers = children(process.pid)
        used = user("provision", "--yes", "--json", environment=environment)
        ended = _end(process, number)

    assert used.json["status"] == "CREATE_COMPLETE"
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert "Ended; the state is kept." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(servers) == 1
    assert not is_alive(servers[0])


def test_a_killed_one_leaves_no_server(user: Program) -> None:
    """Nor does one whose terminal was closed."""
    with _running(user) as process:
        _environment(process)
        (server,) = children(process.pid)
        process.kill()

        assert wait_until(lambda: not is_alive(server))


def test_its_state_outlives_it(user: Program) -> None:
    """In a folder that git ignores; after a restart the stack is the same, and what was published is served."""
    with _running(user) as process:
        environment = _environment(process)
        stack = user("provision", "--yes", "--json", environment=environment).json["outputs"]
        deploy = user("deploy", "--json", environment=environment).json
        _end(process, signal.SIGTERM)

    with _running(user) as process:
        environment = _environment(process)
        again = user("provision", "--json", environment=environment).json
        nothing = user("deploy", "--json", environment=environment).json
        connection = open_connection(endpoint_url=environment["AWS_ENDPOINT_URL"])
        domain, _ = connection.viewer_address(stack["CdnDomain"])
        answer = fetch(f"http://{domain}/static/js/app.js", connection.connect_address)
        _end(process, signal.SIGINT)

    assert (user.folder / ".flask-cdn-stack/.gitignore").read_text() == "*\n"
    assert (user.folder / ".flask-cdn-stack/local").is_dir()
    assert (again["changes"], again["outputs"]) == ([], stack)
    assert (nothing["release"], nothing["requests"]) == (deploy["release"], {"GetObject": 1})
    assert (answer.status, answer.body) == (200, b"console.log(1)\n")


def test_its_state_elsewhere(user: Program, tmp_path: Path) -> None:
    """Is in the folder that is named; JSON is one object."""
    with _running(user, "--state", str(tmp_path / "elsewhere"), "--json") as process:
        read_until(process, "Ctrl-C ends it.")
        report = json.loads(_end(process, signal.SIGTERM).stdout)

    assert report["environment"]["AWS_ENDPOINT_URL"] == report["endpoint_url"]
    assert report["endpoint_url"].startswith("http://127.0.0.1:")
    assert (tmp_path / "elsewhere").is_dir()


def test_a_port_that_is_taken(user: Program) -> None:
    """One message that names the port and the option."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        result = user("local", "--port", str(port))

    assert (result.exit_code, result.stdout) == (1, "")
    assert f"Port {port} on 127.0.0.1 cannot be used" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("command", "missing", "said"),
    [
        ("local", "ministack", "The local AWS is not installed."),
        ("demo", "ministack", "The local AWS is not installed."),
        ("local", "aiohttp", "The local edge is not installed: aiohttp is missing."),
    ],
)
def test_without_the_extra(user: Program, tmp_path: Path, command: str, missing: str, said: str) -> None:
    """One sentence, and the pip command."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(_HIDE.format(missing))
    path = os.pathsep.join([str(tmp_path / "site"), user.environment["PYTHONPATH"]])

    result = user(command, environment={"PYTHONPATH": path})

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[:-1] == [
        f"Error: {said}",
        'Install it with: pip install "flask-cdn-stack[local]"',
    ]

"""What a shell is offered for the values of options: in bash itself, and for the others by click's protocol."""

from __future__ import annotations

import os
import pty
import select
import socket
import subprocess
import sysconfig
import time

import pytest

from flask_cdn_stack.cli.group import _DEPENDENCIES
from tests.conftest import Program, Result, write_files

VARIABLE = "_FLASK_CDN_STACK_COMPLETE"
SETTINGS = {
    "flask-cdn-stack.yml": "stages: {live: {}, local-test: {}, test: {}}",
    "other.yml": "stages: {away: {}}",
    "config": "[profile shop-live]\n[profile tea]\n",
}

PROGRAM = "from flask_cdn_stack.cli.main import main; main(prog_name='flask-cdn-stack')"

# What reaches a machine where only Flask is installed.
_BARE = (
    """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""
    + PROGRAM
)


def protocol(typed: str) -> dict[str, str]:
    """Return the variables with which bash asks click for what may stand in place of the last word."""
    words = f"flask-cdn-stack {typed}".split(" ")
    return {VARIABLE: "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}


def read(result: Result) -> list[str]:
    """Return what is offered."""
    assert result.stderr == ""
    return [line.partition(",")[2] for line in result.stdout.splitlines() if line]


@pytest.fixture
def offering(offline_program: Program) -> Program:
    """The program in a folder with stages and profiles, without a network."""
    write_files(offline_program.folder, SETTINGS)
    return offline_program


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("deploy --stage l", ["live", "local-test"]),
        ("deploy -c other.yml -s ", ["away"]),
        ("deploy -c none.yml -s ", []),
        ("provision --region eu-central-", ["eu-central-1", "eu-central-2"]),
        ("releases --profile shop", ["shop-live"]),
        ("template --policy ", ["deploy", "provision", "destroy"]),
        ("template --format j", ["json"]),
        ("provision --skip-resource Bucket", ["Bucket", "BucketPolicy"]),
        ("rollback ", []),
        ("pr", ["provision", "prune"]),
        ("deploi --of", []),
    ],
)
def test_what_is_offered(offering: Program, typed: str, offered: list[str]) -> None:
    """By what is on this machine; what is not there is not spoken of."""
    environment = {**protocol(typed), "AWS_CONFIG_FILE": str(offering.folder / "config")}

    assert read(offering.run_forked("-c", PROGRAM, environment=environment)) == offered


def test_releases(deployed: Program) -> None:
    """Are those of the record, the newest first."""
    write_files(deployed.folder, {"shop/static/new.css": "new"})
    deployed.ok("deploy")
    ids = [item["id"] for item in deployed.ok("releases", "--json").json["releases"]]

    assert read(deployed.run_forked("-c", PROGRAM, environment=protocol("rollback 2"))) == ids


def test_an_account_that_does_not_answer(offering: Program) -> None:
    """Is not waited for by whoever has pressed a key."""
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "key")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        typed = f"rollback --endpoint-url http://127.0.0.1:{silent.getsockname()[1]} "
        began = time.monotonic()
        result = offering.run_forked("-c", PROGRAM, environment={**protocol(typed), **keys})

    assert read(result) == []
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("typed", ["deploy --stage ", "provision --re", "rollback ", "templ"])
def test_a_machine_without_what_the_commands_need(offering: Program, typed: str) -> None:
    """Is offered what needs none of it, and no error."""
    program = Program(offering.folder, {**offering.environment, **protocol(typed)})

    offered = read(program.run_python("-c", _BARE.format(names=_DEPENDENCIES)))

    assert offered == (["template"] if typed == "templ" else [])


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("zsh", {"COMP_WORDS": "flask-cdn-stack deploy --stage te", "COMP_CWORD": "3"}),
        ("fish", {"COMP_WORDS": "flask-cdn-stack deploy --stage ", "COMP_CWORD": "te"}),
    ],
)
def test_other_shells(offering: Program, shell: str, words: dict[str, str]) -> None:
    """Ask in their own way, and get a script that asks so."""
    answer = offering.run_forked("-c", PROGRAM, environment={VARIABLE: f"{shell}_complete", **words})
    script = offering.run_forked("-c", PROGRAM, environment={VARIABLE: f"{shell}_source"})

    assert "test" in answer.stdout.split() or "plain,test" in answer.stdout
    assert f"{VARIABLE}={shell}_complete" in script.stdout


def test_in_bash(offering: Program) -> None:
    """The line of the documentation, and then a Tab: what is missing of the word stands there."""
    ours, theirs = pty.openpty()
    environment = {**offering.environment, "TERM": "dumb", "PS1": "ready> "}
    environment["PATH"] = f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"
    with subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        cwd=offering.folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as shell:
        os.close(theirs)
        try:
            os.write(ours, f'eval "$({VARIABLE}=bash_source flask-cdn-stack)"; echo do""ne\n'.encode())
            read_until(ours, b"done")
            os.write(ours, b"flask-cdn-stack deploy --stage loc\t")
            assert b"--stage local-test " in read_until(ours, b"local-test ")
        finally:
            shell.kill()
    os.close(ours)


def read_until(terminal: int, words: bytes, seconds: float = 30) -> bytes:
    """Return what a terminal shows, as soon as these words are there, or all that it shows in that time."""
    shown, deadline = b"", time.monotonic() + seconds
    while words not in shown and time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 4096)
    return shown

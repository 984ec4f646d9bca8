"""Standard streams: colours for who sees them; where one is closed, full, or read by nobody, all is done as ever."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from flask_cdn_stack.cli.streams import is_terminal
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, Result, write_files


def run_shell(program: Program, command: str, redirections: str) -> Result:
    """Run a command with its streams redirected by a shell."""
    line = f'"{sys.executable}" -m flask_cdn_stack {command} {redirections}; exit ${{PIPESTATUS[0]}}'
    ended = subprocess.run(
        ["bash", "-c", line],
        cwd=program.folder,
        env={"XDG_CACHE_HOME": str(program.folder.parent / "cache"), **program.environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Result(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize(
    ("redirections", "unheard"),
    [
        ("2>&-", "deploy"),
        ("2>/dev/full", "provision --yes"),
        ("2>&1 >/dev/null | true", "deploy"),
        (">&- 2>&- <&-", "provision --yes"),
        ("<&-", "prune --yes"),
        ("<&- >&-", "deploy"),
    ],
)
def test_nobody_listens(program: Program, redirections: str, unheard: str) -> None:
    """Narration is dropped, and all is done as ever."""
    for command in ("provision --yes", "deploy", "prune --yes"):
        result = run_shell(program, command, redirections) if command == unheard else program.ok(*command.split())
        assert (result.exit_code, "Traceback" in result.stderr) == (0, False), (command, result)

    assert (program.folder / "cdn_manifest.txt").read_text().count("\n") == 4


@pytest.mark.parametrize(
    ("command", "redirections"), [("nonsense", "2>/dev/full"), ("template --settings nowhere.yml", "2>&-")]
)
def test_nobody_hears_why(offline_program: Program, command: str, redirections: str) -> None:
    """The exit code says it still."""
    assert run_shell(offline_program, command, redirections).exit_code == 2


@pytest.mark.parametrize("command", ["--help", "--version", "template", "deploy --offline --json"])
def test_data_that_cannot_be_written(offline_program: Program, command: str) -> None:
    """One message; where standard output is closed, nobody wants any; where nobody reads on, nothing is said."""
    full = run_shell(offline_program, command, ">/dev/full")
    closed = run_shell(offline_program, command, ">&-")
    unread = run_shell(offline_program, command, "| true")

    assert full.exit_code == 1
    assert full.stderr.count("No space left on device") == 1, full.stderr
    assert closed.exit_code == 0, closed.stderr
    assert unread.exit_code in (0, 1)
    assert not any(word in unread.stderr for word in ("Traceback", "Exception", "Broken pipe")), unread.stderr


def test_the_app_s_words_are_no_data(offline_program: Program) -> None:
    """A closed standard output is not given to the next file that is opened, for the app to print into."""
    write_files(
        offline_program.folder, {"shop/__init__.py": "import flask\nprint('hello')\napp = flask.Flask('shop')\n"}
    )

    result = run_shell(offline_program, "deploy --offline --json", ">&-")

    assert result.exit_code == 0, result.stderr
    assert "hello" in result.stderr
    assert b"hello" not in b"".join(path.read_bytes() for path in offline_program.folder.glob("cdn_*"))


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_names_that_a_terminal_does_not_know(offline_program: Program, encoding: str) -> None:
    """JSON stays JSON, in an encoding without them, and where a folder's name is in none."""
    folder = offline_program.folder.with_name("ü\udcff🍵")
    offline_program.folder.rename(folder)
    program = Program(folder, {**offline_program.environment, "PYTHONIOENCODING": encoding})

    report = program.ok("deploy", "--offline", "--json").json

    assert report["manifest_file"].endswith("🍵/cdn_manifest.txt")


class _InPlaceOfATerminal(io.TextIOBase):
    """What rich puts in a stream's place while it draws, as its versions before 15 have it."""

    rich_proxied_file = type("Terminal", (io.StringIO,), {"isatty": lambda self: True})()


def test_a_terminal_on_which_rich_draws() -> None:
    """Is one still: the bar of a deploy begins while a spinner turns."""
    assert not _InPlaceOfATerminal().isatty()
    assert is_terminal(_InPlaceOfATerminal())
    assert not is_terminal(io.StringIO())


_RED = "\x1b[31m"


@pytest.mark.parametrize(
    ("at_terminal", "environment", "options", "colored"),
    [
        (True, {}, (), True),
        (True, {}, ("--no-color",), False),
        (True, {"NO_COLOR": "1"}, (), False),
        (True, {"FLASK_CDN_STACK_NO_COLOR": "1"}, (), False),
        (True, {"NO_COLOR": "", "FORCE_COLOR": ""}, (), True),
        (True, {"TERM": "dumb"}, (), False),
        (False, {}, (), False),
        (False, {"FORCE_COLOR": "1"}, (), True),
        (False, {"FORCE_COLOR": "0"}, (), False),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        (False, {"FORCE_COLOR": "1"}, ("--no-color",), False),
    ],
)
def test_colours_of_an_error(
    offline_program: Program, at_terminal: bool, environment: dict[str, str], options: tuple[str, ...], colored: bool
) -> None:
    """It is red at a terminal, unless the user wants none; elsewhere only where it is asked for."""
    arguments = ("template", "--settings", "nowhere.yml", *options)
    if at_terminal:
        result = run_in_terminal(offline_program, *arguments, environment=environment)
    else:
        result = offline_program(*arguments, environment=environment)

    shown = result.stdout + result.stderr
    assert (result.exit_code, "Error: " in shown) == (2, True)
    assert (f"{_RED}" in shown, "\x1b" in shown) == (colored, colored)

"""What would be done: data for programs, and short for a reader."""

from __future__ import annotations

import pytest

from flask_cdn_stack.cli.output import Output
from flask_cdn_stack.cli.plan_lines import LISTED, PlanLine, shorten_plan
from tests.cli.observing import find_stack
from tests.cli.terminal import run_in_terminal
from tests.cli.test_streams import run_shell
from tests.conftest import Program, write_files

_RED, _GREEN, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"


@pytest.mark.parametrize(
    ("kinds", "last"),
    [
        ({}, None),
        ({"new": LISTED, "deleted": LISTED}, None),
        ({"deleted": LISTED + 1}, "  ... and 1 more (all)"),
        (
            {"new": LISTED + 1900, "changed": 3, "deleted": LISTED + 80},
            "  ... and 1,980 more: 1,900 new, 80 deleted (all)",
        ),
    ],
)
def test_shortened(kinds: dict[str, int], last: str | None) -> None:
    """The first lines of each kind stay, in their order, and the rest is counted."""
    lines = [PlanLine(kind, f"{kind} {number}") for kind, most in kinds.items() for number in range(most)]

    shown = list(shorten_plan(lines, "all"))

    kept = [f"{kind} {number}" for kind, most in kinds.items() for number in range(min(most, LISTED))]
    assert shown == [*kept, *([last] if last else [])]


@pytest.mark.parametrize(("is_dry", "as_json"), [(False, False), (False, True), (True, False), (True, True)])
def test_where_it_goes(capsys: pytest.CaptureFixture[str], is_dry: bool, as_json: bool) -> None:
    """To standard output where it is what was asked for, and no object is; never with a password."""
    output = Output(is_dry=is_dry, as_json=as_json)
    output.plan("  Add  https://me:hush@shop.example/")
    output.table(("Action", "Resource"), [("Add", "Bucket"), ("Remove", "Zone")], is_plan=True)
    output.say("Narration.")

    shown = capsys.readouterr()
    plan = "  Add  https://shop.example/\n  Add     Bucket\n  Remove  Zone\n"
    assert (shown.out, shown.err) == (
        (plan, "Narration.\n") if (is_dry, as_json) == (True, False) else ("", f"{plan}Narration.\n")
    )


@pytest.fixture
def changed(deployed: Program) -> Program:
    """The program in a project with 25 new files, one that has changed and one that is gone."""
    new = {f"shop/static/new/{name}.js": "1\n" for name in (*range(10, 34), "\x9b")}
    write_files(deployed.folder, {**new, "shop/static/css/app.css": "body {}\n"})
    (deployed.folder / "shop/static/logo.svg").unlink()
    return deployed


def test_a_deploy(changed: Program) -> None:
    """Whole where a program reads it; at a terminal short and in colours, with the way to all of it.

    What a terminal would take for a command is written out.
    """
    piped = changed.ok("deploy", "--dry-run", "--delete")
    shown = run_in_terminal(changed, "deploy", "--dry-run", "--delete").stdout

    lines = piped.stdout.splitlines()
    assert [line.split() for line in lines[:1]] == [["changed", "8", "bytes", "static/css/app.css"]]
    assert sum(line.endswith(".js") for line in lines) == 25
    assert "static/new/\\x9b.js" in piped.stdout
    assert lines[-1].split() == ["deleted", "static/logo.svg"]
    assert "Would upload 26 of 27 objects and publish." in piped.stderr
    assert f"Would write {changed.folder}/cdn_manifest.txt.\n" in piped.stderr
    assert "static/" not in piped.stderr
    assert shown.count(".js") == 20
    assert "... and 5 more: 5 new (`| less` shows all, and --json too)" in shown
    for color, word in ((_GREEN, "new"), (_YELLOW, "changed"), (_RED, "deleted")):
        assert f"{color}{word:<11}{_PLAIN}" in shown


def test_what_is_asked_for(changed: Program) -> None:
    """What would be deleted is listed before the question."""
    shown = run_in_terminal(changed, "deploy", "--delete", answer=b"n\n").stdout

    before = shown.partition("Publish, and then delete 1 object not published any more?")[0]
    assert f"{_RED}static/logo.svg{_PLAIN}" in before


@pytest.mark.parametrize("reader", ["| true", "| head -n 1", ">/dev/full"])
def test_a_reader_who_has_seen_enough(program: Program, reader: str) -> None:
    """Ends it quietly, and nothing is left behind."""
    result = run_shell(program, "provision --dry-run", reader)

    assert "Traceback" not in result.stderr
    assert "Broken pipe" not in result.stderr
    assert find_stack(program) is None

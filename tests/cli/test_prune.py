"""``prune``: what it shows, asks and deletes."""

from __future__ import annotations

import re

import pytest

from tests.cli.observing import assert_one_message, read_objects
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program

_KEYS = {"invalidated", "releases", "deleted", "kept", "requests", "seconds"}
LOGO = "static/logo.svg"


@pytest.fixture
def settled(deployed: Program) -> Program:
    """The program in a project whose second release has one file less, and which keeps one release."""
    (deployed.folder / "shop/static/logo.svg").unlink()
    deployed.ok("deploy")
    settings = deployed.folder / "flask-cdn-stack.yml"
    settings.write_text(f"{settings.read_text()}assets:\n  keep_releases: 1\n  keep_days: 0\n")
    return deployed


def _releases(program: Program) -> list[str]:
    return [item["release"] for item in program.ok("releases", "--json").json["releases"]]


def test_prune(settled: Program) -> None:
    """The old release and the file that only it had; the rest stays, and so does what a deploy knows."""
    new, old = _releases(settled)
    before = read_objects(settled)

    result = settled.ok("prune", "--yes", "--json")

    report = result.json
    assert set(report) == _KEYS
    assert (report["releases"], report["deleted"], report["kept"]) == ([old], [LOGO], [new])
    assert _releases(settled) == [new]
    record = f".flask-cdn-stack/releases/{old}.json.gz"
    assert before.keys() - read_objects(settled).keys() == {LOGO, record}
    assert "Deleted 1 release and 1 object." in result.stderr
    assert settled.ok("deploy", "--json").json["uploaded"] == []
    assert_one_message(settled("rollback", old, "--yes"), 4, f"There is no release {old}.", "pruned")


def test_nothing_to_delete(deployed: Program) -> None:
    """With the settings as they come, all of the last month is kept; nothing is asked."""
    before = read_objects(deployed)

    result = deployed.ok("prune", "--json")

    assert (result.json["releases"], result.json["deleted"], len(result.json["kept"])) == ([], [], 1)
    assert "Nothing to delete" in result.stderr
    assert deployed("prune", "--dry-run", "--exit-code").exit_code == 0
    assert read_objects(deployed) == before


def test_a_dry_run(settled: Program) -> None:
    """Names what would go, and deletes nothing."""
    before = read_objects(settled)

    result = settled("prune", "--dry-run", "--exit-code", "--json")

    assert result.exit_code == 3
    assert result.json["deleted"] == [LOGO]
    assert f"  {LOGO}" in result.stderr.splitlines()
    assert read_objects(settled) == before


def test_too_many(settled: Program) -> None:
    """The ceiling holds with --yes too; both numbers and both ways out are named."""
    before = read_objects(settled)

    assert_one_message(
        settled("prune", "--yes", "--max-deletes", "0"),
        4,
        "Objects to delete: 1; assets.max_deletes allows 0.",
        "--max-deletes 1",
    )
    assert read_objects(settled) == before


@pytest.mark.parametrize(("answer", "exit_code", "left"), [(b"y\n", 0, 1), (b"n\n", 4, 2)])
def test_at_a_terminal(settled: Program, answer: bytes, exit_code: int, left: int) -> None:
    """It shows what goes, and asks."""
    result = run_in_terminal(settled, "prune", answer=answer)

    assert result.exit_code == exit_code
    assert LOGO in result.stdout
    assert re.search(r"In account 0{12}, region us-east-1\.\s+Delete them\? \[y/N\]", result.stdout)
    assert len(_releases(settled)) == left

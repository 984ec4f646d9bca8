"""``rollback``: what it shows, asks, publishes and writes."""

from __future__ import annotations

import re

import pytest

from tests.cli.observing import assert_one_message, invalidations, read_files, read_objects
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, write_files

_KEYS = {
    *("release", "rollback_of", "restored", "unchanged", "invalidated"),
    *("manifest_file", "config_file", "requests", "seconds"),
}
STYLE = "static/css/app.css"


@pytest.fixture
def twice(deployed: Program) -> Program:
    """The program in a project that was deployed again, with another style sheet."""
    write_files(deployed.folder, {"shop/static/css/app.css": "body { color: teal }\n"})
    deployed.ok("deploy")
    return deployed


def _releases(program: Program) -> list[str]:
    return [item["release"] for item in program.ok("releases", "--json").json["releases"]]


def test_back(twice: Program) -> None:
    """The old object and the old manifest are there again, as a new release; the edge forgets the object."""
    new, old = _releases(twice)
    etags = read_objects(twice)
    manifest = (twice.folder / "cdn_manifest.txt").read_text()

    result = twice.ok("rollback", "--yes", "--json")

    report = result.json
    assert set(report) == _KEYS
    assert report["rollback_of"] == old
    assert report["restored"] == [{"key": STYLE, "bytes": 22}]
    assert (report["unchanged"], report["invalidated"]) == (2, [f"/{STYLE}*"])
    assert report["requests"] == {
        **{
            "GetObject": 3,
            "ListObjectsV2": 2,
            "HeadObject": 2,
            "CopyObject": 1,
            "PutObject": 3,
            "CreateInvalidation": 1,
        }
    }
    assert _releases(twice) == [report["release"], new, old]
    assert read_objects(twice)[STYLE] != etags[STYLE]
    assert invalidations(twice)[0] == [f"/{STYLE}*"]
    assert (twice.folder / "cdn_manifest.txt").read_text() != manifest
    assert "1 of 3 objects to copy back" in result.stderr
    assert "Running apps serve it as soon as the invalidation is done." in result.stderr
    listed = twice.ok("releases").stdout.splitlines()[1]
    assert listed.endswith(f"published, rollback of {old}")


def test_a_dry_run(twice: Program) -> None:
    """Says the same and changes nothing; 3 where that was asked for."""
    before = read_files(twice.folder), read_objects(twice)

    result = twice("rollback", "--dry-run", "--exit-code", "--json")

    assert result.exit_code == 3
    assert [item["key"] for item in result.json["restored"]] == [STYLE]
    assert twice("rollback", "--dry-run").exit_code == 0
    assert (read_files(twice.folder), read_objects(twice)) == before


def test_nothing_to_do(twice: Program) -> None:
    """A rollback to what is published asks nothing."""
    new = _releases(twice)[0]

    result = twice.ok("rollback", new[:20], "--json")

    assert (result.json["release"], result.json["restored"]) == (new, [])
    assert "Nothing to do" in result.stderr
    assert twice("rollback", new, "--dry-run", "--exit-code").exit_code == 0


def test_without_a_terminal(twice: Program) -> None:
    """Somebody has to say yes."""
    before = read_files(twice.folder), read_objects(twice)

    assert_one_message(twice("rollback"), 4, "no terminal", "--yes")
    assert (read_files(twice.folder), read_objects(twice)) == before


@pytest.mark.parametrize(("answer", "exit_code", "published"), [(b"y\n", 0, 3), (b"n\n", 4, 2)])
def test_at_a_terminal(twice: Program, answer: bytes, exit_code: int, published: int) -> None:
    """It asks."""
    result = run_in_terminal(twice, "rollback", answer=answer)

    assert result.exit_code == exit_code
    assert re.search(r"In account 0{12}, region us-east-1\.\s+Publish release \S+ again\? \[y/N\]", result.stdout)
    assert len(_releases(twice)) == published


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("no release before the published one",)),
        (("2001",), ("There is no release 2001.", "flask-cdn-stack releases")),
    ],
)
def test_refused(deployed: Program, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    """One message, and nothing changed."""
    before = read_files(deployed.folder), read_objects(deployed)

    assert_one_message(deployed("rollback", *arguments, "--yes"), 4, *words)
    assert (read_files(deployed.folder), read_objects(deployed)) == before


def test_a_manifest_of_the_users(twice: Program) -> None:
    """Is not overwritten, which is found out before anything is published."""
    (twice.folder / "cdn_manifest.txt").write_text("mine\n")
    before = read_objects(twice)

    assert_one_message(twice("rollback", "--yes"), 4, "cdn_manifest.txt exists and was not written by")
    assert read_objects(twice) == before

"""``doctor``: what it looks at, what it makes of it, and that it always comes to its end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.cli.local_checks import check_versions, find_version
from tests.cli.observing import find_stack, read_files, read_objects
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, Result, write_files

NAMES = [
    *("settings", "versions", "files", "region", "endpoints", "network", "clock", "credentials", "stack"),
    *("provision permissions", "deploy permissions", "destroy permissions", "app"),
]


def checks(result: Result) -> dict[str, dict[str, Any]]:
    """Return what was checked, by name."""
    assert "Traceback" not in result.stderr
    found = {check["name"]: check for check in result.json["checks"]}
    assert all(set(check) == {"name", "state", "message", "remedy", "see"} for check in found.values())
    assert result.exit_code == (1 if "wrong" in {check["state"] for check in found.values()} else 0)
    return found


def test_all_is_well(deployed: Program) -> None:
    """Every check has its line on standard output; nothing is changed by it."""
    before = read_files(deployed.folder), read_objects(deployed), find_stack(deployed)

    result = deployed.ok("doctor")

    lines = result.stdout.splitlines()
    assert [line[9:].partition(":")[0] for line in lines] == NAMES
    assert {line.split()[0] for line in lines} == {"ok", "skipped"}
    assert lines[-1] == "ok       app: It loads, with 3 static files."
    assert result.stderr == "13 checks: 0 wrong, 0 to look at.\nNext: `flask-cdn-stack status` shows what there is.\n"
    assert (read_files(deployed.folder), read_objects(deployed), find_stack(deployed)) == before


def test_at_a_terminal(program: Program) -> None:
    """States have colours, and remedies stand below."""
    (program.folder / "flask-cdn-stack.yml").write_text("stakc: shop\n")

    shown = run_in_terminal(program, "doctor").stdout

    assert "\x1b[31mwrong   \x1b[0m settings: " in shown
    assert "\r\n         Did you mean stack?\r\n" in shown
    assert "\x1b[32mok      \x1b[0m credentials: The environment gives the key" in shown


def test_without_anything(offline_program: Program, tmp_path: Path) -> None:
    """Neither settings nor app, credentials or network: what there is, is said, and the rest has its way out."""
    found = checks(offline_program("doctor", "--json", cwd=tmp_path))

    assert list(found) == NAMES
    wrong = {name: check for name, check in found.items() if check["state"] == "wrong"}
    assert list(wrong) == ["network", "credentials", "app"]
    assert all(check["remedy"] for check in wrong.values())
    assert "There is no flask-cdn-stack.yml" in found["settings"]["message"]


@pytest.mark.parametrize(
    ("files", "name", "state", "words"),
    [
        ({"flask-cdn-stack.yml": "stakc: shop"}, "settings", "wrong", "stakc is not a known key"),
        ({"flask-cdn-stack.yml": "query_strings: all\nunsafe_query_strings: true"}, "settings", "warning", "edge"),
        ({"cdn_config.py": "MINE = 1"}, "files", "wrong", "cdn_config.py"),
        ({"shop/__init__.py": "1 / 0"}, "app", "wrong", "division by zero"),
        ({"shop/__init__.py": "from flask import Flask\napp = Flask(__name__)"}, "app", "warning", "It has no CDN"),
        ({}, "app", "warning", "No module named 'cdn_config'"),
    ],
    ids=["a wrong key", "settings at a cost", "a file of the user's", "a broken app", "no extension", "no config file"],
)
def test_on_this_machine(program: Program, files: Mapping[str, str], name: str, state: str, words: str) -> None:
    """Each is found, with what to do, and the account is looked at all the same."""
    write_files(program.folder, files)

    found = checks(program("doctor", "--json"))

    assert (found[name]["state"], words in found[name]["message"]) == (state, True), found[name]
    assert found[name]["remedy"]
    assert found["credentials"]["state"] == "ok"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--endpoint-url", "ftp://user:hidden@host"), "is not an http or https URL"),
        (("--profile", "shop"), "shop"),
    ],
)
def test_no_way_to_aws(program: Program, arguments: tuple[str, ...], words: str) -> None:
    """Is one finding, and what needs no AWS is looked at all the same."""
    result = program("doctor", "--json", *arguments)
    found = checks(result)

    assert list(found) == ["settings", "versions", "files", "connection", "app"]
    assert (found["connection"]["state"], words in found["connection"]["message"]) == ("wrong", True)
    assert "hidden" not in result.stdout


def test_no_secret_is_shown(program: Program) -> None:
    """Not a key, nor a password of a proxy; of the key's id a part."""
    secrets = {
        "AWS_ACCESS_KEY_ID": "AKIA12345678HIDDEN90",
        "AWS_SECRET_ACCESS_KEY": "HIDDEN",
        "AWS_SESSION_TOKEN": "HIDDEN",
        "HTTPS_PROXY": "http://user:HIDDEN@proxy.example:3128",
    }

    result = program("doctor", "--json", "--verbose", environment=secrets)

    assert "HIDDEN" not in result.stdout + result.stderr
    assert "AKIA...EN90" in result.stdout


@pytest.mark.parametrize(
    ("versions", "state", "words"),
    [
        ({"flask": "2.2.5"}, "wrong", "too old: flask>=2.3."),
        ({"obstore": None}, "wrong", "Missing, or too old: obstore>=0.11."),
        ({"click": "8.1.3"}, "ok", "click 8.1.3"),
        ({"ministack": None}, "ok", "ministack missing"),
    ],
)
def test_versions(versions: dict[str, str | None], state: str, words: str) -> None:
    """Are compared with what the package requires."""
    finding = check_versions(lambda name: versions.get(name, find_version(name)))

    assert (finding.state, words in finding.message) == (state, True), finding


def test_a_target_in_the_region_that_it_names(program: Program) -> None:
    """Has no stack, and nothing to provision."""
    settings = "app: shop\ntarget: {bucket: shop, domain: cdn.shop.example, region: eu-west-1}\n"
    write_files(program.folder, {"flask-cdn-stack.yml": settings})

    found = checks(program("doctor", "--json"))

    assert [found[name]["state"] for name in ("stack", "provision permissions")] == ["skipped", "skipped"]
    assert found["region"]["message"] == "eu-west-1 (from the settings or --region)."

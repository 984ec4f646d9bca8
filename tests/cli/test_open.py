"""``open``: which page, and where it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.stack.pages import _rank, find_published_file
from flask_cdn_stack.stack.site import Site
from tests.cli.life import Life
from tests.cli.life_sites import publish
from tests.cli.life_stacks import OUTPUTS
from tests.cli.observing import assert_one_message
from tests.conftest import Program, write_files

_FILE = f"https://{OUTPUTS['CdnDomain']}/static/a.css"


@pytest.mark.parametrize(
    ("arguments", "has_browser", "printed", "opened"),
    [((), True, "", [_FILE]), ((), False, f"{_FILE}\n", []), (("--print",), True, f"{_FILE}\n", [])],
)
def test_a_published_file(
    life: Life, arguments: tuple[str, ...], has_browser: bool, printed: str, opened: list[str]
) -> None:
    """Is opened in a browser; without one, or with --print, its address is data."""
    publish(life)
    life.has("CREATE_COMPLETE")
    life.account.has_browser = has_browser

    result = life("open", *arguments)

    assert (result.exit_code, result.stdout, life.account.opened) == (0, printed, opened), result.stderr
    assert life.account.calls == []


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_FAILED", "CREATE_IN_PROGRESS"])
def test_the_console(life: Life, status: str) -> None:
    """Shows a stack in any state."""
    life.has(status)

    result = life("open", "--console", "--print")

    assert result.stdout.startswith("https://us-east-1.console.aws.amazon.com/cloudformation/home?region=us-east-1#")
    assert life.account.reads == ["DescribeStacks"]


def test_nothing_to_open(life: Life) -> None:
    """Says what is missing, and which command makes it."""
    for option in ((), ("--console",)):
        assert_one_message(life("open", *option), 1, "no stack shop-cdn", "`flask-cdn-stack provision`")


def test_what_a_local_aws_serves(deployed: Program) -> None:
    """Opens; a console it has not."""
    address = deployed.ok("open", "--print").stdout.strip()

    assert address.endswith("/static/logo.svg")
    assert_one_message(deployed("open", "--console"), 4, "No console", "status")


def test_nothing_published(provisioned: Program) -> None:
    """Is said with the command that publishes, whether it is the bucket or the manifest that knows."""
    assert_one_message(provisioned("open"), 4, "Nothing is published", "`flask-cdn-stack deploy`")


def test_an_app_as_the_origin(tmp_path: Path) -> None:
    """Has no record of what is published: the manifest has it, and needs no network."""
    settings = "origin: app\napp_origin: {domain: www.tea.example}\n"
    write_files(tmp_path, {"flask-cdn-stack.yml": settings})
    project = load_project(tmp_path)
    with pytest.raises(RefusedError):
        find_published_file(Site(project), project)
    write_files(tmp_path, {"cdn_manifest.txt": render_manifest({"static/ä b.css": "ab" * 32})})

    assert find_published_file(Site(project), project) == "static/%C3%A4%20b.css"


def test_what_a_browser_shows_best() -> None:
    """Comes first: pages, then pictures, then text; the shortest name of a kind."""
    keys = ["a/font.woff2", "b/x.js", "c/site.css", "d/big/logo.png", "e/logo.png", "f/index.html", "g/note.txt"]

    assert sorted(keys, key=_rank) == [
        "f/index.html", "e/logo.png", "d/big/logo.png", "c/site.css", "b/x.js", "g/note.txt", "a/font.woff2",
    ]  # fmt: skip

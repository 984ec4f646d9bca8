"""``deploy`` of an app whose static folder is missing, over a release that has files."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.cli.observing import read_files, read_objects
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, write_files

APP = """
    from flask import Blueprint, Flask

    app = Flask(__name__)
    app.register_blueprint(Blueprint("admin", __name__, url_prefix="/admin", static_folder="admin"))
"""


@pytest.fixture
def full(provisioned: Program) -> Program:
    """The program in a project with a blueprint, after a deploy of all their files."""
    write_files(provisioned.folder, {"shop/__init__.py": APP, "shop/admin/a.css": "", "shop/admin/b.css": ""})
    provisioned.ok("deploy")
    return provisioned


@pytest.mark.parametrize(
    ("folders", "kept", "words"),
    [(("static", "admin"), {}, "There is no file to publish"), (("admin",), {".gitkeep": ""}, "has 2 of it")],
    ids=["all", "one, but for what keeps it in Git"],
)
def test_nobody_to_ask(full: Program, folders: tuple[str, ...], kept: dict[str, str], words: str) -> None:
    """Refused, with nothing changed; ``--dry-run`` says so, and ``--yes`` publishes."""
    for folder in folders:
        shutil.rmtree(full.folder / "shop" / folder)
        write_files(full.folder / "shop" / folder, kept)
    before = read_objects(full), read_files(full.folder)

    refused = full("deploy")
    shown = full.ok("deploy", "--dry-run")

    assert refused.exit_code == 4, refused.stderr
    assert words in refused.stderr
    assert "--yes" in refused.stderr
    assert words in shown.stderr
    assert "needs --yes" in shown.stderr
    assert (read_objects(full), read_files(full.folder)) == before
    assert full.ok("deploy", "--yes", "--json").json["release"]
    again = full.ok("deploy")
    assert words not in again.stderr
    assert "Nothing to do" in again.stderr


def test_a_terminal(full: Program) -> None:
    """There it is asked, once."""
    os.rename(full.folder / "shop/admin", full.folder / "shop/elsewhere")

    refused = run_in_terminal(full, "deploy", answer=b"n\n")
    agreed = run_in_terminal(full, "deploy", answer=b"y\n")

    assert (refused.exit_code, agreed.exit_code) == (4, 0)
    assert "Aborted; nothing was changed." in refused.stdout
    assert agreed.stdout.count("[y/N]") == 1
    assert agreed.stdout.count("In account 000000000000, region us-east-1.") == 1
    assert "Published release" in agreed.stdout

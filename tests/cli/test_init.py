"""``init``: files to start from, and nothing overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.observing import read_files
from tests.conftest import Program, program_environment

_OWN_CONFIG = "# flask-cdn-stack config: written by hand in this test\nCDN_DOMAIN = 'cdn.example'\n"


@pytest.fixture
def empty(tmp_path: Path) -> Program:
    """The program in an empty folder, for a user without an account."""
    return Program(tmp_path, program_environment(None))


def own_files(folder: Path) -> list[str]:
    """Return the user's files: not what git and people do not see."""
    return [name for name in sorted(read_files(folder)) if not name.startswith(".flask-cdn-stack/")]


def test_it_writes_two_files(empty: Program) -> None:
    """Settings that say nothing yet, and a config file without a CDN; the next step is named."""
    result = empty.ok("init")

    assert own_files(empty.folder) == ["cdn_config.py", "flask-cdn-stack.yml"]
    assert "CDN_DOMAIN = None" in (empty.folder / "cdn_config.py").read_text()
    assert result.stdout == ""
    assert 'app.config.from_object("cdn_config")' in result.stderr.replace("'", '"')
    assert "`flask-cdn-stack provision`" in result.stderr


def test_the_settings_file_has_every_key_commented_out(empty: Program) -> None:
    """What it says is what holds without it."""
    before = empty.ok("template").stdout
    empty.ok("init")

    text = (empty.folder / "flask-cdn-stack.yml").read_text()

    assert all(not line or line.lstrip().startswith("#") for line in text.splitlines())
    assert "#origin: bucket" in text
    assert empty.ok("template").stdout == before


@pytest.mark.parametrize(
    "present",
    [
        {"flask-cdn-stack.yml": "app: shop\n"},
        {"cdn_config.py": _OWN_CONFIG},
        {"flask-cdn-stack.yml": "app: shop\n", "cdn_config.py": _OWN_CONFIG},
    ],
)
def test_what_is_there_stays(empty: Program, present: dict[str, str]) -> None:
    """Settings and a config file of ours are kept byte for byte, and said to be."""
    for name, text in present.items():
        (empty.folder / name).write_text(text)

    result = empty.ok("init")

    assert own_files(empty.folder) == ["cdn_config.py", "flask-cdn-stack.yml"]
    for name, text in present.items():
        assert (empty.folder / name).read_text() == text
        assert f"{name} exists; it is left as it is." in result.stderr


def test_a_config_file_of_somebody_else_is_refused(empty: Program) -> None:
    """Before the settings are written."""
    (empty.folder / "cdn_config.py").write_text("DEBUG = True\n")

    result = empty("init")

    assert result.exit_code == 4
    assert "was not written by flask-cdn-stack" in result.stderr
    assert read_files(empty.folder) == {"cdn_config.py": b"DEBUG = True\n"}


def test_a_config_file_that_is_turned_off_is_not_written(empty: Program) -> None:
    """The settings that are there already decide."""
    (empty.folder / "flask-cdn-stack.yml").write_text("config_file: false\n")

    empty.ok("init")

    assert own_files(empty.folder) == ["flask-cdn-stack.yml"]


def test_an_app_runs_with_the_fresh_config_file(empty: Program) -> None:
    """It imports, and deploys offline, before anything is provisioned."""
    empty.ok("init")
    (empty.folder / "static").mkdir()
    (empty.folder / "static/app.js").write_text("1")
    (empty.folder / "app.py").write_text(
        "from flask import Flask\nfrom flask_cdn_stack import CDN\n\n"
        "app = Flask(__name__)\napp.config.from_object('cdn_config')\nCDN(app)\n"
    )

    empty.ok("deploy", "--offline")

    assert "static/app.js" in (empty.folder / "cdn_manifest.txt").read_text()


def test_settings_of_a_folder_above_do_not_count(empty: Program) -> None:
    """The files are for the folder itself; what a broken file above says does not matter."""
    below = empty.folder / "below"
    below.mkdir()
    (empty.folder / "flask-cdn-stack.yml").write_text("config_file: conf/x.py\nnonsense: 1\n")

    assert empty("init", cwd=below).exit_code == 0
    assert own_files(below) == ["cdn_config.py", "flask-cdn-stack.yml"]


def test_the_line_for_the_app_names_the_config_file_s_module(empty: Program) -> None:
    """In a package too."""
    (empty.folder / "flask-cdn-stack.yml").write_text("config_file: conf/cdn.py\n")
    (empty.folder / "conf").mkdir()

    assert "app.config.from_object('conf.cdn')" in empty.ok("init").stderr

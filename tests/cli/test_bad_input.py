"""What users get wrong: one message each - what, where, what next - the right exit code, and nothing half done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.cli.limited import run_behind
from tests.cli.observing import assert_one_message, read_files
from tests.conftest import Program, write_files

_APP = "from flask import Flask\n\napp = Flask(__name__)\n"
_WRONG_FLAG_APP = f"from flask_cdn_stack import CDN\n{_APP}app.config['CDN_OVERRIDE_FLASK_URL_FOR'] = 3\nCDN(app)\n"
_ONE_FILE = {"app.py": _APP, "static/app.js": "1"}
_OURS = {"cdn_config.py"}

Files = Mapping[str, str]


@pytest.fixture
def bare(offline_program: Program) -> Program:
    """The program in a folder of its own, which the test fills, without an account and without a network."""
    folder = offline_program.folder / "bare"
    folder.mkdir()
    (folder / "flask-cdn-stack.yml").write_text("")
    return Program(folder, offline_program.environment)


@pytest.mark.parametrize(
    ("files", "arguments", "words"),
    [
        pytest.param({"app.py": "def app(:\n"}, (), ("SyntaxError", "app.py, line 1"), id="syntax error"),
        pytest.param(
            {"app.py": "def create_app():\n    raise RuntimeError('no database')\n"},
            ("--app", "app"),
            ("RuntimeError: no database", "app.py, line 2"),
            id="a factory that raises",
        ),
        pytest.param(
            {"app.py": "def create_app(name):\n    pass\n"},
            ("--app", "app"),
            ("could not call it without arguments", "app:create_app(args)"),
            id="a factory with arguments",
        ),
        pytest.param({"app.py": "x = 1\n"}, ("--app", "app"), ("Failed to find Flask application", "app"), id="no app"),
        pytest.param({}, (), ("Could not locate a Flask application", "--app"), id="nothing there"),
        pytest.param({"app.py": "import sys\nsys.exit('bye')\n"}, (), ("ended the program", "bye"), id="an exit"),
        pytest.param(
            {"app.py": _APP + "app.config['CDN_DOMAIN'] = 'not a/domain?'\n"},
            (),
            ("CDN_DOMAIN", "not a/domain?", "Example"),
            id="a nonsense domain",
        ),
        pytest.param(
            {"app.py": _APP + "app.config.update(CDN_DOMAIN='cdn.example', CDN_FINGERPRINT='path')\n"},
            (),
            ("CDN_FINGERPRINT is 'path'", "assets.fingerprint 'query'", "generated config file"),
            id="names that no deploy gives",
        ),
        pytest.param(
            {"app.py": _WRONG_FLAG_APP},
            (),
            ("CDN_OVERRIDE_FLASK_URL_FOR is 3", "True or False"),
            id="a nonsense flag",
        ),
    ],
)
def test_an_app_that_does_not_load(
    bare: Program, files: Files, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """Its own error is shown; no manifest is written, only the config file that it might have imported."""
    write_files(bare.folder, files)
    before = read_files(bare.folder)

    result = bare("deploy", "--offline", *arguments)

    assert_one_message(result, 2, *words)
    after = read_files(bare.folder)
    assert after.keys() - before.keys() == _OURS
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param("delivry: {}\n", ("delivry", "Did you mean delivery?"), id="typo"),
        pytest.param("stages: {live: {app: 3}}\n", ("stages.live.app",), id="wrong type in a stage"),
    ],
)
def test_settings_that_are_wrong(bare: Program, settings: str, words: tuple[str, ...]) -> None:
    """File, key or line, and the way out; before anything is written."""
    write_files(bare.folder, {**_ONE_FILE, "flask-cdn-stack.yml": settings.encode()})
    before = read_files(bare.folder)

    result = bare("deploy", "--offline")

    assert_one_message(result, 2, *words)
    assert read_files(bare.folder) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--settings", "nowhere.yml"), ("nowhere.yml", "--settings")),
        (("--stage", "live"), ("live", "stages")),
        (("--endpoint-url", "ftp://127.0.0.1"), ("'ftp://127.0.0.1'", "http://")),
        (("--endpoint-url", "http://[::1"), ("'http://[::1'", "http://")),
    ],
)
def test_options_that_are_wrong(bare: Program, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    """The value, and the option to look at."""
    write_files(bare.folder, _ONE_FILE)
    before = read_files(bare.folder)

    result = bare("deploy", *arguments)

    assert_one_message(result, 2, *words)
    assert read_files(bare.folder) == before


@pytest.mark.parametrize("variables", [{}, {"AWS_DEFAULT_REGION": "eu-west-1"}])
def test_a_profile_that_does_not_exist(bare: Program, variables: dict[str, str]) -> None:
    """The name, how to list those that do, and how to do without; also where the region is said elsewhere."""
    write_files(bare.folder, _ONE_FILE)

    result = bare("deploy", "--profile", "nowhere", environment=variables)

    assert_one_message(result, 1, "nowhere", "list-profiles", "unset AWS_PROFILE")


def test_file_names_that_flask_cannot_serve(bare: Program) -> None:
    """Are left out, each with a warning."""
    write_files(bare.folder, {**_ONE_FILE, "static/line\nbreak.js": "1", "static/latin-\udce9.js": "1"})

    result = bare.ok("deploy", "--offline")

    for words in ("/line\\nbreak.js' has a line break", "/latin-\\udce9.js' is not UTF-8"):
        assert words in result.stderr
    assert (bare.folder / "cdn_manifest.txt").read_text().count("\n") == 2


@pytest.mark.parametrize(
    ("name", "make"),
    [
        pytest.param("cdn_config.py", lambda path: path.write_text("MINE = 1\n"), id="config file"),
        pytest.param("cdn_manifest.txt", lambda path: path.write_text("MINE = 1\n"), id="manifest"),
        pytest.param("cdn_config.py", lambda path: path.mkdir(), id="folder"),
        pytest.param("cdn_manifest.txt", lambda path: path.symlink_to("nowhere"), id="dangling link"),
    ],
)
def test_a_file_of_somebody_else_s(bare: Program, name: str, make: Callable[..., object]) -> None:
    """It is left as it is, and the other file is not written either."""
    write_files(bare.folder, _ONE_FILE)
    make(bare.folder / name)
    before = read_files(bare.folder)

    result = bare("deploy", "--offline")

    assert_one_message(result, 4, name, "was not written by flask-cdn-stack", name.partition("_")[2].partition(".")[0])
    assert read_files(bare.folder) == before
    assert (bare.folder / name).is_symlink() or (bare.folder / name).exists()


def test_a_config_file_that_is_not_whole(bare: Program) -> None:
    """As a merge leaves it: offline, its domain is all that is known, so it is not written over."""
    write_files(bare.folder, _ONE_FILE)
    bare.ok("deploy", "--offline")
    file = bare.folder / "cdn_config.py"
    file.write_text(file.read_text() + "<<<<<<< HEAD\n")
    before = read_files(bare.folder)

    result = bare("deploy", "--offline")

    assert_one_message(result, 1, "cdn_config.py cannot be read", "config --write")
    assert read_files(bare.folder) == before


def test_a_working_directory_that_is_gone(bare: Program, tmp_path: Path) -> None:
    """Says so."""
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.argv[1], sys.argv[1:])"

    result = run_behind([sys.executable, "-c", code], Program(gone, bare.environment), "template")

    assert_one_message(result, 2, "working directory is gone")

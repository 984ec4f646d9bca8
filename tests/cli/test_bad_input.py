"""What users get wrong: one message each - what, where, what next - the right exit code, and nothing half done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.cli.observing import assert_one_message, read_files
from tests.conftest import Program, Result, write_files

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
        pytest.param({"app.py": "import nowhere\n"}, (), ("No module named 'nowhere'",), id="import error"),
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
        pytest.param({}, ("--app", "shop"), ("Could not import 'shop'", "--app"), id="no module"),
        pytest.param({}, (), ("Could not locate a Flask application", "--app"), id="nothing there"),
        pytest.param(
            {"app.py": "raise ValueError('boom')\n"}, (), ("The app did not load: ValueError",), id="detected"
        ),
        pytest.param({"app.py": "import sys\nsys.exit('bye')\n"}, (), ("ended the program", "bye"), id="an exit"),
        pytest.param(
            {"flask-cdn-stack.yml": "app: shop\n", "shop.py": "1 / 0\n"},
            (),
            ("ZeroDivisionError", "shop.py, line 1"),
            id="from the settings",
        ),
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
        (("--endpoint-url", "127.0.0.1:4566"), ("'127.0.0.1:4566'", "http://")),
        (("--endpoint-url", "ftp://127.0.0.1"), ("'ftp://127.0.0.1'", "http://")),
        (("--endpoint-url", "http://127.0.0.1:99999"), ("'http://127.0.0.1:99999'", "http://")),
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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param(b"bell\x07.js", ("bell\\x07.js", "U+0007"), id="control character"),
        pytest.param(b"/".join([b"d" * 200] * 5) + b"/" + b"e" * 100, ("longer than the 1024 bytes",), id="too long"),
    ],
)
def test_file_names_that_cannot_be_carried(bare: Program, name: bytes, words: tuple[str, ...]) -> None:
    """The file is named; no manifest is written. Excluding it helps."""
    write_files(bare.folder, _ONE_FILE)
    file = os.fsencode(bare.folder) + b"/static/" + name
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "w", encoding="utf-8"):
        pass

    result = bare("deploy", "--offline")

    assert_one_message(result, 2, *words, "Rename")
    assert not (bare.folder / "cdn_manifest.txt").exists()


def test_file_names_that_flask_cannot_serve(bare: Program) -> None:
    """Are left out, each with a warning."""
    write_files(bare.folder, {**_ONE_FILE, "static/line\nbreak.js": "1", "static/latin-\udce9.js": "1"})

    result = bare.ok("deploy", "--offline")

    for words in ("/line\\nbreak.js' has a line break", "/latin-\\udce9.js' is not UTF-8"):
        assert words in result.stderr
    assert (bare.folder / "cdn_manifest.txt").read_text().count("\n") == 2


def test_two_files_for_one_url(bare: Program) -> None:
    """Both endpoints and both files are named."""
    app = """
        from flask import Blueprint, Flask

        app = Flask(__name__, subdomain_matching=True)
        app.config["SERVER_NAME"] = "shop.example"
        admin = Blueprint("admin", __name__, subdomain="admin", static_folder="admin", static_url_path="/static")
        app.register_blueprint(admin)
    """
    write_files(bare.folder, {"app.py": app, "static/app.js": "1", "admin/app.js": "2"})

    result = bare("deploy", "--offline")

    assert_one_message(result, 2, "/static/app.js", "(static)", "(admin.static)", "static_url_path")
    assert not (bare.folder / "cdn_manifest.txt").exists()


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


@pytest.mark.parametrize(
    ("files", "link", "published", "words"),
    [
        pytest.param({"app.py": _APP}, None, 0, "there is no static folder", id="no static folder"),
        pytest.param(
            {"app.py": f"{_APP.strip()[:-1]}, static_folder=None)\n"}, None, 0, "no static files", id="empty app"
        ),
        pytest.param(_ONE_FILE, "nowhere.js", 1, "is a broken link", id="dangling link"),
        pytest.param(_ONE_FILE, "../app.py", 2, "is a link out of the static folder", id="link out"),
        pytest.param(_ONE_FILE, ".", 1, "a link to a folder that it lies in", id="link to itself"),
    ],
)
def test_what_is_odd_is_warned_of(bare: Program, files: Files, link: str | None, published: int, words: str) -> None:
    """And everything else is done: exit 0, both files written."""
    write_files(bare.folder, files)
    if link:
        (bare.folder / "static/link.js").symlink_to(link)

    result = bare.ok("deploy", "--offline")

    assert words in " ".join(line for line in result.stderr.splitlines() if line.startswith("Warning: "))
    assert len((bare.folder / "cdn_manifest.txt").read_text().splitlines()) == 1 + published


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
    code = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    ended = subprocess.run(
        [sys.executable, "-c", code, "-m", "flask_cdn_stack", "template"],
        cwd=gone,
        env=dict(bare.environment),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert_one_message(Result(ended.returncode, ended.stdout, ended.stderr), 2, "working directory is gone")

"""Pipes, devices, links in circles and names that are too long where a file is meant: one message each, at once."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.limited import run_limited
from tests.cli.observing import assert_one_message, read_files
from tests.cli.settings_file import add_settings
from tests.conftest import Program, write_files

_APP = "from flask import Flask\n\napp = Flask(__name__)\n"
_ACCOUNT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_LONG = "n" * 300


@pytest.fixture
def bare(offline_program: Program) -> Program:
    """The program in a folder with an app of one file, without an account and without a network."""
    folder = offline_program.folder / "bare"
    write_files(folder, {"flask-cdn-stack.yml": "", "app.py": _APP, "static/app.js": "1"})
    return Program(folder, offline_program.environment)


@pytest.mark.parametrize(
    ("name", "arguments", "exit_code", "words"),
    [
        ("cdn_config.py", (), 4, "cdn_config.py exists and was not written by flask-cdn-stack"),
        ("cdn_manifest.txt", (), 4, "cdn_manifest.txt exists and was not written by flask-cdn-stack"),
        ("other.yml", ("--settings", "other.yml"), 2, "other.yml cannot be read: it is a pipe"),
        ("flask-cdn-stack.yml", (), 2, "flask-cdn-stack.yml cannot be read: it is a pipe"),
        ("expected.txt", ("--expect-manifest", "expected.txt"), 1, "expected.txt: it cannot be read: it is a pipe"),
    ],
)
def test_a_pipe(bare: Program, name: str, arguments: tuple[str, ...], exit_code: int, words: str) -> None:
    """Is not waited for."""
    (bare.folder / name).unlink(missing_ok=True)
    os.mkfifo(bare.folder / name)

    assert_one_message(bare("deploy", "--offline", *arguments), exit_code, words)
    assert not (bare.folder / "cdn_manifest.txt").is_file()


def test_a_pipe_of_authorities(bare: Program) -> None:
    """Is not waited for, before any network."""
    os.mkfifo(bare.folder / "ca.pem")
    environment = {**_ACCOUNT, "AWS_CA_BUNDLE": "ca.pem", "AWS_ENDPOINT_URL": "https://127.0.0.1:9"}

    assert_one_message(bare("config", environment=environment), 2, "AWS_CA_BUNDLE names ca.pem", "it is a pipe")


@pytest.mark.parametrize(
    ("make", "exit_code", "words"),
    [
        (lambda folder: (folder / "cdn_config.py").symlink_to("cdn_config.py"), 4, "was not written by"),
        (lambda folder: _link_folder(folder), 1, "sub/cdn_config.py cannot be written: its folder does not exist"),
        (lambda folder: _relink(folder / "flask-cdn-stack.yml"), 2, "a link that leads to itself"),
        (lambda folder: _set(folder, f"config_file: {_LONG}.py"), 1, "cannot be read: File name too long"),
        (lambda folder: _set(folder, f"manifest_file: {_LONG}.txt"), 1, "cannot be read: File name too long"),
    ],
)
def test_names_that_lead_nowhere(bare: Program, make: Callable[[Path], object], exit_code: int, words: str) -> None:
    """A link to itself, a folder that is one, a name that no folder takes: said before anything is written."""
    make(bare.folder)
    before = read_files(bare.folder)

    assert_one_message(bare("deploy", "--offline"), exit_code, words)
    assert read_files(bare.folder) == before


def _set(folder: Path, settings: str) -> None:
    (folder / "flask-cdn-stack.yml").write_text(f"{settings}\n")


def _link_folder(folder: Path) -> None:
    (folder / "sub").symlink_to("sub")
    _set(folder, "config_file: sub/cdn_config.py")


def _relink(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


def test_the_longest_name(bare: Program) -> None:
    """Is written, though nothing may stand beside it with a longer one."""
    _set(bare.folder, f"config_file: {'n' * 252}.py")

    bare.ok("deploy", "--offline")

    assert (bare.folder / f"{'n' * 252}.py").is_file()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux")
@pytest.mark.parametrize("target", ["/proc", "/proc/self/environ", "/sys", "/dev"])
def test_links_to_what_the_system_tells(bare: Program, target: str) -> None:
    """Are not followed: passwords are in there, files without an end, and links that nobody may follow."""
    (bare.folder / "static/link").symlink_to(target)

    result = bare.ok("deploy", "--offline")

    assert "link leads to the system's own /proc, /sys or /dev" in result.stderr
    assert (bare.folder / "cdn_manifest.txt").read_text().count("\n") == 2


def test_a_full_disk_at_the_very_first_file(bare: Program) -> None:
    """No half of a settings file is left, which the next command would read."""
    (bare.folder / "flask-cdn-stack.yml").unlink()
    before = read_files(bare.folder)

    result = run_limited(bare, resource.RLIMIT_FSIZE, 100, "init")

    assert_one_message(result, 1, "flask-cdn-stack.yml cannot be written: File too large", "Free space")
    assert read_files(bare.folder) == before


def test_too_few_open_files(bare: Program) -> None:
    """What is refused is said: it is not somebody else's file that is in the way."""
    bare.ok("deploy", "--offline")

    result = run_limited(bare, resource.RLIMIT_NOFILE, 7, "deploy", "--offline")

    assert_one_message(result, 1, "Too many open files", "ulimit -n")


def test_few_open_files(provisioned: Program) -> None:
    """Are enough: fewer files are sent at once."""
    write_files(provisioned.folder, {f"shop/static/{number}.js": str(number) for number in range(60)})

    result = run_limited(provisioned, resource.RLIMIT_NOFILE, 20, "deploy", "--json")

    assert result.exit_code == 0, result.stderr
    assert len(result.json["uploaded"]) == 63


_ODD_APP = """
    from pathlib import Path

    from flask_cdn_stack import CDN
    from tests.odd_folders import ODD, make_odd_app

    app = make_odd_app(ODD[1][0], Path(__file__).parent)
    app.config.update(CDN_DOMAIN="cdn.example.net")
    CDN(app)
"""


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("deploy", "--offline"), True),
        (("doctor", "--json"), True),
        (("template",), False),
        (("config", "--explain"), False),
    ],
)
def test_a_static_folder_that_cannot_be_told(offline_program: Program, command: tuple[str, ...], says: bool) -> None:
    """They come to their end; those that look at its files say what is left to Flask."""
    add_settings(offline_program.folder, "origin: failover\napp_origin: {domain: www.shop.example}")
    write_files(offline_program.folder, {"shop/__init__.py": _ODD_APP, "shop/own/static/c.css": "own"})
    result = offline_program(*command)

    assert result.exit_code == (1 if command[0] == "doctor" else 0)
    assert "Traceback" not in result.stderr
    assert ("static: its static_folder cannot be read: RuntimeError" in result.stdout + result.stderr) is says
    if command[0] == "template":
        assert "/own/static/*" in result.stdout
    if command[0] == "deploy":
        assert (offline_program.folder / "cdn_manifest.txt").read_text().count("  own/static/") == 1

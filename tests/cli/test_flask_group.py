"""``flask cdn``: the same commands, on Flask's own ``--app``."""

from __future__ import annotations

import pytest

from tests.cli.observing import read_files, read_objects
from tests.conftest import Program, write_files


def test_the_whole_path_leads_to_the_same(program: Program) -> None:
    """Provisioned and deployed by one program, there is nothing left to do for the other."""
    provision = program.run_forked("-m", "flask", "--app", "shop", "cdn", "provision", "--yes", "--json")
    deploy = program.run_forked("-m", "flask", "--app", "shop", "cdn", "deploy", "--json")
    before = read_files(program.folder), read_objects(program)

    assert (provision.exit_code, deploy.exit_code) == (0, 0)
    assert len(deploy.json["uploaded"]) == 3
    assert program.ok("provision", "--json").json["changes"] == []
    again = program.ok("deploy", "--json").json
    assert (again["release"], again["requests"]) == (deploy.json["release"], {"GetObject": 1})
    assert program.run_forked("-m", "flask", "--app", "shop", "cdn", "config").stdout == program.ok("config").stdout
    assert (read_files(program.folder), read_objects(program)) == before


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("cdn", "deploy"), {"FLASK_APP": "other"}),
        (("--app", "shop", "cdn", "deploy", "--app", "other"), {}),
        (("--app", "other", "cdn", "deploy"), {"FLASK_CDN_STACK_APP": "shop"}),
    ],
)
def test_flask_s_app_wins_over_the_settings(
    offline_program: Program, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    """As the command's own option wins over Flask's."""
    app = "from flask import Flask\n\napp = Flask(__name__)\n"
    write_files(offline_program.folder, {"other/__init__.py": app, "other/static/only.js": "1"})

    result = offline_program.run_forked("-m", "flask", *arguments, "--offline", environment=environment)

    assert result.exit_code == 0, result.stderr
    assert "only.js" in (offline_program.folder / "cdn_manifest.txt").read_text()


def test_the_settings_name_the_app_where_flask_does_not(offline_program: Program) -> None:
    """From a subfolder too."""
    below = offline_program.folder / "shop/static"
    result = offline_program.run_forked("-m", "flask", "cdn", "deploy", "--offline", cwd=below)

    assert result.exit_code == 0, result.stderr
    assert len((offline_program.folder / "cdn_manifest.txt").read_text().splitlines()) == 1 + 3


def test_a_template_needs_no_app(offline_program: Program) -> None:
    """Nor is it troubled by one that does not import."""
    result = offline_program.run_forked("-m", "flask", "--app", "nowhere", "cdn", "template")

    assert (result.exit_code, result.stdout) == (0, offline_program.ok("template").stdout)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("--app", "nowhere", "cdn", "deploy", "--offline"), 2, "Could not import 'nowhere'"),
        (("--app", "shop", "cdn", "publish"), 2, "No such command 'publish'"),
        (("--app", "shop", "cdn", "deploy"), 1, "There are no AWS credentials."),
    ],
)
def test_failures_end_as_they_do_in_the_program(
    offline_program: Program, arguments: tuple[str, ...], exit_code: int, words: str
) -> None:
    """One message and the same exit code."""
    result = offline_program.run_forked("-m", "flask", *arguments)

    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr

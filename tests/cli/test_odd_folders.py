"""Commands that load an app whose static folder cannot be told."""

from __future__ import annotations

import pytest

from tests.cli.settings_file import add_settings
from tests.conftest import Program, write_files

_APP = """
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
def test_commands(offline_program: Program, command: tuple[str, ...], says: bool) -> None:
    """They come to their end; those that look at its files say what is left to Flask."""
    add_settings(offline_program.folder, "origin: failover\napp_origin: {domain: www.shop.example}")
    write_files(offline_program.folder, {"shop/__init__.py": _APP, "shop/own/static/c.css": "own"})
    result = offline_program(*command)

    assert result.exit_code == (1 if command[0] == "doctor" else 0)
    assert "Traceback" not in result.stderr
    assert ("static: its static_folder cannot be read: RuntimeError" in result.stdout + result.stderr) is says
    if command[0] == "template":
        assert "/own/static/*" in result.stdout
    if command[0] == "deploy":
        assert (offline_program.folder / "cdn_manifest.txt").read_text().count("  own/static/") == 1

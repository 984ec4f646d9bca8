"""Commands that load an app whose static folder cannot be told."""

from __future__ import annotations

import pytest

from tests.conftest import Program, write_files

_APP = """
    from flask import Blueprint, Flask

    from flask_cdn_stack import CDN


    class Odd(Flask):
        @property
        def static_folder(self):
            return self.ask_who_is_there() if self.extensions else "static"

        @static_folder.setter
        def static_folder(self, value):
            pass


    app = Odd(__name__)
    app.config.update(CDN_DOMAIN="cdn.example.net")
    app.register_blueprint(Blueprint("own", __name__, static_folder="static", url_prefix="/own"))
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
    more = "origin: failover\napp_origin: {domain: www.shop.example}\n"
    file = offline_program.folder / "flask-cdn-stack.yml"
    write_files(offline_program.folder, {"shop/__init__.py": _APP, file.name: file.read_text() + more})
    result = offline_program(*command)

    assert result.exit_code == (1 if command[0] == "doctor" else 0)
    assert "Traceback" not in result.stderr
    assert ("static: its static_folder cannot be read: AttributeError" in result.stdout + result.stderr) is says
    if command[0] == "template":
        assert "/own/static/*" in result.stdout
    if command[0] == "deploy":
        assert (offline_program.folder / "cdn_manifest.txt").read_text().count("  own/static/") == 3

"""``config --explain``: what an app's config means, without a stack, an account or a network."""

from __future__ import annotations

import pytest

from tests.conftest import Program, write_files

_APP = """
    from flask import Flask
    from {module} import {name}

    app = Flask(__name__)
    app.config.update({config})
    {name}(app)
"""
_CDN = ("flask_cdn_stack", "CDN")
_S3 = ("flask_cdn_stack.compat.flask_s3", "FlaskS3")


def write_app(program: Program, extension: tuple[str, str], config: str) -> None:
    module, name = extension
    text = _APP.format(module=module, name=name, config=config)
    write_files(program.folder, {"flask-cdn-stack.yml": "app: mover\n", "mover.py": text})


def test_text(offline_program: Program) -> None:
    """Standard output carries what was understood and what was ignored, and keys of an account are not in it."""
    write_app(offline_program, _S3, "S3_BUCKET_NAME='shop', CDN_DOMAIN='x.net', AWS_SECRET_ACCESS_KEY='wJalrXUtn'")
    result = offline_program.ok("config", "--explain")
    before, heading, after = result.stdout.partition("Without effect")
    assert heading
    assert "S3_BUCKET_NAME = 'shop'" in before
    assert "//shop.s3.amazonaws.com/" in before
    assert "CDN_DOMAIN = 'x.net'" in after
    assert "wJalrXUtn" not in result.stdout + result.stderr


def test_json(offline_program: Program) -> None:
    """One object, with the same findings."""
    write_app(offline_program, _CDN, "CDN_DOMAIN='cdn.example.net', CDN_HTTPS=True")
    found = offline_program.ok("config", "--explain", "--json").json
    assert found["reader"] == "flask_cdn_stack.CDN"
    assert found["urls"].startswith("https://cdn.example.net/")
    assert [(item["key"], item["state"]) for item in found["settings"]] == [
        ("CDN_DOMAIN", "used"),
        ("CDN_HTTPS", "used"),
    ]


def test_a_wrong_value(offline_program: Program) -> None:
    """What was understood is printed all the same; then comes the error, with the exit code of wrong settings."""
    write_app(offline_program, _CDN, "CDN_DOMAIN='cdn.example.net', CDN_HTTPS='perhaps'")
    result = offline_program("config", "--explain")
    assert result.exit_code == 2
    assert "CDN_DOMAIN = 'cdn.example.net'" in result.stdout
    assert "CDN_HTTPS is 'perhaps'" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_peer_itself_is_still_there(offline_program: Program) -> None:
    """An app that imports a module called flask_cdn, which is not ours, is told so."""
    write_app(offline_program, ("flask_cdn", "CDN"), "CDN_DOMAIN='cdn.example.net'")
    write_files(offline_program.folder, {"flask_cdn.py": "def CDN(app): pass\n"})
    result = offline_program.ok("config", "--explain")
    assert "Warning: The app imports flask_cdn, the peer itself" in result.stderr
    assert "Set up: nothing" in result.stdout


@pytest.mark.parametrize("arguments", [("--explain", "--write"), ("--json",)])
def test_options_that_do_not_go_together(offline_program: Program, arguments: tuple[str, ...]) -> None:
    """A usage error, and nothing is read."""
    result = offline_program("config", *arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr

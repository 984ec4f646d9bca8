"""``config --explain``: what an app's config means, without a stack, an account or a network."""

from __future__ import annotations

import pytest

from flask_cdn_stack.settings.load import FILE_NAME, read_settings_file
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


def test_a_wrong_value(offline_program: Program) -> None:
    """What was understood is printed all the same; then comes the error, with the exit code of wrong settings."""
    write_app(offline_program, _CDN, "CDN_DOMAIN='cdn.example.net', CDN_HTTPS='perhaps'")
    result = offline_program("config", "--explain")
    assert result.exit_code == 2
    assert "CDN_DOMAIN = 'cdn.example.net'" in result.stdout
    assert "CDN_HTTPS is 'perhaps'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def mover(offline_program: Program) -> Program:
    """The program beside an app that has moved here from Flask-S3, and no settings file."""
    write_app(offline_program, _S3, "FLASKS3_BUCKET_NAME='shop-files', FLASKS3_PREFIX='v1', FLASKS3_CDN_DOMAIN='x.net'")
    (offline_program.folder / FILE_NAME).unlink()
    return offline_program


def test_the_settings_file(mover: Program) -> None:
    """Is written, with the app's name, for every other command; what is not in it is told on standard error."""
    result = mover.ok("config", "--explain", "--write", "--app", "mover")
    file = mover.folder / FILE_NAME
    assert read_settings_file(file) == {
        "app": "mover",
        "bucket": {"existing": "shop-files"},
        "assets": {"prefix": "v1"},
    }
    assert f"Wrote {file}." in result.stderr
    assert "Not in it: FLASKS3_CDN_DOMAIN. delivery.aliases" in result.stderr
    assert "FLASKS3_BUCKET_NAME = 'shop-files'" in result.stdout
    assert "OriginPath: /v1" in mover.ok("template").stdout
    assert f"{FILE_NAME} exists" in mover.ok("init").stderr


def test_a_settings_file_that_is_there(mover: Program) -> None:
    """Stays as it is, also one in a folder above."""
    file = mover.folder.parent / FILE_NAME
    file.write_text("app: other\n")
    result = mover("config", "--explain", "--write", "--app", "mover")
    assert (result.exit_code, result.stdout) == (4, "")
    assert f"{file} exists; it is left as it is." in result.stderr
    assert not (mover.folder / FILE_NAME).exists()


def test_a_settings_file_of_an_app_that_writes_one(mover: Program) -> None:
    """Comes first: what is there when the app has been loaded is not written over."""
    with (mover.folder / "mover.py").open("a") as app:
        app.write(f"open({FILE_NAME!r}, 'w').write('app: own')\n")
    assert mover("config", "--explain", "--write", "--app", "mover").exit_code == 4
    assert (mover.folder / FILE_NAME).read_text() == "app: own"


def test_the_settings_file_as_json(mover: Program) -> None:
    """Its path, and by name what is not in it; where a value is wrong there is none."""
    found = mover.ok("config", "--explain", "--write", "--json", "--app", "mover").json
    file = mover.folder / FILE_NAME
    assert (found["reader"], found["settings_file"]) == ("flask_cdn_stack.compat.flask_s3.FlaskS3", str(file))
    assert ("FLASKS3_PREFIX", "used") in [(item["key"], item["state"]) for item in found["settings"]]
    assert found["left_out"].keys() == {"FLASKS3_CDN_DOMAIN"}
    file.unlink()
    write_files(mover.folder, {"mover.py": (mover.folder / "mover.py").read_text().replace("x.net", "a b")})
    assert mover("config", "--explain", "--write", "--app", "mover").exit_code == 2
    assert not file.exists()


def test_the_peer_itself_is_still_there(offline_program: Program) -> None:
    """An app that imports a module called flask_cdn, which is not ours, is told so."""
    write_app(offline_program, ("flask_cdn", "CDN"), "CDN_DOMAIN='cdn.example.net'")
    write_files(offline_program.folder, {"flask_cdn.py": "def CDN(app): pass\n"})
    result = offline_program.ok("config", "--explain")
    assert "Warning: The app imports flask_cdn; import flask_cdn_stack.compat.flask_cdn" in result.stderr
    assert "Set up: nothing" in result.stdout

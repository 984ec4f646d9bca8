"""Where the app comes from, and what it may do while it is loaded."""

from __future__ import annotations

import importlib.util

import pytest

from tests.conftest import Program, write_files

_APP = """
    from flask import Flask

    app = Flask(__name__)
"""
_OTHER = """
    from flask import Flask

    def make(folder="static"):
        return Flask(__name__, static_folder=folder)
"""


@pytest.fixture
def bare(offline_program: Program) -> Program:
    """The program in a folder with two apps beside each other and settings that name none of them."""
    write_files(
        offline_program.folder,
        {
            "flask-cdn-stack.yml": "",
            "app.py": _APP,
            "static/from-app.js": "1",
            "other/__init__.py": _OTHER,
            "other/static/from-other.js": "1",
            "other/assets/from-assets.js": "1",
        },
    )
    return offline_program


def _published(program: Program, *arguments: str, environment: dict[str, str] | None = None) -> list[str]:
    result = program("deploy", "--offline", *arguments, environment=environment)
    assert result.exit_code == 0, result.stderr
    lines = (program.folder / "cdn_manifest.txt").read_text().splitlines()[1:]
    return [line.rpartition("/")[2] for line in lines]


@pytest.mark.parametrize(
    ("settings", "arguments", "environment", "published"),
    [
        ("", (), {}, "from-app.js"),
        ("app: other:make\n", (), {}, "from-other.js"),
        ("app: other:make('assets')\n", (), {}, "from-assets.js"),
        ("", ("--app", "other:make"), {}, "from-other.js"),
        ("", (), {"FLASK_APP": "other:make"}, "from-other.js"),
        ("", (), {"FLASK_CDN_STACK_APP": "other:make"}, "from-other.js"),
        ("app: other:make\n", ("--app", "app"), {}, "from-app.js"),
        ("app: other:make\n", (), {"FLASK_APP": "app"}, "from-app.js"),
        ("", ("--app", "app"), {"FLASK_CDN_STACK_APP": "nowhere", "FLASK_APP": "nowhere"}, "from-app.js"),
    ],
)
def test_the_app_is_found(
    bare: Program, settings: str, arguments: tuple[str, ...], environment: dict[str, str], published: str
) -> None:
    """By detection, settings, option or variable; the option wins over the variables, they over the settings."""
    (bare.folder / "flask-cdn-stack.yml").write_text(settings)

    assert _published(bare, *arguments, environment=environment) == [published]


def test_the_settings_app_starts_at_the_settings_file(bare: Program) -> None:
    """From a subfolder as from the folder itself, and the files are written beside the settings."""
    (bare.folder / "flask-cdn-stack.yml").write_text("app: other:make\n")

    result = bare("deploy", "--offline", cwd=bare.folder / "other/static")

    assert result.exit_code == 0, result.stderr
    assert "from-other.js" in (bare.folder / "cdn_manifest.txt").read_text()
    assert not (bare.folder / "other/static/cdn_manifest.txt").exists()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (".flaskenv", "FLASK_APP=other:make"),
        (".env", "FLASK_APP=other:make"),
        (".env", "FLASK_CDN_STACK_APP=other:make"),
    ],
)
def test_dotenv_files_count_as_for_flask(bare: Program, name: str, line: str) -> None:
    """Where python-dotenv is installed; our own variables do, too, as they are read before the options are."""
    if importlib.util.find_spec("dotenv") is None:
        pytest.skip("python-dotenv is not installed")
    (bare.folder / name).write_text(f"{line}\n")

    assert _published(bare) == ["from-other.js"]


_LOUD_APP = """
    import os
    import subprocess
    import sys
    from flask import Flask

    print("printed")
    os.write(1, b"written\\n")
    subprocess.run([sys.executable, "-c", "print('from a child')"])
    app = Flask(__name__)
"""


def test_an_app_that_prints_does_not_spoil_the_data(bare: Program) -> None:
    """Its own prints, and those of programs that it starts, go to standard error."""
    write_files(bare.folder, {"app.py": _LOUD_APP})

    result = bare.ok("deploy", "--offline", "--json")

    assert result.json["manifest_file"] == str(bare.folder / "cdn_manifest.txt")
    assert all(words in result.stderr for words in ("printed", "written", "from a child"))

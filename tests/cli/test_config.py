"""``config``: the config values, printed in three forms or written."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys

import pytest

from tests.cli.observing import read_files
from tests.cli.settings_file import add_settings
from tests.conftest import Program

_PRINT_PREFIXED = """
import json
from flask import Flask
app = Flask("shop")
app.config.from_prefixed_env()
print(json.dumps(app.config.get_namespace("CDN_", lowercase=False, trim_namespace=False)))
"""


def test_the_three_forms_say_the_same(provisioned: Program) -> None:
    """The file as Python runs it, the JSON object, and the variables as Flask reads them."""
    file = provisioned.folder / "cdn_config.py"
    values = {name: value for name, value in runpy.run_path(str(file)).items() if name.startswith("CDN_")}

    assert provisioned.ok("config").stdout == provisioned.ok("config", "--format", "python").stdout == file.read_text()
    from_json = json.loads(provisioned.ok("config", "--format", "json").stdout)
    variables = provisioned.ok("config", "--format", "env").stdout
    shell = f"set -a\n{variables}\nexec '{sys.executable}' -c '{_PRINT_PREFIXED}'"
    from_env = subprocess.run(["sh", "-c", shell], capture_output=True, check=True).stdout

    assert from_json == values
    assert json.loads(from_env) == values


def test_write_mends_the_config_file(provisioned: Program) -> None:
    """A missing one comes back, an old one is brought up to date, and a right one is left."""
    file = provisioned.folder / "cdn_config.py"
    right = file.read_bytes()
    file.unlink()

    missing = provisioned.ok("config", "--write")
    assert file.read_bytes() == right

    file.write_bytes(right.replace(b"CDN_DOMAIN = ", b'CDN_DOMAIN = "old.example" or '))
    old = provisioned.ok("config", "--write")
    assert file.read_bytes() == right

    same = provisioned.ok("config", "--write")
    assert file.read_bytes() == right
    assert [result.stdout for result in (missing, old, same)] == ["", "", ""]
    assert "Wrote" in missing.stderr
    assert "Wrote" in old.stderr
    assert "Nothing to do" in same.stderr


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [(("--format", "json"), ""), (("--format", "env"), ""), ((), "config_file: false\n")],
)
def test_write_is_for_the_python_file(provisioned: Program, arguments: tuple[str, ...], settings: str) -> None:
    """Any other form, or no file to write, is a usage error."""
    add_settings(provisioned.folder, settings)
    before = read_files(provisioned.folder)

    result = provisioned("config", "--write", *arguments)

    assert result.exit_code == 2
    assert "--write" in result.stderr
    assert read_files(provisioned.folder) == before

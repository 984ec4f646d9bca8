"""The recipes of the page "Use it with other extensions": a project as shown there, built, deployed and looked at."""

from __future__ import annotations

import hashlib
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT, Program, program_environment, require, write_files
from tests.test_docs import read_blocks

_BLOCKS = {block.caption: block.text for block in read_blocks(ROOT / "docs" / "how-to" / "neighbours.rst")}
_SHOW = "from shop import create_app; print(create_app().test_client().get('/', base_url='https://localhost').text)"
_SHEETS = {"shop/static/css/shop.css": "body { margin: 0 }\n", "shop/static/css/cart.css": "table { width: 9em }\n"}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A project without an app, whose CDN has a name, and which has its config file."""
    folder = tmp_path / "project"
    settings = "target: {bucket: shop, domain: cdn.shop.example}\n"
    write_files(folder, {**_SHEETS, "flask-cdn-stack.yml": f"{_BLOCKS['flask-cdn-stack.yml']}{settings}"})
    program = Program(folder, program_environment(None))
    program.ok("init")
    return program


def find_sheet(page: str, folder: Path) -> str:
    """Return the path of the sheet that a page names, at the CDN and with the checksum of the file."""
    found = re.search(r'"https://cdn\.shop\.example/(static/[^?"]+)\?c=([0-9a-f]{64})"', page)
    assert found, page
    assert hashlib.sha256((folder / "shop" / found[1]).read_bytes()).hexdigest() == found[2]
    return found[1]


def test_flask_assets(program: Program) -> None:
    """The bundle is in the manifest and at the CDN; what it is made of is not."""
    require(find_spec("flask_assets"), "Flask-Assets")
    write_files(program.folder, {"shop/__init__.py": _BLOCKS["shop/__init__.py with Flask-Assets"]})
    built = program.run_python("-m", "flask", "--app", "shop", "assets", "build")
    assert built.exit_code == 0, built.stderr
    program.ok("deploy", "--offline")

    assert find_sheet(program.run_python("-c", _SHOW).stdout, program.folder) == "static/built/shop.css"
    assert "static/css" not in (program.folder / "cdn_manifest.txt").read_text()


def test_frozen_flask(program: Program) -> None:
    """The frozen page names the CDN, and the file lies beside it too."""
    require(find_spec("flask_frozen"), "Frozen-Flask")
    files = {"shop/__init__.py": _BLOCKS["shop/__init__.py with Frozen-Flask"], "freeze.py": _BLOCKS["freeze.py"]}
    write_files(
        program.folder,
        {**files, "flask-cdn-stack.yml": "app: shop\ntarget: {bucket: shop, domain: cdn.shop.example}\n"},
    )
    program.ok("deploy", "--offline")
    frozen = program.run_python("freeze.py")
    assert frozen.exit_code == 0, frozen.stderr

    build = program.folder / "shop" / "build"
    sheet = find_sheet((build / "index.html").read_text(), program.folder)
    assert (build / sheet).read_bytes() == (program.folder / "shop" / sheet).read_bytes()

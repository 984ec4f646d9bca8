"""Moving from packages that are installed for it: what their pages say is done, step by step."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, program_environment, write_files
from tests.test_docs import DOCS, read_blocks

pytestmark = pytest.mark.installs

_HOME = """
import flask

@app.get("/")
def home():
    return flask.render_template("home.html")
"""
_ASK = "import sys, shop; print(shop.app.test_client().get(sys.argv[1]).text)"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages that people come from."""
    folder = tmp_path_factory.mktemp("packages")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    subprocess.run([*install, "Flask-Static-Digest==0.4.1", "whitenoise==6.12.0"], check=True)
    return folder


class Shop:
    """An app in a folder, with its own files and those packages."""

    def __init__(self, folder: Path, packages: Path, app: str, template: str) -> None:
        self.folder = folder
        paths = os.pathsep.join([str(packages), str(ROOT), *filter(None, sys.path)])
        self.environment = {**program_environment(None), "PYTHONPATH": paths, "FLASK_APP": "shop", "PYTHONWARNINGS": ""}
        files = {"static/css/site.css": "body { background: url('../tea.svg') }" * 99, "static/tea.svg": "<svg/>"}
        write_files(folder, {**files, "public/robots.txt": "User-agent: *", "templates/home.html": template})
        write_files(folder, {"shop.py": app + _HOME})

    def run(self, *command: str) -> str:
        """Run Python to its end, which must be a good one, and return what it prints."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def deploy(self, settings: str) -> str:
        """Write the manifest with a page's settings, and return the page of the app."""
        target = "target: {bucket: shop-assets, domain: cdn.shop.example}\n"
        write_files(self.folder, {"flask-cdn-stack.yml": settings + target})
        self.run("-m", "flask_cdn_stack", "deploy", "--offline")
        return self.run("-c", _ASK, "/")


def test_flask_static_digest(tmp_path: Path, packages: Path) -> None:
    """What it has compiled goes away, the change of the page is made, and templates stay as they are."""
    clean, change, settings, *_ = read_blocks(DOCS / "how-to" / "from-flask-static-digest.rst")
    before = [line[1:] for line in change.text.splitlines() if line[:1] in ("-", " ")]
    after = [line[1:] for line in change.text.splitlines() if line[:1] in ("+", " ")]
    template = "{{ static_url_for('static', filename='css/site.css') }}"
    shop = Shop(tmp_path, packages, "from flask import Flask\n" + "\n".join(before), template)
    shop.run("-m", "flask", "digest", "compile")
    assert shop.run("-c", _ASK, "/").startswith("/static/css/site-")

    shop.run("-m", *clean.text.split())
    write_files(tmp_path, {"shop.py": "from flask import Flask\n" + "\n".join(after) + _HOME})

    assert shop.deploy(settings.text).startswith("https://cdn.shop.example/static/css/site.")
    manifest = (tmp_path / "cdn_manifest.txt").read_text("utf-8")
    assert [line.split("  ")[1] for line in manifest.splitlines()[1:]] == ["static/css/site.css", "static/tea.svg"]


def test_whitenoise(tmp_path: Path, packages: Path) -> None:
    """Both apps of the page name the CDN; the files at the root stay with WhiteNoise, and twins are left out."""
    _, kept, moved, settings = read_blocks(DOCS / "how-to" / "from-whitenoise.rst")
    shop = Shop(tmp_path, packages, kept.text, "{{ url_for('static', filename='css/site.css') }}")
    shop.run("-m", "whitenoise.compress", "--quiet", "static")
    assert (tmp_path / "static/css/site.css.gz").is_file()

    assert shop.deploy(settings.text).startswith("https://cdn.shop.example/static/css/site.css?c=")
    assert "body" in shop.run("-c", _ASK, "/static/css/site.css")
    write_files(tmp_path, {"shop.py": moved.text + _HOME})

    assert shop.deploy(settings.text).startswith("https://cdn.shop.example/static/css/site.css?c=")
    assert shop.run("-c", _ASK, "/robots.txt") == "User-agent: *\n"
    assert ".gz" not in (tmp_path / "cdn_manifest.txt").read_text("utf-8")

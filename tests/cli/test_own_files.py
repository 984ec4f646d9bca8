"""What this tool writes itself is no asset, wherever it lies."""

from __future__ import annotations

import os

from tests.cli.observing import read_objects
from tests.cli.settings_file import add_settings
from tests.conftest import Program, write_files

SETTINGS = "config_file: shop/static/cdn_config.py\nmanifest_file: shop/static/cdn_manifest.txt\n"
APP = """
    from flask import Flask

    app = Flask(__name__)
    app.config.from_pyfile("static/cdn_config.py")
"""


def test_generated_files_in_a_static_folder(provisioned: Program) -> None:
    """They are left out, and that is said once for each; a second deploy has nothing to do."""
    add_settings(provisioned.folder, SETTINGS)
    write_files(provisioned.folder, {"shop/__init__.py": APP, "shop/static/mine/cdn_manifest.txt": "a user's own"})
    (provisioned.folder / "shop/static/link.txt").symlink_to("cdn_manifest.txt")
    provisioned.ok("deploy")
    first = provisioned.ok("deploy", "--json")
    second = provisioned.ok("deploy", "--json")

    assert first.json["uploaded"] == second.json["uploaded"] == []
    assert second.json["requests"] == {"GetObject": 1}
    published = {key for key in read_objects(provisioned) if not key.startswith(".")}
    assert published == {"static/css/app.css", "static/js/app.js", "static/logo.svg", "static/mine/cdn_manifest.txt"}
    for name in ("cdn_config.py", "cdn_manifest.txt", "link.txt"):
        assert second.stderr.count(f"static/{name} is flask-cdn-stack's own file") == 1, second.stderr


def test_settings_and_caches_in_a_static_folder(offline_program: Program) -> None:
    """They change with every run, or are nobody else's business."""
    folder = offline_program.folder / "shop/static"
    os.replace(offline_program.folder / "flask-cdn-stack.yml", folder / "flask-cdn-stack.yml")
    (folder / "flask-cdn-stack.yml").write_text("app: ../../shop\n")
    arguments = ("deploy", "--offline", "--settings", "shop/static/flask-cdn-stack.yml")
    cached = {"XDG_CACHE_HOME": str(folder / "cache")}
    write_files(offline_program.folder, {"shop/__init__.py": APP})
    texts = []
    for _ in range(3):
        result = offline_program(*arguments, environment=cached)
        assert result.exit_code == 0, result.stderr
        texts.append((folder / "cdn_manifest.txt").read_text())

    assert texts[0] == texts[1] == texts[2]
    assert [line.split("/")[-1] for line in texts[0].splitlines()[1:]] == ["app.css", "app.js", "logo.svg"]


def test_a_glob_that_leaves_them_out(offline_program: Program) -> None:
    """Then there is nothing to say."""
    add_settings(offline_program.folder, f"{SETTINGS}assets: {{exclude: ['cdn_*']}}")
    write_files(offline_program.folder, {"shop/__init__.py": APP})
    offline_program.ok("deploy", "--offline")

    assert "own file" not in offline_program.ok("deploy", "--offline").stderr

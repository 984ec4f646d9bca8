"""gevent, with which many apps replace threads and sockets as they are loaded."""

from __future__ import annotations

import pytest

from tests.conftest import Program

NEEDS = "gevent"


@pytest.mark.parametrize("origin", ["bucket", "app"])
def test_an_app_that_patches_everything(program: Program, origin: str) -> None:
    """Is deployed and published as any other, and provisioned where it is the origin."""
    init = program.folder / "shop/__init__.py"
    init.write_text("from gevent import monkey\nmonkey.patch_all()\n" + init.read_text())
    if origin == "app":
        with (program.folder / "flask-cdn-stack.yml").open("a") as settings:
            settings.write("origin: app\napp_origin: {domain: shop.example.com}\n")
    program.ok("provision", "--yes")

    report = program.ok("deploy", "--json").json

    sent = ["static/css/app.css", "static/js/app.js", "static/logo.svg"]
    assert sorted(item["key"] for item in report["uploaded"]) == (sent if origin == "bucket" else [])
    manifest = (program.folder / "cdn_manifest.txt").read_text()
    assert all(key in manifest for key in sent)

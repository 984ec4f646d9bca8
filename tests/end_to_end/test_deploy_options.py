"""What options and settings of ``deploy`` do to a real bucket and its CDN."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.verify import fetch
from tests.cli.observing import client, outputs, read_objects
from tests.conftest import SHOP_APP, Program, write_files
from tests.end_to_end.published import cdn_host, connect

_FILES = {
    "css/app.css": "body { background: url(../logo.svg) }\n",
    "js/app.js": "console.log(1)\n",
    "logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>\n",
    "favicon.ico": "icon",
}


def _write_project(folder: Path, stack: str, files: dict[str, str], assets: str = "") -> None:
    settings = f"app: shop\nstack: {stack}\nassets:\n  fingerprint: path\n{assets}"
    static = {f"shop/static/{name}": text for name, text in files.items()}
    write_files(folder, {"flask-cdn-stack.yml": settings, "shop/__init__.py": SHOP_APP, **static})


@pytest.fixture
def stack(tmp_path: Path) -> str:
    """A stack's name of this test's own."""
    return f"o{abs(hash(str(tmp_path))) % 10**9}"


@pytest.fixture
def shop(tmp_path: Path, stack: str, make_program: Callable[[Path], Program]) -> Program:
    """A provisioned project with checksums in names."""
    program = make_program(tmp_path / "shop")
    _write_project(program.folder, stack, _FILES)
    program.ok("provision", "--yes")
    return program


def _deploy(program: Program, *options: str) -> Any:
    return program.ok("deploy", "--json", *options).json


def _reasons(report: Any) -> dict[str, str]:
    return {item["key"]: item["reason"] for item in report["uploaded"]}


def _get(program: Program, key: str) -> tuple[int, bytes]:
    answer = fetch(f"http://{cdn_host(program)}/{key}", connect(program).connect_address)
    return answer.status, answer.body


def _manifest(program: Program) -> str:
    return (program.folder / "cdn_manifest.txt").read_text()


def test_objects_changed_by_hand(shop: Program) -> None:
    """With ``--verify-remote`` one that was deleted and one that was overwritten are repaired; without, not noticed."""
    _deploy(shop)
    whole = read_objects(shop)
    s3, bucket = client(shop, "s3"), outputs(shop)["BucketName"]
    deleted = next(key for key in whole if key.startswith("static/logo."))
    s3.delete_object(Bucket=bucket, Key=deleted)
    s3.put_object(Bucket=bucket, Key="static/js/app.js", Body=b"by hand")

    assert _deploy(shop)["uploaded"] == []
    planned = _deploy(shop, "--dry-run", "--verify-remote")
    repaired = _deploy(shop, "--verify-remote")

    assert _reasons(planned) == _reasons(repaired) == dict.fromkeys([deleted, "static/js/app.js"], "missing")
    assert repaired["requests"]["ListObjectsV2"] == 1
    ours = {key: etag for key, etag in read_objects(shop).items() if not key.startswith(".flask")}
    assert ours == {key: etag for key, etag in whole.items() if not key.startswith(".flask")}
    assert _get(shop, "static/js/app.js") == (200, _FILES["js/app.js"].encode())
    assert _deploy(shop, "--verify-remote")["uploaded"] == []


def test_objects_of_another_release_changed_by_hand(shop: Program) -> None:
    """There is no file to repair them with, so they are named."""
    other = shop.folder / "shop/static/js/other.js"
    other.write_text("1")
    _deploy(shop)
    other.unlink()
    _deploy(shop)
    client(shop, "s3").delete_object(Bucket=outputs(shop)["BucketName"], Key="static/js/other.js")

    for options in [("--dry-run",), ()]:
        result = shop.ok("deploy", "--verify-remote", *options)
        assert "Deleted or changed by hand, and not in this release: static/js/other.js." in result.stderr
    assert "by hand" not in shop.ok("deploy").stderr


def test_an_image_built_without_an_account(shop: Program, tmp_path: Path, stack: str) -> None:
    """The same sources elsewhere, with other times, are what was expected; a changed file is refused at once."""
    image = Program(tmp_path / "image", {**shop.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    _write_project(image.folder, stack, _FILES)
    shutil.copy(shop.folder / "cdn_config.py", image.folder)
    for path in (image.folder / "shop/static").rglob("*"):
        os.utime(path, (1, 1))
    image.ok("deploy", "--offline")
    expected = ("--expect-manifest", str(image.folder / "cdn_manifest.txt"))

    write_files(shop.folder, {"shop/static/js/app.js": "changed"})
    before = read_objects(shop)
    refused = shop("deploy", *expected)
    assert (refused.exit_code, read_objects(shop)) == (4, before)
    assert "static/js/app.js" in refused.stderr
    assert "Nothing was published" in refused.stderr

    write_files(shop.folder, {"shop/static/js/app.js": _FILES["js/app.js"]})
    assert len(_deploy(shop, *expected)["uploaded"]) == 2 * len(_FILES) - 1
    assert _manifest(shop) == _manifest(image)
    assert (shop.folder / "cdn_config.py").read_text() == (image.folder / "cdn_config.py").read_text()


def test_changed_headers(shop: Program, stack: str) -> None:
    """Just the objects that they are of are sent again, under their names, and the edge forgets those."""
    _deploy(shop)
    _write_project(shop.folder, stack, _FILES, "  headers: [{match: '*.svg', set: {Content-Language: de}}]\n")

    changed = _deploy(shop)

    hashed = next(key for key in read_objects(shop) if key.startswith("static/logo.") and key != "static/logo.svg")
    assert _reasons(changed) == dict.fromkeys([hashed, "static/logo.svg"], "headers")
    assert changed["invalidated"] == [f"/{hashed}*", "/static/logo.svg*"]
    for key in (hashed, "static/logo.svg"):
        answer = fetch(f"http://{cdn_host(shop)}/{key}", connect(shop).connect_address)
        assert (answer.headers["content-language"], answer.body) == ("de", _FILES["logo.svg"].encode())
    assert _deploy(shop)["requests"] == {"GetObject": 1}

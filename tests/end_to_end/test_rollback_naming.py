"""Going back over a change of how files are named: whatever the app's pages link to answers, before and after."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flask_cdn_stack.release.records import decode_release, encode_release, release_key
from flask_cdn_stack.verify import fetch
from tests.cli.observing import assert_one_message, client, outputs, read_files, read_objects
from tests.conftest import Program, Result, write_files
from tests.end_to_end.published import connect, crawl
from tests.end_to_end.shop import APP, PAGE

_FILES = {
    "static/css/app.css": "body { background: url(../logo.svg) }\n",
    "static/logo.svg": "<svg>tea</svg>",
    "static/robots.txt": "User-agent: *\n",
    "catalog/catalog/pot.svg": "<svg>pot</svg>",
}
_CHANGED = {"static/logo.svg": "<svg>coffee</svg>", "static/robots.txt": "Disallow: /\n"}

_LENGTHS = ("fingerprint: path", "fingerprint: path, checksum_length: 12")
_KEPT = ("fingerprint: path", "fingerprint: path, keep_names: []")
_MODES = ("fingerprint: query", "fingerprint: path")


def _write(program: Program, assets: str, files: dict[str, str]) -> None:
    stack = f"path-{abs(hash(str(program.folder))) % 10**9}"
    folders = {f"shop/{key.replace('catalog/catalog/', 'catalog/')}": text for key, text in files.items()}
    settings = f"app: shop:create_app\nstack: {stack}\nassets: {{{assets}}}\n"
    write_files(program.folder, {"flask-cdn-stack.yml": settings, **folders})


@pytest.fixture
def shop(tmp_path: Path, make_program: Callable[[Path], Program]) -> Program:
    """A project whose stack exists."""
    program = make_program(tmp_path / "shop")
    write_files(program.folder, {"shop/__init__.py": APP, "shop/templates/page.html": PAGE, "shop/reviews/a.txt": "a"})
    _write(program, "fingerprint: query", _FILES)
    program.ok("provision", "--yes")
    return program


def _deploy_both(shop: Program, made: str, now: str) -> str:
    """Publish a release with some settings, and another with others; return the first one's id."""
    _write(shop, made, _FILES)
    release = str(shop.ok("deploy", "--json").json["release"])
    _write(shop, now, _CHANGED)
    shop.ok("deploy")
    return release


def _record(shop: Program, release: str) -> tuple[Any, dict[str, str]]:
    place = {"Bucket": outputs(shop)["BucketName"], "Key": release_key(release)}
    return client(shop, "s3"), place


def _expect_site(shop: Program, files: dict[str, str]) -> list[str]:
    """Fetch every URL that the app's pages load, and compare what comes with the files; return the URLs."""
    urls = crawl(shop, "/catalog/")
    answers = [fetch(url, connect(shop).connect_address) for url in urls]
    assert {url: answer.status for url, answer in zip(urls, answers, strict=True)} == dict.fromkeys(urls, 200)
    bodies = {answer.body for answer in answers}
    assert {text.encode() for key, text in files.items() if not key.endswith(".css")} < bodies
    (style,) = (answer for url, answer in zip(urls, answers, strict=True) if urlsplit(url).path.endswith(".css"))
    reference = style.body.decode().partition("url(../")[2].partition(")")[0]
    image = fetch(f"{urls[0].partition('/static')[0]}/static/{reference}", connect(shop).connect_address)
    assert image.body == files["static/logo.svg"].encode()
    return urls


def _assert_refused(shop: Program, result: Result, *words: str) -> None:
    assert_one_message(result, 4, "Nothing was changed.", *words)
    _expect_site(shop, {**_FILES, **_CHANGED})


@pytest.mark.parametrize(
    ("settings", "words", "recorded"),
    [
        pytest.param(_LENGTHS, "Set assets.checksum_length: 16 in the settings", True, id="lengths"),
        pytest.param(_KEPT, 'Set assets.keep_names: ["static/robots.txt"] in', False, id="kept names, old record"),
        pytest.param(_MODES, "Set assets.fingerprint: query in the settings", True, id="modes"),
    ],
)
def test_other_names(shop: Program, settings: tuple[str, str], words: str, recorded: bool) -> None:
    """A release that the app would not find is refused, in a dry run too; with the settings named there it is found."""
    made, now = settings
    release = _deploy_both(shop, made, now)
    s3, place = _record(shop, release)
    record = decode_release(s3.get_object(**place)["Body"].read(), release)
    assert record.naming is not None
    if not recorded:
        s3.put_object(**place, Body=encode_release(record._replace(naming=None)))
    before = read_files(shop.folder), read_objects(shop)

    _assert_refused(shop, shop("rollback", "--dry-run"), release, words)
    _assert_refused(shop, shop("rollback", "--yes"), release, words)
    assert (read_files(shop.folder), read_objects(shop)) == before

    _write(shop, made, {})
    preview = shop("rollback", "--dry-run", "--exit-code", "--json")
    done = shop.ok("rollback", "--yes", "--json").json
    assert preview.exit_code == 3
    assert preview.json["restored"] == done["restored"]
    assert done["config_file"] == str(shop.folder / "cdn_config.py")
    _expect_site(shop, _FILES)
    s3, place = _record(shop, done["release"])
    again = decode_release(s3.get_object(**place)["Body"].read(), done["release"])
    assert (again.rollback_of, again.naming) == (release, record.naming if recorded else None)


def test_names_that_are_there_besides(shop: Program) -> None:
    """Plain copies are what an app finds whose URLs carry the checksum in the query."""
    _deploy_both(shop, "fingerprint: path", "fingerprint: query")

    shop.ok("rollback", "--yes")

    urls = _expect_site(shop, _FILES)
    digest = hashlib.sha256(_FILES["static/logo.svg"].encode()).hexdigest()
    assert any(url.endswith(f"/static/logo.svg?c={digest}") for url in urls)


def test_a_manifest_that_apps_fetch(shop: Program) -> None:
    """Would go on naming the newer files, because the older release has none."""
    _deploy_both(shop, "fingerprint: path", "fingerprint: path, publish_manifest: true")

    for options in ("--dry-run", "--yes"):
        _assert_refused(shop, shop("rollback", options), "cdn_manifest.txt", "Set assets.publish_manifest: false")


def test_without_plain_copies(shop: Program) -> None:
    """The release goes out, and whoever builds plain URLs is warned."""
    _deploy_both(shop, "fingerprint: path, plain_copies: false", "fingerprint: path")

    result = shop.ok("rollback", "--yes")

    assert "no plain copies (assets.plain_copies): catalog/" in result.stderr
    _expect_site(shop, _FILES)

"""Checksums in the query that the edge leads to names: switching that on and off, and what is at ``c`` besides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flask_cdn_stack.verify import Answer, fetch
from tests.cli.observing import assert_one_message, invalidations, read_objects
from tests.conftest import Program, write_files
from tests.end_to_end.published import ask, cdn_host, connect, crawl
from tests.end_to_end.shop import APP, PAGE

_HASHED, _PLAIN = "public, max-age=31536000, immutable", "public, max-age=300"
_SVG = "static/logo.svg"


def _set(program: Program, assets: str = "", logo: str = "") -> None:
    stack = f"exact-{abs(hash(str(program.folder))) % 10**9}"
    settings = f"app: shop:create_app\nstack: {stack}\nassets: {{keep_releases: 2, keep_days: 0, {assets}}}\n"
    write_files(program.folder, {"flask-cdn-stack.yml": settings, **({f"shop/{_SVG}": logo} if logo else {})})


@pytest.fixture
def shop(tmp_path: Path, make_program: Callable[[Path], Program]) -> Program:
    """A project that has published a release without immutable URLs."""
    program = make_program(tmp_path / "shop")
    write_files(program.folder, {"shop/__init__.py": APP, "shop/templates/page.html": PAGE})
    write_files(program.folder / "shop", {"static/a.css": "a { b: url(logo.svg) }", "reviews/a.txt": "a"})
    _set(program, logo="first")
    program.ok("provision", "--yes")
    program.ok("deploy")
    return program


def _urls(program: Program) -> dict[str, str]:
    """Return the URL that the app's page has for each path."""
    return {urlsplit(url).path.lstrip("/"): url for url in crawl(program, "/catalog/")}


def _get(program: Program, url: str) -> Answer:
    return fetch(url, connect(program).connect_address)


def _expect(program: Program, url: str, body: str, control: str) -> None:
    answer = _get(program, url)
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (200, body.encode(), control), url


def _deploy(program: Program, *options: str, command: str = "deploy") -> Any:
    return program.ok(command, *options, "--json").json


def test_switched_on_and_off(shop: Program) -> None:
    """Stack first, then the release: at each step every URL answers, those of kept releases with their own bytes."""
    before = _urls(shop)[_SVG]
    _set(shop, "immutable: true", "second")
    objects = read_objects(shop)
    assert_one_message(shop("deploy"), 1, "assets.immutable", "`flask-cdn-stack provision`")
    assert read_objects(shop) == objects
    shop.ok("provision", "--yes")
    assert _get(shop, before).body == b"first"

    _deploy(shop)
    second = _urls(shop)
    assert len(urlsplit(second[_SVG]).query) == len("c=") + 16
    _expect(shop, before, "second", _PLAIN)  # which is never wrong for long
    _set(shop, "immutable: true, checksum_length: 20", "third")
    third = _deploy(shop, "--delete", "--yes")
    assert third["invalidated"] == []
    for url, body in ((second[_SVG], "second"), (_urls(shop)[_SVG], "third")):
        _expect(shop, url, body, _HASHED)
    style = _get(shop, _urls(shop)["static/a.css"])
    assert f"url(logo.svg?{urlsplit(_urls(shop)[_SVG]).query})" in style.body.decode()

    assert_one_message(shop("rollback", "--yes"), 4, "assets.checksum_length: 16")
    _set(shop, "immutable: true")
    asked = invalidations(shop)
    assert _deploy(shop, "--yes", command="rollback")["invalidated"] == []
    assert (_urls(shop), invalidations(shop)) == (second, asked)
    _expect(shop, second[_SVG], "second", _HASHED)
    _expect(shop, second[_SVG].partition("?")[0], "second", _PLAIN)

    _set(shop, "", "fourth")
    assert_one_message(shop("deploy"), 1, "assets.immutable", "`flask-cdn-stack provision`")
    shop.ok("provision", "--yes")
    _expect(shop, second[_SVG], "second", _PLAIN)
    _deploy(shop, "--delete", "--yes")
    assert _get(shop, _urls(shop)[_SVG]).body == b"fourth"
    assert any("logo." in key and key != _SVG for key in read_objects(shop))  # a kept release has it
    _deploy(shop, "--yes", command="rollback")
    assert _get(shop, _urls(shop)[_SVG]).body == b"second"


@pytest.mark.parametrize(
    "assets", ["checksum_length: 20", "fingerprint: path, keep_names: [static/logo.svg]"], ids=["query", "path"]
)
def test_a_release_with_short_checksums(shop: Program, assets: str) -> None:
    """Its URLs look like those of versions; as it has none, they go on to show what is published."""
    _set(shop, assets)
    _deploy(shop)
    url = _urls(shop)[_SVG]
    _set(shop, "immutable: true", "second")
    shop.ok("provision", "--yes")
    assert _get(shop, url).body == b"first"

    _deploy(shop)
    _expect(shop, url, "second", _PLAIN)
    _expect(shop, _urls(shop)[_SVG], "second", _HASHED)


def test_what_is_no_version(shop: Program) -> None:
    """Gets the published plain copy for a short time, as does what could be a version and is none."""
    _set(shop, "immutable: true")
    shop.ok("provision", "--yes")
    _deploy(shop)
    host, checksum = cdn_host(shop), hashlib.sha256(b"first").hexdigest()

    no_versions = ("", "?c=", "?c=unknown", "?c=deadbeef", f"?c={checksum}", f"?v={checksum[:16]}", f"?c={'0' * 64}")
    for query in (*no_versions, f"?c={'0' * 16}", f"?c={'f' * 63}"):
        _expect(shop, f"http://{host}/{_SVG}{query}", "first", _PLAIN)
    _expect(shop, f"http://{host}/{_SVG}?v=2&c={checksum[:16]}", "first", _HASHED)
    assert ask(shop, host, f"/static/nowhere.svg?c={checksum[:16]}").status == 403
    assert ask(shop, host, f"/?c={checksum[:16]}").status == 403

"""``deploy`` of files that look like secrets: refused, with their names and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.observing import assert_one_message, read_files, read_objects
from tests.cli.settings_file import add_settings
from tests.conftest import Program, write_files

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"
WORDS = ("static/id_rsa", "static/notes.txt", "assets.exclude", "assets.allow")


def add_secrets(program: Program) -> None:
    """Put one that its name tells, and one that its first bytes do, beside the app's files."""
    write_files(program.folder, {"shop/static/id_rsa": "x", "shop/static/notes.txt": KEY})


@pytest.mark.parametrize("settings", ["", "origin: app\napp_origin: {domain: www.shop.example, paths: [/static/*]}"])
def test_offline(offline_program: Program, settings: str) -> None:
    """Nothing is written. Where the app is the origin, the edge would fetch them from it as well."""
    add_settings(offline_program.folder, settings)
    offline_program.ok("deploy", "--offline")
    add_secrets(offline_program)
    before = read_files(offline_program.folder)

    assert_one_message(offline_program("deploy", "--offline"), 2, *WORDS)
    assert read_files(offline_program.folder) == before


@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_online(provisioned: Program, flags: tuple[str, ...]) -> None:
    """Nothing is sent, and what was written before the app was loaded is taken back."""
    add_secrets(provisioned)
    before = read_files(provisioned.folder)

    assert_one_message(provisioned("deploy", *flags), 2, *WORDS)
    assert read_objects(provisioned) == {}
    assert read_files(provisioned.folder) == before


def test_a_secret_among_many_files(provisioned: Program) -> None:
    """That only its bytes tell, and that is large, is met while others are sent; all are named nevertheless."""
    many = {f"shop/static/{number}.js": str(number) for number in range(20)}
    database = b"SQLite format 3\0" + b"\0" * 5_000_000
    write_files(provisioned.folder, {**many, "shop/static/store.bin": database, "shop/static/key.css": KEY})

    assert_one_message(provisioned("deploy"), 2, "static/key.css", "static/store.bin", "nothing was published")
    objects = read_objects(provisioned)
    assert "static/store.bin" not in objects
    assert not any("releases/" in key for key in objects)


def test_what_is_allowed(provisioned: Program) -> None:
    """Is published; the next run has nothing to do and does not read it again."""
    add_secrets(provisioned)
    add_settings(provisioned.folder, "assets: {allow: [id_rsa, static/notes.txt]}")
    provisioned.ok("deploy")

    assert {"static/id_rsa", "static/notes.txt"} <= set(read_objects(provisioned))
    assert provisioned.ok("deploy", "--json").json["requests"] == {"GetObject": 1}


def test_a_secret_that_is_hidden(offline_program: Program) -> None:
    """Is not published at all, unless hidden files are."""
    write_files(offline_program.folder, {"shop/static/.env": "KEY=x\n", "shop/static/.git/config": "[core]\n"})
    offline_program.ok("deploy", "--offline")
    assert ".env" not in Path(offline_program.folder / "cdn_manifest.txt").read_text(encoding="utf-8")

    add_settings(offline_program.folder, "assets: {hidden: on}")
    assert_one_message(offline_program("deploy", "--offline"), 2, "static/.env", "static/.git/config")

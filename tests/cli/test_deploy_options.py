"""What ``deploy``'s options for files do, what it says, and what runs remember of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from flask_cdn_stack.assets.hashes import FileHash
from flask_cdn_stack.assets.known_hashes import KnownHashes, save_hashes
from flask_cdn_stack.manifest import parse_manifest
from tests.cli.observing import assert_one_message, read_files, read_objects
from tests.cli.settings_file import add_settings
from tests.conftest import Program, write_files

REMEMBERED = "0" * 64
SCRIPT = "shop/static/js/app.js"


def read_checksum(program: Program, key: str = "static/js/app.js") -> str:
    """Return what the manifest says of a file."""
    return parse_manifest((program.folder / "cdn_manifest.txt").read_text("utf-8"))[key]


def find_cache(program: Program) -> Path:
    """Return the file in the user's cache folder that is the project's."""
    name = hashlib.sha256(str(program.folder.resolve()).encode()).hexdigest()[:16]
    return program.folder.parent / f"cache/flask-cdn-stack/{name}.json"


@pytest.fixture
def remembering(offline_program: Program) -> Program:
    """The program in a project of which an earlier run remembers a checksum that gives itself away."""
    file = offline_program.folder / SCRIPT
    status = file.stat()
    known = FileHash(REMEMBERED, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    save_hashes(find_cache(offline_program), KnownHashes({str(file): known}))
    return offline_program


def test_rehash(remembering: Program) -> None:
    """A file that did not change is not read again, except then."""
    remembering.ok("deploy", "--offline")
    remembered = read_checksum(remembering)
    remembering.ok("deploy", "--offline", "--rehash")

    assert remembered == REMEMBERED
    assert read_checksum(remembering) == hashlib.sha256((remembering.folder / SCRIPT).read_bytes()).hexdigest()


def test_references_to_nothing(offline_program: Program) -> None:
    """Are warned of, and with --strict refused with file, line and URL before anything is written."""
    write_files(offline_program.folder, {"shop/static/css/app.css": "a {}\nb { c: url(nowhere.png) }\n"})

    refused = offline_program("deploy", "--offline", "--strict")
    assert_one_message(refused, 2, "app.css, line 2: 'nowhere.png'", "--allow-missing")
    assert not (offline_program.folder / "cdn_manifest.txt").exists()

    allowed = offline_program.ok("deploy", "--offline")
    assert "Warning: " in allowed.stderr
    assert "line 2: 'nowhere.png' leads to no asset; the reference is kept." in allowed.stderr
    assert len(read_checksum(offline_program, "static/css/app.css")) == 64


@pytest.mark.parametrize(("policy", "code", "said"), [("error", 2, "Error"), ("ignore", 0, ""), ("warn", 0, "Warning")])
def test_what_the_settings_say_of_them(offline_program: Program, policy: str, code: int, said: str) -> None:
    """Decides, unless an option says otherwise; the two that do contradict each other."""
    write_files(offline_program.folder, {"shop/static/css/app.css": "a { b: url(nowhere.png) }"})
    add_settings(offline_program.folder, f"assets: {{missing_references: {policy}}}")

    result = offline_program("deploy", "--offline")

    assert (result.exit_code, "nowhere.png" in result.stderr) == (code, bool(said))
    assert said in result.stderr
    assert "Warning" in offline_program.ok("deploy", "--offline", "--allow-missing").stderr
    assert offline_program("deploy", "--strict", "--allow-missing").exit_code == 2


def test_what_libraries_look_for(offline_program: Program) -> None:
    """Is said in a line, and in the JSON; the script finds its pictures by what the style sheet says."""
    rule = ".leaflet-default-icon-path { background: url(marker-icon.png) }"
    write_files(offline_program.folder, {"shop/static/leaflet.css": rule, "shop/static/marker-icon.png": "1"})
    result = offline_program.ok("deploy", "--offline", "--json")
    sought = {"library": "Leaflet", "key": "static/leaflet.css", "keys": ["static/marker-icon.png"]}

    assert "Leaflet finds its files by the URL of static/leaflet.css: static/marker-icon.png" in result.stderr
    assert result.json["sought"] == [sought]
    assert read_checksum(offline_program, "static/leaflet.css") == hashlib.sha256(rule.encode()).hexdigest()


@pytest.mark.parametrize(("before", "after"), [("a\r\nb\r\n", "a\nb\n"), ("a\nb\n", "a\r\nb\r\n")])
def test_other_line_endings(offline_program: Program, before: str, after: str) -> None:
    """Are said to be the only difference from an expected manifest, where they are."""
    file, expected = offline_program.folder / "shop/static/lines.txt", offline_program.folder / "cdn_manifest.txt"
    file.write_bytes(before.encode())
    offline_program.ok("deploy", "--offline")
    expected = expected.rename(expected.with_name("expected.txt"))
    file.write_bytes(after.encode())

    refused = offline_program("deploy", "--offline", "--expect-manifest", str(expected))
    assert_one_message(refused, 4, "in their line endings only: static/lines.txt", "core.autocrlf")


def test_the_expected_manifest(provisioned: Program) -> None:
    """Nothing else is published: no object, no state, no file."""
    provisioned.ok("deploy", "--offline")
    expected = provisioned.folder.parent / "expected.txt"
    expected.write_bytes((provisioned.folder / "cdn_manifest.txt").read_bytes())
    write_files(provisioned.folder, {SCRIPT: "changed", "shop/static/new.js": "1"})
    (provisioned.folder / "shop/static/logo.svg").unlink()
    before = read_files(provisioned.folder)

    refused = provisioned("deploy", "--expect-manifest", str(expected))

    assert_one_message(refused, 4, "static/js/app.js, static/logo.svg, static/new.js", "Nothing was published", "same")
    assert read_objects(provisioned) == {}
    assert read_files(provisioned.folder) == before
    provisioned.ok("deploy", "--offline")
    report = provisioned.ok("deploy", "--json", "--expect-manifest", "cdn_manifest.txt").json
    assert len(report["uploaded"]) == 3


def test_the_expected_manifest_offline(offline_program: Program) -> None:
    """The file may be the one that is to be written; where it differs, that is left as it was."""
    offline_program.ok("deploy", "--offline")
    write_files(offline_program.folder, {f"shop/static/{number}.js": "" for number in range(9)})
    before = read_files(offline_program.folder)

    refused = offline_program("deploy", "--offline", "--expect-manifest", "cdn_manifest.txt")

    assert_one_message(refused, 4, "static/0.js, static/1.js, static/2.js and 6 more")
    assert read_files(offline_program.folder) == before


@pytest.mark.parametrize(
    ("content", "exit_code", "words"),
    [
        (b"<html>\n", 1, "web page"),
        (b"# flask-cdn-stack manifest\n", 4, "differ from"),
        (None, 2, "--expect-manifest"),
    ],
)
def test_an_expected_manifest_that_is_none(
    offline_program: Program, content: bytes | None, exit_code: int, words: str
) -> None:
    """Is an error that names it, not an empty list; no manifest is written."""
    if content is not None:
        (offline_program.folder / "expected.txt").write_bytes(content)

    result = offline_program("deploy", "--offline", "--expect-manifest", "expected.txt")

    assert (result.exit_code, "Traceback" in result.stderr) == (exit_code, False)
    assert "expected.txt" in result.stderr
    assert words in result.stderr
    assert not (offline_program.folder / "cdn_manifest.txt").exists()


def test_path_mode_offline(offline_program: Program) -> None:
    """The config file says so, and the app's URLs have checksums in their names; without a domain they are its own."""
    add_settings(offline_program.folder, "assets: {fingerprint: path}")
    offline_program.ok("deploy", "--offline")
    config = (offline_program.folder / "cdn_config.py").read_text()

    assert 'CDN_FINGERPRINT = "path"' in config
    assert "CDN_CHECKSUM_LENGTH = 16" in config
    assert '"favicon.ico"' in config

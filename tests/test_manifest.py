from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flask_cdn_stack.errors import ManifestError
from flask_cdn_stack.manifest import HEADER, parse_manifest, render_manifest
from flask_cdn_stack.naming import asset_key

# What werkzeug leaves as it is in a path.
SAFE = "!$&'()*,/:;=@~"
CHECKSUMS = st.text("0123456789abcdef", min_size=1, max_size=64)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
    lambda name: not name.startswith("/")
)


def test_render() -> None:
    """One line for each path, sorted, below the line that says who wrote it."""
    text = render_manifest({"/static/b.js": "22", "/static/a%20b.js": "11"})
    assert text == f"{HEADER}\n11  static/a%20b.js\n22  static/b.js\n"
    assert render_manifest({}) == f"{HEADER}\n"


@given(st.dictionaries(NAMES, CHECKSUMS))
@example({"*a.js": "11", "a.js": "22"})
@example({"./a.js": "11", "a.js": "22"})
@example({" a\u2028b\u3000": "11", "#x": "22", "%41": "33", "A": "44"})
def test_round_trip(checksums: dict[str, str]) -> None:
    """What is written is read again, whatever the names are."""
    paths = {"/" + quote(name, safe=SAFE): checksum for name, checksum in checksums.items()}
    assert {asset_key(path) for path in paths} == set(checksums)
    assert parse_manifest(render_manifest(paths)) == checksums


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc  static/a.js\n", {"static/a.js": "abc"}),
        ("abc static/a.js", {"static/a.js": "abc"}),
        ("abc\tstatic/a.js\r\ndef  static/b.js\r\n", {"static/a.js": "abc", "static/b.js": "def"}),
        ("\ufeffabc  a.js\n", {"a.js": "abc"}),
        ("# a comment\nabc  a.js\n", {"a.js": "abc"}),
        ("abc *a.js\n", {"a.js": "abc"}),
        ("abc  ./a.js\n", {"a.js": "abc"}),
        ("abc  /a.js\n", {"a.js": "abc"}),
        ("abc  with space.js\n", {"with space.js": "abc"}),
        ("abc  with%20space.js\n", {"with space.js": "abc", "with%20space.js": "abc"}),
        ("abc  100%.js\n", {"100%.js": "abc"}),
        ("one\nabc  a.js\n", {"a.js": "abc"}),
        ("abc  a.js\ndef  a.js\n", {"a.js": "abc"}),
        ("v1.2-rc&x=1  a.js\n", {"a.js": "v1.2-rc&x=1"}),
    ],
)
def test_lines_of_others(text: str, expected: dict[str, str]) -> None:
    """Manifests of peers and of sha256sum are read leniently; the first line for a path counts."""
    assert parse_manifest(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{HEADER}\nabc  a.js", "cut off"),
        (HEADER, "cut off"),
        (f"{HEADER}\nabc\n", "Line 2 of the manifest is damaged: 'abc'"),
        (f"{HEADER}\nabc  a.js\n{'x' * 100}\n", f"Line 3 of the manifest is damaged: '{'x' * 60}'"),
        (f"\ufeff{HEADER}\r\nabc\r\n", "Line 2"),
    ],
)
def test_damaged_lines_of_our_own(text: str, reason: str) -> None:
    """A manifest that this tool wrote must be whole."""
    with pytest.raises(ManifestError, match=reason):
        parse_manifest(text)


def test_windows_line_ends_of_our_own() -> None:
    """A manifest that went through a Windows editor is whole still."""
    assert parse_manifest(f"\ufeff{HEADER}\r\nabc  a%20b.js\r\n\r\n") == {"a b.js": "abc"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "# a comment\n",
        "\0" * 100,
        "<!DOCTYPE html>\n<html lang=en>\n<p>Please log in\n",
        '{"static/a.js": "abc"}\n',
        "static/a.js\n",
        f"<<<<<<< HEAD\n{HEADER}\nabc  a.js\n=======\n{HEADER}\nabd  a.js\n>>>>>>> branch\n",
    ],
)
def test_texts_that_are_no_manifests(text: str) -> None:
    """Are damaged, not empty: a login page, what a merge leaves behind, a file cut off at nothing."""
    with pytest.raises(ManifestError):
        parse_manifest(text)


def test_an_empty_manifest_of_our_own() -> None:
    """An app without static files has one."""
    assert parse_manifest(render_manifest({})) == {}

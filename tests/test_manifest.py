from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flask_cdn_stack.errors import ManifestError
from flask_cdn_stack.manifest import HEADER, parse_kept, parse_manifest, parse_sought, render_manifest
from flask_cdn_stack.naming import asset_key

# What werkzeug leaves as it is in a path.
SAFE = "!$&'()*,/:;=@~"
CHECKSUMS = st.text("0123456789abcdef", min_size=1, max_size=64)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
    lambda name: not name.startswith("/")
)


def test_render() -> None:
    """One line for each path, sorted, below the line that says who wrote it, and a comment for each kept name."""
    paths = {"/static/b.js": "22", "/static/a%20b.js": "11"}
    lines = "11  static/a%20b.js\n22  static/b.js\n"
    assert render_manifest(paths) == f"{HEADER}\n{lines}"
    kept = "# keeps its name: static/a%20b.js\n# keeps its name: static/b.js\n"
    assert render_manifest(paths, ["/static/b.js", "static/a%20b.js"]) == f"{HEADER}\n{kept}{lines}"


@given(st.dictionaries(NAMES, CHECKSUMS))
@example({"*a.js": "11", "a.js": "22"})
@example({"./a.js": "11", "a.js": "22"})
@example({" a\u2028b\u3000": "11", "#x": "22", "%41": "33", "A": "44"})
def test_round_trip(checksums: dict[str, str]) -> None:
    """What is written is read again, whatever the names are."""
    paths = {"/" + quote(name, safe=SAFE): checksum for name, checksum in checksums.items()}
    assert {asset_key(path) for path in paths} == set(checksums)
    assert parse_manifest(render_manifest(paths)) == checksums
    assert parse_kept(render_manifest(paths)) == frozenset()
    assert parse_manifest(render_manifest(paths, paths)) == checksums
    assert parse_kept(render_manifest(paths, paths)) == set(checksums)
    assert parse_sought(render_manifest(paths, paths)) == frozenset()
    assert parse_sought(render_manifest(paths, (), paths)) == set(checksums)
    assert parse_kept(render_manifest(paths, (), paths)) == frozenset()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"{HEADER}\n# keeps its name: a%20%2525.js\nabc  a%20%2525.js\n", {"a %25.js"}),
        (f"\ufeff{HEADER}\r\n# keeps its name: a.js\r\n# keeps its name: b.js\r\nabc  a.js\r\n", {"a.js", "b.js"}),
        (f"# of the shop\n{HEADER}\nabc  a.js\n# keeps its name: a.js\n", {"a.js"}),
        (f"{HEADER}\nabc  # keeps its name: a.js\n# keeps its name\n#keeps its name: a.js\n", set()),
        ("# keeps its name: a.js\nabc  a.js\n# keeps its name: a.js\n", set()),
        (f"abc  {HEADER}\n# keeps its name: a.js\n", set()),
    ],
)
def test_kept_names(text: str, kept: set[str]) -> None:
    """Are those of manifests that this tool wrote, however their lines end; other comments are comments."""
    assert parse_kept(text) == kept


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc  static/a.js\n", {"static/a.js": "abc"}),
        ("  abc static/a.js", {"static/a.js": "abc"}),
        ("abc\tstatic/a.js\r\ndef  static/b.js\r\n", {"static/a.js": "abc", "static/b.js": "def"}),
        ("\ufeffabc  a.js\n", {"a.js": "abc"}),
        ("# a comment\nabc  a.js\n", {"a.js": "abc"}),
        ("abc *a.js\n", {"a.js": "abc"}),
        ("abc  /a.js\n", {"a.js": "abc"}),
        ("abc  with space.js\n", {"with space.js": "abc"}),
        ("abc  100%.js\n", {"100%.js": "abc"}),
        ("one\nabc  a.js\n", {"a.js": "abc"}),
        ("abc  a.js\ndef  a.js\n", {"a.js": "abc"}),
        ("abc *./a.js\ndef *b*.js\n", {"a.js": "abc", "b*.js": "def"}),
        ("abc  static/%C3%A9.js\n", {"static/\u00e9.js": "abc", "static/%C3%A9.js": "abc"}),
        ("abc  a%2Fb%2Ejs\n", {"a/b.js": "abc", "a%2Fb%2Ejs": "abc"}),
        ("abc  a%20b.js\ndef  a b.js\n", {"a b.js": "abc", "a%20b.js": "abc"}),
        ("abc  #a.js\n", {"#a.js": "abc"}),
        ("abc  a\u2028b.js\n", {"a\u2028b.js": "abc"}),
    ],
)
def test_lines_of_others(text: str, expected: dict[str, str]) -> None:
    """Manifests of peers and of sha256sum are read leniently; the first line for a path counts."""
    assert parse_manifest(text) == expected


@pytest.mark.parametrize("end", [" ", "\t", "  \r"])
def test_white_space_after_a_path(end: str) -> None:
    """Is no part of it, as peers split lines; a name that ends so is written encoded."""
    assert parse_manifest(f"abc  a.js{end}\ndef  b.js%20\n")["a.js"] == "abc"
    assert parse_manifest(f"abc  a.js{end}\ndef  b.js%20\n")["b.js "] == "def"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("static\\css\\app.css", "static/css/app.css"),
        (".\\static\\app.css", "static/app.css"),
        ("static\\a%20b.css", "static/a b.css"),
    ],
)
def test_paths_of_windows(path: str, key: str) -> None:
    """Are looked up as the URL paths that they stand for."""
    assert parse_manifest(f"abc  {path}\r\ndef  other.js\r\n")[key] == "abc"


def test_backslashes_in_names() -> None:
    """A file whose name has one is found by its name; in our own manifests it is never a separator."""
    assert parse_manifest("abc  static/a\\b.js\n")["static/a\\b.js"] == "abc"
    own = render_manifest({"/static/a%5Cb.js": "abc"})
    assert own.endswith("abc  static/a%5Cb.js\n")
    assert parse_manifest(own) == {"static/a\\b.js": "abc"}


def test_names_that_sha256sum_escapes() -> None:
    """It puts a backslash before the line of a name that has one (GNU coreutils manual, "cksum output modes")."""
    assert parse_manifest("\\abc  static/a\\\\b.js\n")["static/a\\b.js"] == "abc"


def test_many_lines() -> None:
    """A manifest of 100,000 lines is read whole, ours and others'."""
    paths = {f"/static/{number % 100}/a%20{number}.js": f"{number:08x}" for number in range(100_000)}
    text = render_manifest(paths)
    checksums = {asset_key(path): checksum for path, checksum in paths.items()}
    assert parse_manifest(text) == checksums
    others = parse_manifest(text.replace(HEADER, "").replace("\n", "\r\n"))
    assert len(others) == 200_000
    assert others.items() >= checksums.items()


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


def test_whole_manifests_of_our_own() -> None:
    """One that went through a Windows editor, and that of an app without static files."""
    assert parse_manifest(f"\ufeff{HEADER}\r\nabc  a%20b.js\r\n\r\n") == {"a b.js": "abc"}
    assert parse_manifest(render_manifest({})) == {}

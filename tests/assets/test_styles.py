"""Published style sheets: which references are replaced, by what, and what the sheets are then called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import pytest

from flask_cdn_stack.assets.style_links import Fingerprint, MissingReferences
from flask_cdn_stack.assets.styles import PublishedStyle, StyleSheet, check_references, publish_styles
from flask_cdn_stack.errors import AssetError

FILES = {
    "static/img/a.png": "aaaa",
    "static/css/a.png": "bbbb",
    "static/css/a b+ü.min.png": "cccc",
    "static/fonts/a.eot": "dddd",
    "static/css/.png": "eeee",
    "static/css/LICENSE": "ffff",
    "static/css/a.css.map": "9999",
    "static/x:y.png": "8888",
    "top.png": "7777",
    "static/100%.png": "6666",
}


def sheet(key: str, css: str | bytes = "") -> StyleSheet:
    return StyleSheet(key, f"/app/{key}", css if isinstance(css, bytes) else css.encode("utf-8", "surrogateescape"))


def in_name(key: str, checksum: str) -> Fingerprint:
    """Path mode."""
    return Fingerprint(hashed=checksum)


def in_query(key: str, checksum: str) -> Fingerprint:
    """Query mode."""
    return Fingerprint(query=checksum)


def unversioned(key: str, checksum: str) -> Fingerprint:
    """A name that carries a hash of its own."""
    return Fingerprint()


def publish(*sheets: StyleSheet, files: Mapping[str, str] = FILES) -> dict[str, PublishedStyle]:
    """Publish in path mode, without a warning."""
    published, warnings = publish_styles(sheets, files.get, in_name, "error")
    assert warnings == ()
    return published


def text_of(style: PublishedStyle) -> str:
    return style.body.decode()


@pytest.mark.parametrize(
    ("url", "named", "queried"),
    [
        ("a.png", "a.bbbb.png", "a.png?c=bbbb"),
        ("../img/a.png", "../img/a.aaaa.png", "../img/a.png?c=aaaa"),
        ("/static/img/a.png", "/static/img/a.aaaa.png", "/static/img/a.png?c=aaaa"),
        ("../../../../top.png", "../../../../top.7777.png", "../../../../top.png?c=7777"),
        ("%2e%2E/img/a.png", "../img/a.aaaa.png", "../img/a.png?c=aaaa"),
        ("../fonts/a.eot?v=4#x?y", "../fonts/a.dddd.eot?v=4#x?y", "../fonts/a.eot?v=4&c=dddd#x?y"),
        ("a.png?c=old&cc=1&v", "a.bbbb.png?c=old&cc=1&v", "a.png?cc=1&v&c=bbbb"),
        ("a b%2b%C3%bc.min.png", "a b%2b%C3%bc.min.cccc.png", "a b%2b%C3%bc.min.png?c=cccc"),
        ("/static%2Fimg%2fa.png", "/static/img/a.aaaa.png", "/static/img/a.png?c=aaaa"),
        (".png", ".png.eeee", ".png?c=eeee"),
        ("../x:y.png", "../x:y.8888.png", "../x:y.png?c=8888"),
    ],
)
def test_references_to_assets(url: str, named: str, queried: str) -> None:
    """The checksum goes into the last segment or the query; the rest is as the author wrote it."""
    css = 'a {{ b: url("{}") }}'
    quoted = url.replace("\\", "\\\\")
    for version, expected in ((in_name, named), (in_query, queried)):
        published, warnings = publish_styles([sheet("static/css/a.css", css.format(quoted))], FILES.get, version)
        assert (text_of(published["static/css/a.css"]), warnings) == (css.format(expected), ())


@pytest.mark.parametrize(
    "url",
    [
        *("data:image/svg+xml,%3csvg xmlns='x'/%3e", "https://fonts.example/a.woff2", "//fonts.example/a.woff2"),
        *("/\\fonts.example/a.woff2", "#gradient", " ", "?x"),
    ],
)
def test_references_left_alone(url: str) -> None:
    """Other hosts, other schemes, and a part of the sheet itself; nothing is copied."""
    one = sheet("static/css/a.css", f'a{{b:url("{url}")}}'.replace("\\", "\\\\"))
    assert publish(one)["static/css/a.css"].body is one.read()


def test_an_unversioned_name_stays() -> None:
    """A reference to it is as good as it was."""
    one = sheet("static/css/a.css", "a{b:url(a.png)}")
    published, _ = publish_styles([one], FILES.get, unversioned)
    assert published["static/css/a.css"].body is one.read()


def test_a_sheet_at_the_root() -> None:
    """Has no folder above it."""
    published = publish(sheet("a.css", "a{b:url(top.png) url(../static/img/a.png) url(/top.png)}"))
    assert text_of(published["a.css"]) == "a{b:url(top.7777.png) url(../static/img/a.aaaa.png) url(/top.7777.png)}"


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbfa{b:url(%s)}\r\n\xff\xfe\x00\x0c", b'a{b:"\xe4";c:url( "%s" )', b"@import '%s"]
)
def test_bytes_around_references(data: bytes) -> None:
    """A byte order mark, newlines, and what is not UTF-8."""
    body = publish(sheet("static/css/a.css", data % b"a.png"))["static/css/a.css"].body
    assert body == data % b"a.bbbb.png"


def test_every_kind_of_reference() -> None:
    """Fonts, imports, image sets and the source map of one sheet; the checksum is that of the bytes."""
    css = (
        "@import '{0}' print;@import url({0});@font-face{{src:url('../fonts/a{1}.eot')}}\n"
        "a{{b:image-set('{0}' 1x, \"{0}\" 2x);c:URL({0})}}\n/*# sourceMappingURL=a.css{2}.map */"
    )
    style = publish(sheet("static/css/a.css", css.format("a.png", "", "")))["static/css/a.css"]
    assert text_of(style) == css.format("a.bbbb.png", ".dddd", ".9999")
    assert style.version == hashlib.sha256(style.body).hexdigest()


@pytest.mark.parametrize(
    "css", ["a{b:URL(%s)}", "@IMPORT '%s'", "a{b:Image-Set('%s' 1x)}", "a{b:SRC('%s')}", "/*# sourceMappingURL=%s */"]
)
def test_one_kind_of_reference(css: str) -> None:
    """Each is found where it is the only one."""
    assert text_of(publish(sheet("a.css", css % "top.png"))["a.css"]) == css % "top.7777.png"


def test_newlines_in_a_url() -> None:
    """Browsers leave them out."""
    assert text_of(publish(sheet("a.css", "a{b:url('to\\a p.\\9 png')}"))["a.css"]) == "a{b:url('top.7777.png')}"


@pytest.mark.parametrize(
    "data", [b"", b"a{color:red}", b"\xff\xfea\0{\0u\0r\0l\0(\0", b"a{b:%s}" % (b"1" * 5_000), b"a{b:calc(1 curl (2))}"]
)
def test_a_sheet_without_references(data: bytes) -> None:
    """Is returned with its own bytes, and not read: a number that Python cannot read does not matter."""
    one = sheet("static/css/a.css", data)
    style = publish(one)["static/css/a.css"]
    assert style.body is one.read()
    assert style.version == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "data",
    [b"a{b:url(a.png) " + b"1" * 5_000 + b"}", "\ufeffa{b:url(a.png)}".encode("utf-16-le")[:-1]],
    ids=["a number", "half a character"],
)
def test_a_sheet_that_cannot_be_read(data: bytes) -> None:
    """Is published as it is, with a warning."""
    one = sheet("static/css/a.css", data)
    published, warnings = publish_styles([one], FILES.get, in_name)
    assert published["static/css/a.css"].body is one.read()
    assert warnings == ("/app/static/css/a.css cannot be read as a style sheet; it is published as it is.",)


def test_missing_assets() -> None:
    """All of them are named in one message, with file, line and URL as written, and what to do."""
    sheets = [
        sheet("static/b.css", "\n\na{b:url(../img/none.png?x#y)}"),
        sheet("static/a.css", "@import 'none.css';\na{b:url(/top.png) url('css//a.png') url(css/)}"),
    ]
    with pytest.raises(AssetError) as caught:
        publish_styles(sheets, FILES.get, in_name, "error")

    assert caught.value.message.splitlines() == [
        "References in style sheets lead to no asset:",
        "  /app/static/a.css, line 1: 'none.css'",
        "  /app/static/a.css, line 2: 'css//a.png'",
        "  /app/static/a.css, line 2: 'css/'",
        "  /app/static/b.css, line 3: '../img/none.png?x#y'",
    ]
    assert "--allow-missing" in caught.value.hint
    assert caught.value.exit_code == 2


def test_folders_are_no_assets() -> None:
    """Not even where another endpoint publishes a file of that name."""
    for url in ("/static/", "..", "../.", "../css/..", "/static/x/.."):
        with pytest.raises(AssetError, match=re.escape(repr(url))):
            publish(sheet("static/css/a.css", f"a{{b:url({url})}}"), files={"static": "1111", "static/css": "2222"})


def test_many_missing_assets() -> None:
    """Ten are listed and the others counted; what would drive a terminal is not in the message as it is."""
    sheets = [sheet(f"static/{number:02}.css", "a{b:url('\\1b[31m.png')}") for number in range(13)]
    with pytest.raises(AssetError) as caught:
        publish_styles(sheets, FILES.get, in_name, "error")

    lines = caught.value.message.splitlines()
    assert lines[1::9] == [
        "  /app/static/00.css, line 1: '\\x1b[31m.png'",
        "  /app/static/09.css, line 1: '\\x1b[31m.png'",
    ]
    assert lines[11:] == ["  ... and 3 more"]


def test_missing_assets_allowed() -> None:
    """They are kept, others are replaced, and each style sheet is warned of once, unless nobody wants to know."""
    one = sheet("static/css/a.css", "a{b:url(none.png) url(a.png)}\nc{d:url(none.png) url(no.png)}")
    two = sheet("static/css/b.css", "a{b:url(none.png)}")
    published, warnings = publish_styles([one, two], FILES.get, in_name)

    assert text_of(published["static/css/a.css"]).startswith("a{b:url(none.png) url(a.bbbb.png)}")
    assert warnings == (
        "/app/static/css/a.css, line 1: 'none.png' leads to no asset; the reference is kept. 2 more of this file do "
        "not either.",
        "/app/static/css/b.css, line 1: 'none.png' leads to no asset; the reference is kept.",
    )
    assert publish_styles([one, two], FILES.get, in_name, "ignore") == (published, ())


def test_many_style_sheets() -> None:
    """Ten are named, the others counted."""
    sheets = [sheet(f"static/{number:02}.css", "a{b:url(1.png) url(2.png)}") for number in range(13)]
    warnings = publish_styles(sheets, FILES.get, in_name)[1]

    assert len(warnings) == 11
    assert warnings[-1] == "3 more style sheets have such references; there are 26 in all."


@pytest.mark.parametrize("policy", ["warn", "error"])
def test_missing_source_maps(policy: MissingReferences) -> None:
    """Never stop a deploy, and are one line for all style sheets."""
    sheets = [sheet(f"static/{number:02}.css", "a{}\n/*# sourceMappingURL=none.map */") for number in range(12)]
    published, warnings = publish_styles(sheets, FILES.get, in_name, policy)

    assert all(published[one.key].body is one.read() for one in sheets)
    assert warnings == (
        "/app/static/00.css, line 2: 'none.map', a source map, leads to no asset, nor do the source maps of 11 more "
        "style sheets.",
    )


def test_what_names_alone_tell() -> None:
    """Before anything is hashed: which references lead nowhere, among them those that lead to another style sheet."""
    one = sheet("static/a.css", "@import 'b.css'; @import 'c.css'; a{b:url(a.png)}")

    with pytest.raises(AssetError, match=r"c\.css"):
        check_references([one, sheet("static/b.css", "")], {"static/a.png": "x"}.get)
    check_references([one, sheet("static/b.css", ""), sheet("static/c.css", "")], {"static/a.png": "x"}.get)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-8"])
def test_encodings(codec: str) -> None:
    """A byte order mark decides how a style sheet is read and written; ``@charset`` does not."""
    css = "\ufeff@charset 'iso-8859-1'; a{b:url(../img/a.png) 'ü\U0001f642'}"
    published = publish(sheet("static/css/a.css", css.encode(codec)))["static/css/a.css"]

    assert published.body.decode(codec) == css.replace("a.png", "a.aaaa.png")


def test_other_code_points() -> None:
    """A name that looks the same is another one, to Flask too; the warning shows both."""
    warnings = publish_styles([sheet("a.css", "a{b:url(\u00fc.png)}")], {"u\u0308.png": "1"}.get, in_name)[1]

    assert warnings[1] == "/app/a.css, line 1: '\u00fc.png' is written 'u\\u0308.png' in the file's name."

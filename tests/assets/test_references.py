"""URLs in the text of style sheets: found as browsers find them, and replaced without touching anything else."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flask_cdn_stack.assets.references import find_references, replace_references

BOOTSTRAP = """\
@charset "UTF-8";
/*! A framework: url(not/a/file.png) | MIT */
:root{--close:url("data:image/svg+xml,%3csvg viewBox='0 0 16 16'%3e%3c/svg%3e");--font:"Segoe UI","url(x)"}
.close:hover{background:transparent var(--close) center/1em auto no-repeat}
@media (min-width:576px){.d-sm\\:none[href$=".png"]{background:url(img/sm.png)}}
.a::before{content:"\\2014 \\00A0"}
/*# sourceMappingURL=framework.min.css.map */"""

FONT_AWESOME = """\
@font-face {
  font-family: 'Awesome';
  src: url('../fonts/awesome.eot?v=4.7.0');
  src: url('../fonts/awesome.eot?#iefix&v=4.7.0') format('embedded-opentype'),
       url("../fonts/awesome.woff2") format("woff2"), local("Awesome"),
       url(../fonts/awesome.svg#regular) format('svg');
}
.icon:before { content: "\\f000"; }
"""


def found(css: str) -> list[tuple[str, int, str]]:
    """Return URL, line and kind of each reference."""
    return [(reference.url, reference.line, reference.kind) for reference in find_references(css)]


def urls(css: str) -> list[str]:
    """Return the URL of each reference."""
    return [reference.url for reference in find_references(css)]


def replace_all(css: str, url: str) -> str:
    """Put one URL in place of all."""
    return replace_references(css, dict.fromkeys(find_references(css), url))


def test_a_framework() -> None:
    """Escaped class names, custom properties and strings with brackets stand around two files and a source map."""
    assert [(url[:10], line, kind) for url, line, kind in found(BOOTSTRAP)] == [
        ("data:image", 3, "url"),
        ("img/sm.png", 5, "url"),
        ("framework.", 7, "source-map"),
    ]


def test_icon_fonts() -> None:
    """Every ``src``, in any quotes, with query and fragment."""
    assert found(FONT_AWESOME) == [
        ("../fonts/awesome.eot?v=4.7.0", 3, "url"),
        ("../fonts/awesome.eot?#iefix&v=4.7.0", 4, "url"),
        ("../fonts/awesome.woff2", 5, "url"),
        ("../fonts/awesome.svg#regular", 6, "url"),
    ]


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("a{b:URL( c.png\n)}", ["c.png"]),
        ('a{b:Url(\t"c.png" )}', ["c.png"]),
        (r"a{b:u\72 l(c.png)}", ["c.png"]),
        (r"a{b:url(c\ d\(1\).png)}", ["c d(1).png"]),
        (r"a{b:url('it\'s\2e png')}", ["it's.png"]),
        ("a{b:url('long\\\nname.png')}", ["longname.png"]),
        ("a{b:url(a\0.png)}", ["a\ufffd.png"]),
        ("a{b:url()}", [""]),
        ("a{b:url(c.png", ["c.png"]),
        ("a{b:url(/*x.png)}", ["/*x.png"]),
        ("a{b:cross-fade(url(c.png),url('d.png'),50%)}", ["c.png", "d.png"]),
        ("a{--x:{y:url(c.png)};&:hover{b:[url(d.png)]}}", ["c.png", "d.png"]),
        ("a{b:image-set('c.png' 1x, url(d.png) 2x type('image/png'))}", ["c.png", "d.png"]),
        ("a{b:-webkit-IMAGE-SET('c.png' 1x)}", ["c.png"]),
        ("\ufeffurl(c.png)", ["c.png"]),
        ("a{b:'\nc;d:url(e.png)}", ["e.png"]),
    ],
)
def test_urls(css: str, expected: list[str]) -> None:
    """What a browser would fetch."""
    assert urls(css) == expected


@pytest.mark.parametrize(
    ("css", "kinds"),
    [
        ("a{filter:blur(1px) url('s.svg#f');color:red}", ["shape"]),
        ("@media print{a{b:c;clip-path:url(s.svg#c)!important}}", ["shape"]),
        ("a:hover{-WEBKIT-mask:url(s.svg#m)}", ["shape"]),
        ("a{mask:url(s.svg)}b{background:url(s.svg#view)}", ["url", "url"]),
        ("a{filter:none}@font-face{src:url(s.svg#font)}", ["url"]),
        ("a{filter:none;b:c}d{e:url(s.svg#f)}", ["url"]),
    ],
)
def test_parts_of_svg_files(css: str, kinds: list[str]) -> None:
    """Are known by the property that applies them; a view of a file, or a font in it, is none."""
    assert [reference.kind for reference in find_references(css)] == kinds


@pytest.mark.parametrize(
    "css",
    [
        "",
        "/* url(a.png) */",
        "a{b:'url(c.png)'}",
        "a{b:format('c.png') local('d') attr(e url)}",
        "a{b:url(c d.png)}",
        "a{b:url('c\n.png')}",
        "a{b:src(var(--c))}",
        "@namespace url(http://www.w3.org/2000/svg);",
        "@-moz-document url('a.html'){}",
        "@supports (b:url(c.png)) and (d:image-set('e.png' 1x)){}",
        "@import layer(a) 'b.css';",
        "/* sourceMappingURL=a.map */",
        "/*# sourceMappingURL=a b */",
    ],
)
def test_no_urls(css: str) -> None:
    """Comments, other strings, identifiers, conditions, and what browsers throw away."""
    assert urls(css) == []


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ('@IMPORT"a.css"', ["a.css"]),
        ("@import/**/url(a.css) screen;", ["a.css"]),
        ("@import url('a.css') layer(x) supports(b:url(c.png)) print;", ["a.css"]),
        (r"@\69mport 'a\.css'", ["a.css"]),
        ("@charset 'x';@import 'a.css';@import 'b.css';", ["a.css", "b.css"]),
    ],
)
def test_imports(css: str, expected: list[str]) -> None:
    """The first thing after ``@import``, and nothing of the conditions after it."""
    assert [(reference.url, reference.kind) for reference in find_references(css)] == [
        (url, "import") for url in expected
    ]


@pytest.mark.parametrize(
    "css", ["/*@ sourceMappingURL=a.map*/", "/*#sourceMappingURL=a.map\n*/", "/*# sourceMappingURL=a.map"]
)
def test_source_maps(css: str) -> None:
    """A comment in the new form or the old one, also where a semicolon was forgotten before it."""
    assert [(reference.url, reference.kind) for reference in find_references(css)] == [("a.map", "source-map")]


def test_lines() -> None:
    """Every kind of newline counts once; the place in the text is exact all the same."""
    css = "\ufeffa{}\r\nb{}\rc{}\fd{}\n\r\ne{f:url(g.png) \r\n url('h.png')}\r\n/*# sourceMappingURL=i.map */"
    assert found(css) == [("g.png", 6, "url"), ("h.png", 7, "url"), ("i.map", 8, "source-map")]
    assert [css[each.start : each.end] for each in find_references(css)] == ["g.png", "h.png", "i.map"]


@pytest.mark.parametrize(
    ("css", "url", "expected"),
    [
        ("a{b:URL( c.png\r\n)}", "d.png", "a{b:URL( d.png\r\n)}"),
        ("a{b:url(c.png)}", " (d)'\".png\n\x7f", "a{b:url(\\ \\(d\\)\\'\\\".png\\a \\7f )}"),
        ("a{b:url(c\\ )}", "d", "a{b:url(d )}"),
        ("a{b:url('c.png')}", '(it\'s "d").png', "a{b:url('(it\\'s \"d\").png')}"),
        ('a{b:url("c.png")}', '(it\'s "d").png', 'a{b:url("(it\'s \\"d\\").png")}'),
        ("@import 'a\\\r\nb'", "c\\\n\r\fd", "@import 'c\\\\\\a \\d \\c d'"),
        ("a{b:url(c", "d e", "a{b:url(d\\ e"),
        ("/*# sourceMappingURL=a.map  */", "b */c\u2003.map", "/*# sourceMappingURL=b%20%2A/c%E2%80%83.map  */"),
        ("\udcff\0\f{b:url(c)}\udc80", "d", "\udcff\0\f{b:url(d)}\udc80"),
    ],
)
def test_replacing(css: str, url: str, expected: str) -> None:
    """The new URL is written as its place demands; spaces, quotes and case around it stay."""
    assert replace_all(css, url) == expected


def test_some_are_replaced() -> None:
    """Those that are not named keep their place, whatever order the others are named in."""
    css = "a{b:url(1),url(2),url(3)}"
    first, _, third = find_references(css)
    assert replace_references(css, {third: "three", first: "one"}) == "a{b:url(one),url(2),url(three)}"


def test_depth_does_not_matter() -> None:
    """Brackets within brackets are not followed by calls within calls."""
    assert urls("a(" * 50_000 + "url(b.png)") == ["b.png"]


def test_what_cannot_be_read() -> None:
    """Python reads no number of that length."""
    with pytest.raises(ValueError, match="4300"):
        find_references("a{b:" + "1" * 5_000 + "}")


PIECES = st.sampled_from(
    ["url(", "URL('", 'url("', "src('", "image-set(", "@import ", "@namespace ", "@supports ", "/*# sourceMappingURL=",
     "/*", "*/", "{", "}", "(", ")", "[", "]", ";", ":", "'", '"', "\\", "\\a ", "\\29 ", " ", "\n", "\r\n",
     "\r", "\f", "\t", "\0", "\ufeff", "\udcff", "a.png", "b", "1.5e3", "#", "u+26", "-->", "<!--", "ü", "\u2028"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(st.characters(), max_size=60))


@given(TEXTS)
def test_nothing_to_replace(css: str) -> None:
    """Without replacements any text, style sheet or not, stays as it is."""
    assert replace_references(css, {}) == css


@given(TEXTS)
@example("a{b:url(c\\\n)}")
@example("url(\\")
@example("url(x\\ ")
@example("url(\\d800 ")
@example("url(\\a @import ")
@example("@import '\\")
@example("\ufeff\r\n@import 'x\\\r\ny'")
def test_own_urls(css: str) -> None:
    """Replaced by themselves all are found again."""
    before = find_references(css)
    written = replace_references(css, {reference: reference.url for reference in before})
    after = find_references(written)
    assert [(each.url, each.kind) for each in after] == [(each.url, each.kind) for each in before]


@given(TEXTS, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20))
def test_any_url(css: str, url: str) -> None:
    """Any other URL is found again where it was put; a source map's is percent-encoded where it must be."""
    before = find_references(css)
    after = find_references(replace_all(css, url))
    assert [each.kind for each in after] == [each.kind for each in before]
    assert {each.url for each in after if each.kind != "source-map"} <= {url}


@given(TEXTS)
def test_between_references(css: str) -> None:
    """The pieces found do not overlap, and the text between them stays."""
    before = find_references(css)
    bounds = [0, *(bound for each in before for bound in (each.start, each.end)), len(css)]
    assert bounds == sorted(bounds)
    between = [css[start:end] for start, end in zip(bounds[::2], bounds[1::2], strict=True)]
    replaced = replace_all(css, "x")
    assert replaced == "x".join(between)

"""Which URLs pages name, how pages are read, and what becomes of what they name."""

from __future__ import annotations

import pytest
from flask import Flask, redirect

from flask_cdn_stack.verify.app_pages import read_app_pages
from flask_cdn_stack.verify.crawl import MAX_PAGES, Crawler, Fetched, FetchError, fetch_with
from flask_cdn_stack.verify.markup import find_links, find_style_links
from flask_cdn_stack.verify.model import Page
from flask_cdn_stack.verify.viewer import Limits, Viewer
from tests.verify.fake_cdn import HOST, FakeCDN, Given

_ADDRESS = "https://shop.example/a/b"
_PICTURE = "https://shop.example/a/%C3%BC%20b%20.png"


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<link rel="Preload Stylesheet" href="x.css">', ["https://shop.example/a/x.css"]),
        ('<link rel=preconnect href="//cdn.example"><link rel=canonical href=/><link href=x.css>', []),
        ("<script src=/x.js></script>", ["https://shop.example/x.js"]),
        ("<base href=/s/><img src=x.png>", ["https://shop.example/s/x.png"]),
        ("<base href=http://[><img src=/x.png>", ["https://shop.example/x.png"]),
        ("<img srcset='x.png 1x, //cdn.example/y.png 2x,'>", ["https://shop.example/a/x.png", "https://cdn.example/y.png"]),
        ("<link rel=preload imagesrcset='x.png 2x'>", ["https://shop.example/a/x.png"]),
        ("<svg><use href='x.svg#a'/><use xlink:href='y.svg#a'/></svg>", ["https://shop.example/a/x.svg", "https://shop.example/a/y.svg"]),
        ("<style>a { background: url('x.png') }</style>", ["https://shop.example/a/x.png"]),
        ("<p style='background: url(x.png)'>", ["https://shop.example/a/x.png"]),
        ("<img src='  x.png\\n'><img src=data:x><img src=http://[>", ["https://shop.example/a/x.png"]),
        ("<img src=x.png><img src=x.png#a", ["https://shop.example/a/x.png"]),
        ("<img src='ü b%20.png?c=é&d'><img src='a\x1b.png'>", [f"{_PICTURE}?c=%C3%A9&d", "https://shop.example/a/a%1B.png"]),
    ],
)  # fmt: skip
def test_what_a_page_loads(html: str, found: list[str]) -> None:
    """As absolute URLs without fragments, each once."""
    assert list(find_links(html.replace("\\n", "\n"), _ADDRESS).resources) == found


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<script>import('https://cdn.example/x.js')</script>", ["https://cdn.example/x.js"]),
        ('<script>{"a": "https:\\/\\/cdn.example\\/x.js"}</script>', ["https://cdn.example/x.js"]),
        ('<script type=importmap>{"imports": {"a": "//cdn.example/a.mjs"}}</script>', ["https://cdn.example/a.mjs"]),
        ("<div data-src='//cdn.example/x.png' data-y='see //cdn.example/y.png.'>", ["https://cdn.example/x.png", "https://cdn.example/y.png"]),
        ("<script>const cdn = 'https://cdn.example/static/', file = `//cdn.example/${name}`</script>", []),
        ("<meta property='og:image' content='https://cdn.example/x.png'>", ["https://cdn.example/x.png"]),
    ],
)  # fmt: skip
def test_what_scripts_name(html: str, found: list[str]) -> None:
    """Whatever looks like a file's URL, and not what others are built of."""
    assert list(find_links(html, _ADDRESS).others) == found


def test_links_to_pages() -> None:
    """But those that robots are not to follow."""
    assert find_links("<a href=/x>x</a><a rel=nofollow href=/out>x</a>", _ADDRESS).pages == ("https://shop.example/x",)


def test_what_a_style_sheet_names() -> None:
    """What it imports too; nothing of one that cannot be read, and no source map."""
    css = "@import 'y.css'; a { src: url(../x.woff2) } /*# sourceMappingURL=x.map */"

    assert find_style_links(css, "https://cdn.example/s/t/a.css") == (
        "https://cdn.example/s/t/y.css",
        "https://cdn.example/s/x.woff2",
    )
    assert find_style_links(f"a {{ width: {'9' * 5000} }} b {{ background: url(x.png) }}", _ADDRESS) == ()


def make_app() -> Flask:
    """An app with pages of every kind."""
    app = Flask(__name__, static_folder=None)
    pages = {
        "/": "<a href=/next>x</a><a href=/away>x</a><a href=/?page=2>x</a><a href=https://other.example/>x</a>",
        "/next": "<a href=/>x</a><a href=/gone>x</a><img src=https://cdn.example/x.png><img src=/gone.png>",
        "/data": None,
    }
    for path, html in pages.items():
        app.add_url_rule(path, path, lambda html=html: html or app.json.response({}))
    app.add_url_rule("/away", "away", lambda: redirect("/next"))
    app.add_url_rule("/loop", "loop", lambda: redirect("/loop"))
    app.add_url_rule("/error", "error", lambda: str(1 / 0))
    return app


def test_the_pages_of_an_app() -> None:
    """Those that it links to are read, once each; what is missing on its own host is told."""
    first, second = read_app_pages(make_app(), ["/"])

    assert (first.url, first.references) == ("http://localhost/", ())
    assert second.url == "http://localhost/next"
    assert second.references == ("https://cdn.example/x.png", "http://localhost/gone.png")
    assert second.broken == (("http://localhost/gone.png", "answers 404"),)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/gone", "it answers 404"),
        ("/error", "it answers 500"),
        ("/loop", "it redirects without an end"),
    ],
)
def test_a_page_that_cannot_be_read(path: str, problem: str) -> None:
    """Is told where it was named, and not where it is only linked to."""
    assert read_app_pages(make_app(), [path]) == (Page(f"http://localhost{path}", problem=problem),)


def test_an_app_that_lets_its_errors_through() -> None:
    """As one that is being debugged; and one below a path, on a host of its own, by https."""
    app = make_app()
    app.testing = True
    (page,) = read_app_pages(app, ["/error"])
    assert page.problem == "ZeroDivisionError: division by zero"

    app = make_app()
    app.config.update(SERVER_NAME="shop.example", APPLICATION_ROOT="/shop", PREFERRED_URL_SCHEME="https")
    app.add_url_rule("/below", "below", lambda: "<a href=/shop/next>x</a>")
    assert [page.url for page in read_app_pages(app, ["/below", "/shop/below"])][:2] == [
        "https://shop.example/shop/below",
        "https://shop.example/shop/next",
    ]


def test_there_is_an_end() -> None:
    """Of an app whose pages link to ever more of them, also where none of these is there."""
    asked = []

    def fetch(url: str) -> Fetched:
        asked.append(url)
        if len(asked) % 2:
            return Fetched(200, "", "text/html", f"<a href=/{len(asked)}>x</a><a href=/{len(asked)}b>x</a>")
        raise FetchError("gone")

    Crawler(fetch, follows=True).read(["http://localhost/"])

    assert len(asked) == MAX_PAGES


def test_pages_of_a_server(cdn: FakeCDN) -> None:
    """Are fetched, after redirects; what they link to is not."""
    pages = {
        "/": Given(200, {"Content-Type": "text/html"}, b"<a href=/more>x</a><img src=//cdn.example/x.png>"),
        "/old": Given(302, {"Location": "/"}),
        "/loop": Given(302, {"Location": "/loop"}),
    }
    cdn.fault = lambda asked, given: pages.get(asked.path)
    with Viewer(cdn.way, Limits(repeats=0)) as viewer:
        found = Crawler(fetch_with(viewer), follows=False).read(
            f"http://{HOST}{path}" for path in ("/old", "/loop", "/x")
        )

    ended = "Remote end closed connection without response"
    assert found == (
        Page(f"http://{HOST}/", (f"http://{HOST}/x.png",), ((f"http://{HOST}/x.png", f"cannot be had: {ended}"),)),
        Page(f"http://{HOST}/loop", problem="it redirects without an end"),
        Page(f"http://{HOST}/x", problem=ended),
    )  # fmt: skip

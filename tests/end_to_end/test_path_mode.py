"""Checksums in names, and in queries that the edge leads there: the four acts, read back by all ways to a file.

Viewers come through the local edge, which keeps what it was asked for before.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest

from flask_cdn_stack.naming import hashed_path, version_path
from flask_cdn_stack.verify import Answer, fetch
from tests.cli.observing import invalidations
from tests.conftest import Program, write_files
from tests.end_to_end.fronted import Viewed, front
from tests.end_to_end.published import cdn_host, connect, crawl, read_manifest
from tests.end_to_end.shop import APP, PAGE, TYPES
from tests.local.edge.site import Clock
from tests.soak.browser import Browser

_HASHED = "public, max-age=31536000, immutable"
_KEPT = "public, max-age=300"
# After that, plain names beside hashed ones are what was published.
_PLAIN_SECONDS = 300

_SETTINGS = """
    app: shop:create_app
    stack: {stack}
    assets:
      {mode}
      local: []
      headers:
        - {{match: "static/fonts/**", set: {{Content-Language: de, X-Amz-Meta-Kind: font}}}}
        - {{match: "*.woff2", set: {{Content-Language: en}}}}
        - {{match: "LICENSE", set: {{Content-Type: text/plain; charset=utf-8}}}}
"""
_APP_CSS = b"""@import "base.css"; @import url(/catalog/catalog/shop.css) print;
body { background: url("../img/bg.svg?v=1#layer") url( '../img/with space.svg' ) }
@font-face { src: url(../fonts/tea.woff2) format("woff2") }
a { background: url(data:image/gif;base64,R0lGOD) } /* url(nothing.svg) */
"""
_STATIC = {
    "static/css/app.css": _APP_CSS,
    "static/css/base.css": "h1 { background: url(../img/über.svg) } p { cursor: url(../img/bg.svg) }\n".encode(),
    "static/img/bg.svg": b"<svg>bg</svg>",
    "static/img/with space.svg": b"<svg>space</svg>",
    "static/img/über.svg": b"<svg>over</svg>",
    "static/fonts/tea.woff2": b"wOF2\0\1",
    "static/js/jquery.min.js": b"jquery",
    "static/js/a+b.js": b"plus",
    "static/js/old.js": b"old",
    "static/LICENSE": b"license",
    "static/favicon.ico": b"icon",
    "static/sw.js": b"worker",
    "catalog/catalog/shop.css": b"p { background: url(pot.svg) }\n",
    "catalog/catalog/pot.svg": b"<svg>pot</svg>",
    "catalog/reviews/files/star.svg": b"<svg>star</svg>",
}


class Mode(NamedTuple):
    """Settings below ``assets``, which keys have no name with their checksum, and which are linked with ``?c=``."""

    settings: str
    kept: frozenset[str]
    in_query: frozenset[str]


_KEPT_NAMES = frozenset({"static/favicon.ico", "static/sw.js"})
PATH = Mode("fingerprint: path", _KEPT_NAMES, _KEPT_NAMES)
IMMUTABLE = Mode("immutable: true", frozenset(), frozenset(_STATIC) | {"static/js/new.js"})


def _folder(key: str) -> str:
    return "shop/" + key.replace("catalog/reviews/files/", "reviews/").replace("catalog/catalog/", "catalog/")


def _write(program: Program, files: dict[str, bytes]) -> None:
    write_files(program.folder, {_folder(key): data for key, data in files.items()})


@pytest.fixture
def make_shop(
    tmp_path: Path, make_program: Callable[[Path], Program], clock: Clock
) -> Iterator[Callable[..., Program]]:
    """Provision a project in a mode, with further settings."""
    running = ExitStack()

    def make(mode: Mode, more: str = "") -> Program:
        program = running.enter_context(front(make_program(tmp_path / "shop"), clock))
        stack = f"path-{abs(hash(str(tmp_path))) % 10**9}"
        settings = _SETTINGS.format(stack=stack, mode=mode.settings) + more
        write_files(
            program.folder,
            {"flask-cdn-stack.yml": settings, "shop/__init__.py": APP, "shop/templates/page.html": PAGE},
        )
        _write(program, _STATIC)
        program.ok("provision", "--yes")
        return program

    with running:
        yield make


def _deploy(program: Program) -> Any:
    return program.ok("deploy", "--json").json


def _key(url: str) -> tuple[str, str]:
    """Return the plain key that a URL leads to, and the checksum in its name or query."""
    parts = urlsplit(url)
    path = unquote(parts.path).removeprefix("/")
    found = re.fullmatch(r"(.*)\.([0-9a-f]{16})(\.[^./]*)?", path)
    return (found[1] + (found[3] or ""), found[2]) if found else (path, parts.query.removeprefix("c="))


class _Reader:
    """What a viewer sees of the published site."""

    def __init__(self, program: Program) -> None:
        self.host, self._find_address = f"http://{cdn_host(program)}", connect(program).connect_address
        self.manifest = {unquote(path): checksum for path, checksum in read_manifest(program).items()}

    def get(self, url: str) -> Answer:
        return fetch(url.partition("#")[0], self._find_address, {"Origin": "https://shop.example"})

    def expect(self, url: str, files: dict[str, bytes], control: str) -> bytes:
        """Fetch a URL of a file, compare what comes, and return it."""
        key, checksum = _key(url)
        answer = self.get(url)
        assert answer.status == 200, url
        body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
        assert hashlib.sha256(body).hexdigest() == self.manifest[key], url
        assert self.manifest[key].startswith(checksum), url
        assert key.endswith(".css") or body == files[key], url
        suffix = key.rpartition("/")[2].partition(".")[2].rpartition(".")[2]
        content_type = TYPES["txt"] if key.endswith("LICENSE") else TYPES[suffix]
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == (content_type, control), url
        assert answer.headers["access-control-allow-origin"] == "*", url
        return body


def _references(text: str) -> Iterator[str]:
    text = re.sub(r"/\*.*?\*/", "", text)
    for found in re.finditer(r"""(?:url\(\s*|@import\s+)["']?([^"')\s][^"')]*)""", text):
        if not found[1].startswith(("data:", "url(")):
            yield found[1].strip()


def _expect_site(program: Program, mode: Mode, files: dict[str, bytes]) -> dict[str, bytes]:
    """Compare every file by every way that leads to it; return the bytes by the URLs that the app renders."""
    reader = _Reader(program)
    assert set(reader.manifest) == set(files)
    rendered = {}
    for url in crawl(program, "/catalog/"):
        key, checksum = _key(url)
        assert url.startswith(reader.host + "/"), url
        assert len(checksum) == 16
        assert ("?c=" in url) == (key in mode.in_query), url
        rendered[url] = reader.expect(url, files, _KEPT if key in mode.kept else _HASHED)
    assert {_key(url)[0] for url in rendered} == set(files)
    for url, body in rendered.items():
        plain = f"{reader.host}/{urlsplit(url).path.lstrip('/').replace(f'.{_key(url)[1]}', '')}"
        assert reader.expect(plain, files, _KEPT) == body
        for base in (url, plain) if url.endswith(".css") else ():
            _follow(reader, base, body.decode(), rendered)
    return rendered


def _follow(reader: _Reader, base: str, text: str, rendered: dict[str, bytes]) -> None:
    """Fetch what a served style sheet refers to; each is one of the rendered URLs."""
    # A browser encodes what a style sheet need not.
    followed = [urljoin(base, quote(reference, safe="%/?=#")) for reference in _references(text)]
    assert followed
    for url in followed:
        answer = reader.get(url)
        checksum = re.search("c=[0-9a-f]{16}", url)
        address = urlsplit(url)._replace(query=checksum[0] if checksum else "", fragment="").geturl()
        assert (answer.status, answer.body) == (200, rendered[address]), (base, url)


def _bodies(browser: Browser, urls: Iterable[str], clock: Clock) -> dict[str, bytes]:
    return {url: answer.body for url, answer in browser.load(urls, clock()).items() if answer}


@pytest.mark.parametrize("mode", [PATH, IMMUTABLE], ids=["path", "immutable"])
def test_four_acts(make_shop: Callable[..., Program], mode: Mode, clock: Clock) -> None:
    """First deploy; nothing changed; a change, a deletion and an addition; nothing changed."""
    shop, files = make_shop(mode), dict(_STATIC)

    first = _deploy(shop)
    assert {item["reason"] for item in first["uploaded"]} == {"new"}
    assert len(first["uploaded"]) == 2 * len(files) - len(mode.kept)
    assert first["invalidated"] == []
    rendered = _expect_site(shop, mode, files)
    browser = Browser(Viewed(shop))
    assert _bodies(browser, rendered, clock) == rendered
    font = next(url for url in rendered if ".woff2" in url)
    headers = _Reader(shop).get(font).headers
    assert (headers["content-language"], headers["x-amz-meta-kind"]) == ("en", "font")

    same = _deploy(shop)
    assert (same["release"], same["uploaded"], same["requests"]) == (first["release"], [], {"GetObject": 1})

    (shop.folder / _folder("static/js/old.js")).unlink()
    del files["static/js/old.js"]
    files |= {"static/img/bg.svg": b"<svg>other</svg>", "static/favicon.ico": b"new", "static/js/new.js": b"new"}
    _write(shop, files)

    changed = _deploy(shop)
    # Before the deploy, the edge was asked for everything.
    clock.now += _PLAIN_SECONDS
    after = _expect_site(shop, mode, files)
    assert changed["invalidated"] == ["/static/favicon.ico*"] * len(mode.kept & {"static/favicon.ico"})
    assert invalidations(shop) == [["/static/favicon.ico*"]] * len(mode.kept & {"static/favicon.ico"})
    reasons = {item["key"]: item["reason"] for item in changed["uploaded"]}
    styles = ["static/css/app.css", "static/css/base.css"]  # their references changed
    plain = dict.fromkeys(["static/img/bg.svg", "static/favicon.ico", *styles], "changed") | {"static/js/new.js": "new"}
    keys = {_key(url) for url in after.keys() - rendered.keys()}
    rename = version_path if mode is IMMUTABLE else hashed_path
    hashed = {rename(key, checksum): "new" for key, checksum in keys if key not in mode.kept}
    assert reasons == plain | hashed
    assert len(hashed) == 5 - len(mode.kept & {"static/favicon.ico"})
    # Pages of the old release may still be open somewhere.
    old = {url: body for url, body in rendered.items() if _key(url)[0] not in mode.kept}
    assert _bodies(Browser(Viewed(shop)), old, clock) == _bodies(browser, old, clock) == old
    assert _bodies(browser, after, clock) == after

    again = _deploy(shop)
    assert (again["release"], again["uploaded"], again["requests"]) == (changed["release"], [], {"GetObject": 1})
    _expect_site(shop, mode, files)


def test_stored_compressed(make_shop: Callable[..., Program]) -> None:
    """Text that gets smaller is stored gzipped, says so, and unpacks to the bytes that its name promises."""
    shop = make_shop(PATH, "      gzip: true\n")
    files = {**_STATIC, "static/js/long.js": b"console.log('tea');\n" * 500}
    _write(shop, files)

    _deploy(shop)

    rendered = _expect_site(shop, PATH, files)
    encodings = {_key(url)[0]: _Reader(shop).get(url).headers.get("content-encoding") for url in rendered}
    assert encodings["static/js/long.js"] == "gzip"
    assert encodings["static/fonts/tea.woff2"] is None
    assert encodings["static/js/jquery.min.js"] is None
    assert _deploy(shop)["requests"] == {"GetObject": 1}

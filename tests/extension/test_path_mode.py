"""``CDN_FINGERPRINT = "path"``: the checksum stands in the file name."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from flask import render_template_string

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.errors import MissingAssetError
from flask_cdn_stack.manifest import render_manifest

from .conftest import ask

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from .conftest import MakeApp

CDN_URL = "http://cdn.example.net"
MANIFEST = """\
aaaaaaaaaa  admin/admin_static/adm.js
bbbbbbbbbb  again/admin_static/adm.js
cccccccccc  parent/child/child_static/kid.js
dddddddddd  static/sw.js
eeeeeeeeee  static/.well-known/security.txt
ffffffffff  static/app.js
0123456789  media/pic.png
"""


def open_app(make_app: MakeApp, root: Path, manifest: str, **config: Any) -> Flask:
    (root / "m.txt").write_text(manifest, "utf-8")
    defaults = {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt", "CDN_FINGERPRINT": "path"}
    return make_app(**defaults | config)


@pytest.mark.parametrize(
    ("filename", "listed", "expected"),
    [
        ("app.min.js", "app.min.js", "app.min.abc.js"),
        ("v1.2/LICENSE", "v1.2/LICENSE", "v1.2/LICENSE.abc"),
        (".htaccess", ".htaccess", ".htaccess.abc"),
        (".hidden.css", ".hidden.css", ".hidden.abc.css"),
        ("dot.", "dot.", "dot.abc."),
        ("a..js", "a..js", "a..abc.js"),
        ("a%2Eb", "a%252Eb", "a%252Eb.abc"),
        ("日本/語.中", "日本/語.中", "%E6%97%A5%E6%9C%AC/%E8%AA%9E.abc.%E4%B8%AD"),
        ("c++/a.h+", "c++/a.h+", "c%2B%2B/a.abc.h%2B"),
        ("a.js?x=1.2", "a.js%3Fx=1.2", "a.js%3Fx=1.abc.2"),
    ],
)
def test_names(make_app: MakeApp, root: Path, filename: str, listed: str, expected: str) -> None:
    """The checksum comes before the last extension of the file, and the rest is as Flask writes it."""
    app = open_app(make_app, root, f"abc  static/{listed}\n")
    assert [ask(app, filename) for _ in range(2)] == [f"{CDN_URL}/static/{expected}"] * 2


@pytest.mark.parametrize(
    ("checksum", "length", "expected"),
    [
        ("0123456789", None, "app.0123456789.js"),
        ("0123456789", 4, "app.0123.js"),
        ("v1/2?x#y&z=1+2%41", None, "app.v1%2F2%3Fx%23y%26z%3D1%2B2%2541.js"),
        ("é1", 1, "app.%C3%A9.js"),
        ("'\"><script>", None, "app.%27%22%3E%3Cscript%3E.js"),
    ],
)
def test_checksums(make_app: MakeApp, root: Path, checksum: str, length: int | None, expected: str) -> None:
    """As much as is asked for is used, and what others put there stays within the file's name."""
    app = open_app(make_app, root, f"{checksum}  static/app.js\n", CDN_CHECKSUM_LENGTH=length)
    assert ask(app, "app.js") == f"{CDN_URL}/static/{expected}"


@pytest.mark.parametrize(
    ("config", "endpoint", "values", "expected"),
    [
        ({}, "admin.static", {"filename": "adm.js"}, "/admin/admin_static/adm.aaaaaaaaaa.js"),
        ({"CDN_ENDPOINTS": "media"}, "media", {"filename": "pic.png"}, "/media/pic.0123456789.png"),
        ({}, "static", {"filename": "app.js", "c": "mine", "t": "0"}, "/static/app.ffffffffff.js?c=mine&t=0"),
        ({"CDN_VERSION": 2}, "static", {"v": "1", "filename": "app.js", "x": 3}, "/static/app.ffffffffff.js?v=2&x=3"),
        ({"CDN_TIMESTAMP": True}, "static", {"filename": "bah.js"}, "/static/bah.js?t=1400000000"),
    ],
)
def test_urls(
    make_app: MakeApp, root: Path, config: dict[str, Any], endpoint: str, values: dict[str, Any], expected: str
) -> None:
    """Every endpoint's names carry it; values of the caller and the version stay in the query."""
    app = open_app(make_app, root, MANIFEST, **config)
    with app.test_request_context():
        assert [url_for(endpoint, **values) for _ in range(2)] == [CDN_URL + expected] * 2


@pytest.mark.parametrize(
    ("globs", "filename", "expected"),
    [
        (["sw.js"], "sw.js", "sw.js?c=dddddddddd"),
        (["static/*.js"], "app.js", "app.js?c=ffffffffff"),
        (["other/*.js", "js/**"], "app.js", "app.ffffffffff.js"),
        ("sw.js, *.txt", ".well-known/security.txt", ".well-known/security.txt?c=eeeeeeeeee"),
    ],
)
def test_names_that_stay(make_app: MakeApp, root: Path, globs: object, filename: str, expected: str) -> None:
    """CDN_KEEP_NAMES puts the checksum of what it names into the query."""
    app = open_app(make_app, root, MANIFEST, CDN_KEEP_NAMES=globs)
    assert [ask(app, filename) for _ in range(2)] == [f"{CDN_URL}/static/{expected}"] * 2


def test_names_that_stay_have_the_rest(make_app: MakeApp, root: Path) -> None:
    """Short checksum, version and the caller's own c in its place, as in query mode; the globs see decoded names."""
    app = open_app(
        make_app,
        root,
        "0123456789  static/a%20%2B.js\n",
        CDN_KEEP_NAMES=["a +.js"],
        CDN_CHECKSUM_LENGTH=4,
        CDN_VERSION=7,
    )
    assert ask(app, "a +.js", c="mine", x="1") == f"{CDN_URL}/static/a%20%2B.js?c=0123&x=1&v=7"


BUNDLED = "assets/main +-BRBmoGS9.js"
SUM = sha256(b"bundled").hexdigest()
MARKED = render_manifest(
    {"static/assets/main%20%2B-BRBmoGS9.js": SUM, "static/app.js": "f" * 64}, ["static/assets/main%20%2B-BRBmoGS9.js"]
)
PLAIN_URL = f"{CDN_URL}/static/assets/main%20%2B-BRBmoGS9.js"
PAGE = "{{ url_for('static', filename=name) }} {{ cdn_integrity('static', filename=name) }}"


def render_page(app: Flask, filename: str = BUNDLED) -> list[str]:
    """Return a file's URL, built and remembered, and its integrity value."""
    with app.test_request_context():
        url, _, integrity = render_template_string(PAGE, name=filename).partition(" ")
        assert url_for("static", filename=filename) == url
    return [url, integrity.replace("&#43;", "+")]


def test_names_of_bundlers(make_app: MakeApp, root: Path) -> None:
    """Stay without a checksum in the query, and what they name is always the same bytes."""
    app = open_app(make_app, root, MARKED, CDN_CHECKSUM_LENGTH=16)
    assert render_page(app) == [PLAIN_URL, f"sha256-{b64encode(bytes.fromhex(SUM)).decode()}"]
    assert render_page(app, "app.js")[0] == f"{CDN_URL}/static/app.{'f' * 16}.js"
    assert ask(app, BUNDLED, x=1, c=2, _anchor="a") == f"{PLAIN_URL}?x=1&c=2#a"


@pytest.mark.parametrize(
    ("config", "manifest", "expected"),
    [
        ({"CDN_VERSION": 7}, MARKED, [f"{PLAIN_URL}?v=7", f"sha256-{b64encode(bytes.fromhex(SUM)).decode()}"]),
        ({}, MARKED.replace(SUM, "abc"), [PLAIN_URL, ""]),
        ({"CDN_KEEP_NAMES": "static/assets/**"}, MARKED, [f"{PLAIN_URL}?c={SUM}", ""]),
        ({"CDN_FINGERPRINT": "query"}, MARKED, [PLAIN_URL, ""]),
        ({"CDN_DEBUG": True}, MARKED, [PLAIN_URL.removeprefix(CDN_URL).replace("%2B", "+"), ""]),
        ({}, MARKED.partition("\n")[2], [PLAIN_URL.replace(".js", f".{SUM}.js"), None]),
    ],
)
def test_names_of_bundlers_otherwise(
    make_app: MakeApp, root: Path, config: dict[str, Any], manifest: str, expected: list[str]
) -> None:
    """A version is added; what the app's config says of a name counts more, and the marks of others not at all."""
    url, integrity = render_page(open_app(make_app, root, manifest, **config))
    assert url == expected[0]
    assert expected[1] in (integrity, None)


def test_names_of_bundlers_after_a_build(make_app: MakeApp, root: Path) -> None:
    """They come and go with the manifest, and stay with one that cannot be read again."""
    app = open_app(make_app, root, "# no manifest of ours\nabc  static/assets/main%20%2B-BRBmoGS9.js\n")
    assert render_page(app)[0] == PLAIN_URL.replace(".js", ".abc.js")
    (root / "m.txt").write_text(MARKED)
    CDN.reload(app)
    assert render_page(app)[0] == PLAIN_URL
    (root / "m.txt").unlink()
    CDN.reload(app)
    assert render_page(app)[0] == PLAIN_URL
    (root / "m.txt").write_text(render_manifest({"static/assets/main%20%2B-BRBmoGS9.js": "def"}))
    CDN.reload(app)
    assert render_page(app)[0] == PLAIN_URL.replace(".js", ".def.js")


def test_missing_assets(make_app: MakeApp, root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Have Flask's own URL under their plain name; in strict mode they are an error."""
    app = open_app(make_app, root, MANIFEST)
    for name in ("bah.js", "app.ffffffffff.js", "App.js", "app.js/", ""):
        assert ask(app, name) == f"/static/{name}"
    assert [record.getMessage().partition(" ")[0] for record in caplog.records] == [
        f"/static/{name}" for name in ("bah.js", "app.ffffffffff.js", "App.js")
    ]
    with pytest.raises(MissingAssetError, match=r"/static/bah\.js is not in"):
        ask(open_app(make_app, root, MANIFEST, CDN_STRICT=True))


def test_a_plain_name_is_not_taken_for_another(make_app: MakeApp, root: Path) -> None:
    """A file that is named as another one's URL keeps an URL of its own."""
    app = open_app(make_app, root, "abc  static/app.js\ndef  static/app.abc.js\n")
    assert [ask(app, name) for name in ("app.js", "app.abc.js")] == [
        f"{CDN_URL}/static/app.abc.js",
        f"{CDN_URL}/static/app.abc.def.js",
    ]

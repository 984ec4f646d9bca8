from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask
import pytest
from werkzeug.routing import BaseConverter, BuildError, ValidationError

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.errors import ManifestError, MissingAssetError
from flask_cdn_stack.extension.state import MAX_REPORTED

from .conftest import ask

if TYPE_CHECKING:
    from .conftest import Clock, MakeApp, ManifestServer

HOST = "http://cdn.example.net"
OFF = {"CDN_TIMESTAMP": False}
VERSIONED = OFF | {"CDN_VERSION": 7}
LISTED = {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"}
TIME = "?t=1400000000"
MANIFEST = """\
# flask-cdn-stack manifest
aaaaaaaa  admin/admin_static/adm.js
bbbbbbbb  static/a%2Bb.js
cccccccc  static/bah.js
dddddddd  static/css/app.css
eeeeeeee  static/uni%C3%A9.js
"""


@pytest.fixture(autouse=True)
def manifest(root: Path) -> Path:
    """A manifest beside the app."""
    file = root / "m.txt"
    file.write_text(MANIFEST)
    return file


@pytest.mark.parametrize(
    ("config", "endpoint", "values", "expected"),
    [
        (OFF, "static", {"v": ["1", "2"], "filename": "bah.js"}, f"{HOST}/static/bah.js?v=1&v=2"),
        (OFF, "static", {"filename": Path("css/app.css")}, f"{HOST}/static/css/app.css"),
        (OFF, "static", {"filename": "nope.js", "q": "1&1 2"}, f"{HOST}/static/nope.js?q=1%261+2"),
        (OFF, "static", {"filename": "a.js", "_external": True, "_method": "POST"}, f"{HOST}/static/a.js"),
        (OFF, "static", {"filename": "a.js", "_anchor": "a b/ü"}, f"{HOST}/static/a.js#a%20b/%C3%BC"),
        (OFF, "again.static", {"filename": "adm.js"}, f"{HOST}/again/admin_static/adm.js"),
        (OFF, "media", {"filename": "pic.png"}, "/media/pic.png"),
        (OFF, "view.static", {}, "/page"),
        (OFF, "tongue.static", {"filename": "x", "lang": "cs"}, "/cs/files/x"),
        (OFF | {"CDN_ENDPOINTS": "media"}, "media", {"filename": "a"}, f"{HOST}/media/a"),
        (VERSIONED, "static", {"v": "mine", "filename": "a", "x": 1}, f"{HOST}/static/a?v=7&x=1"),
        ({"CDN_VERSION": 7}, "static", {"filename": "bah.js"}, f"{HOST}/static/bah.js{TIME}&v=7"),
        ({}, "admin.static", {"filename": "both.js"}, f"{HOST}/admin/admin_static/both.js?t=1500000001"),
        ({}, "parent.child.static", {"filename": "kid.js"}, f"{HOST}/parent/child/child_static/kid.js?t=1500000002"),
        ({}, "static", {"filename": "../secret.txt"}, "/static/../secret.txt"),
        (OFF | {"CDN_DOMAIN": "x.net:81/Pre"}, "static", {"filename": "a"}, "http://x.net:81/Pre/static/a"),
        (OFF | {"CDN_DEBUG": False, "DEBUG": True}, "static", {"filename": "a"}, f"{HOST}/static/a"),
        ({"CDN_DEBUG": True}, "static", {"filename": "bah.js", "_external": True}, "http://localhost/static/bah.js"),
        (LISTED, "static", {"filename": "a+b.js"}, f"{HOST}/static/a%2Bb.js?c=bbbbbbbb"),
        (LISTED | {"CDN_CHECKSUM_LENGTH": 3}, "static", {"filename": "bah.js"}, f"{HOST}/static/bah.js?c=ccc"),
        (LISTED, "static", {"filename": "bah.js", "c": "my", "x": 1}, f"{HOST}/static/bah.js?c=cccccccc&x=1"),
        (LISTED, "static", {"x": "1", "filename": "bah.js"}, f"{HOST}/static/bah.js?x=1&c=cccccccc"),
    ],
)
def test_url(make_app: MakeApp, config: dict[str, Any], endpoint: str, values: dict[str, Any], expected: str) -> None:
    """Each URL is built by the rules, the first time and from memory, whatever page is shown."""
    app = make_app(**config)
    for page in ("/", "/admin/page"):
        with app.test_request_context(page):
            assert [url_for(endpoint, **values) for _ in range(3)] == [expected] * 3


@pytest.mark.parametrize(
    ("https", "schemes"),
    [(None, ["http", "https", "http"]), (True, ["https"] * 3), (False, ["http"] * 3)],
)
def test_scheme_of_the_request(make_app: MakeApp, https: object, schemes: list[str]) -> None:
    """CDN_HTTPS decides; where it does not, each request does."""
    app = make_app(CDN_HTTPS=https)
    pages = [f"{scheme}://localhost/" for scheme in ("http", "https", "http")]
    assert [ask(app, page=page).partition(":")[0] for page in pages] == schemes


def test_scheme_of_websockets_and_odd_proxies(make_app: MakeApp) -> None:
    """A secure socket counts as https; schemes that a proxy header makes up are not remembered."""
    app = make_app(**OFF)
    for scheme in ("wss", "https", "gopher", "x" * 10, "http"):
        with app.test_request_context(environ_overrides={"wsgi.url_scheme": scheme}):
            url = url_for("static", filename="bah.js")
        assert url.startswith("https://" if scheme in ("wss", "https") else "http://")
    assert set(app.extensions["cdn"].states.get().remembered) == {"http", "https"}


@pytest.mark.parametrize("preferred", ["http", "https"])
def test_without_request(make_app: MakeApp, preferred: str) -> None:
    """In an app context alone the preferred scheme is used, and no server name is needed."""
    with make_app(PREFERRED_URL_SCHEME=preferred, **OFF).app_context():
        urls = {url_for("static", filename="bah.js") for _ in range(2)}
    assert urls == {f"{preferred}://cdn.example.net/static/bah.js"}


@pytest.mark.parametrize(("config", "stamp"), [(OFF, ""), (LISTED, "c=cccccccc")])
def test_url_defaults(make_app: MakeApp, config: dict[str, Any], stamp: str) -> None:
    """Functions registered with url_defaults add to an asset's values, before and after it is remembered."""
    app = make_app(**config)
    extra: dict[str, str] = {}

    def query() -> str:
        return url_for("static", filename="bah.js").partition("?")[2]

    def add(endpoint: str, values: dict[str, str]) -> None:
        values.update({name: values.get(name, "") + extra[name] for name in extra if name != "filename"})
        values["filename"] = extra.get("filename", values["filename"])

    with app.test_request_context():
        assert query() == stamp
        app.url_default_functions[None].append(add)
        assert query() == stamp
        extra["lang"] = "cs"
        assert query() == "&".join(filter(None, ["lang=cs", stamp]))
        extra.clear()
        assert query() == stamp
        extra["filename"] = "css/app.css"
        assert "css/app.css" in url_for("static", filename="bah.js")


def test_url_defaults_of_a_blueprint(make_app: MakeApp) -> None:
    """Defaults of a blueprint reach its own static files and no others; a fallback applies them once."""
    app = make_app()
    is_on = False

    def count(endpoint: str, values: dict[str, Any]) -> None:
        if is_on:
            values["n"] = values.get("n", 0) + 1

    app.url_default_functions["admin"].append(count)
    for is_on in (False, False, True, True):
        added = "n=1&" if is_on else ""
        assert ask(app, "adm.js", "admin.static").endswith(f"adm.js?{added}t=1500000000")
        assert ask(app).endswith(f"bah.js{TIME}")
        assert ask(app, "nope.js", "admin.static") == "/admin/admin_static/nope.js" + ("?n=1" if is_on else "")


def test_failing_url_defaults(make_app: MakeApp) -> None:
    """An error in a url_defaults function reaches the caller."""
    app = make_app(**OFF)
    ask(app)
    app.url_default_functions[None].append(lambda endpoint, values: values["missing"])
    with pytest.raises(KeyError, match="missing"):
        ask(app)


class Scripts(BaseConverter):
    """File names that end in .js."""

    def to_url(self, value: str) -> str:
        if not value.endswith(".js"):
            raise ValidationError
        return super().to_url(value)


def test_build_errors_of_converters(make_app: MakeApp) -> None:
    """A file name that the rule does not take is left to Flask and its handlers."""
    app = make_app(CDN_ENDPOINTS="scripts")
    app.url_map.converters["script"] = Scripts
    app.add_url_rule("/scripts/<script:filename>", "scripts", lambda filename: "")
    app.url_build_error_handlers.append(lambda error, endpoint, values: f"handled:{endpoint}")
    assert ask(app, "a.js", "scripts") == f"{HOST}/scripts/a.js"
    assert ask(app, "a.css", "scripts") == "handled:scripts"


def test_mtime_is_remembered_for_one_second(make_app: MakeApp, root: Path, clock: Clock) -> None:
    """A changed file has its new time in the URL a second later, for each scheme, and not on every call."""
    app = make_app(clock)
    file = root / "static/bah.js"
    for scheme in ("http", "https"):
        assert ask(app, page=f"{scheme}://localhost/").endswith(TIME)
    os.utime(file, (1600000000, 1600000000))
    clock.now += 0.9
    assert ask(app).endswith(TIME)
    clock.now += 0.1
    for scheme in ("https", "http"):
        assert ask(app, page=f"{scheme}://localhost/").endswith("t=1600000000")
    file.unlink()
    clock.now += 1
    assert ask(app) == "/static/bah.js"


def test_debug_is_looked_at_on_each_call(make_app: MakeApp) -> None:
    """Turning app.debug on and off takes effect at once, also for what is remembered."""
    app = make_app()
    for debug, expected in [(False, "http://cdn"), (True, "/static"), (False, "http://cdn"), (True, "/static")]:
        app.debug = debug
        assert ask(app).startswith(expected)


def test_debug_needs_no_manifest(make_app: MakeApp, server: ManifestServer, caplog: pytest.LogCaptureFixture) -> None:
    """While debugging, the manifest is not fetched; it is when debugging ends."""
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL=server.add("/m", MANIFEST.encode()), DEBUG=True)
    assert ask(app) == "/static/bah.js"
    CDN.reload(app)
    assert (server.requests, caplog.records) == ([], [])
    app.debug = False
    assert ask(app).endswith("c=cccccccc")
    assert server.requests == ["/m"]


@pytest.mark.parametrize("config", [{}, LISTED])
def test_missing_asset(make_app: MakeApp, config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """A missing asset has Flask's URL and is logged once; in strict mode it is an error that names it."""
    app, strict = make_app(**config), make_app(CDN_STRICT=True, **config)
    for _ in range(3):
        assert ask(app, "a b\n.js", x=1) == "/static/a%20b%0A.js?x=1"
    [record] = caplog.records
    assert (record.name, record.levelno) == ("flask_cdn_stack", logging.WARNING)
    assert record.getMessage().startswith("/static/a%20b%0A.js ")
    with pytest.raises(MissingAssetError, match=r"/static/nope\.js"):
        ask(strict, "nope.js")
    assert ask(app) == ask(strict) != "/static/bah.js"
    with strict.test_request_context():
        assert url_for("index") == "/"


def test_missing_assets_are_bounded(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    """However many names are asked for, a bounded number is logged and kept."""
    with make_app().test_request_context():
        for number in range(MAX_REPORTED + 50):
            url_for("static", filename=f"nope{number}.js")
    assert len(caplog.records) == MAX_REPORTED + 1
    assert "no further one" in caplog.records[-1].getMessage()


@pytest.mark.parametrize("text", [None, b"\xff", b"# flask-cdn-stack manifest\na  b"])
def test_damaged_manifest(
    make_app: MakeApp, manifest: Path, text: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a whole manifest every URL is Flask's own, and one line says so; strict mode raises each time."""
    manifest.unlink() if text is None else manifest.write_bytes(text)
    app, strict = make_app(**LISTED), make_app(CDN_STRICT=True, **LISTED)
    for filename in ("bah.js", "css/app.css", "bah.js"):
        assert ask(app, filename) == f"/static/{filename}"
        with pytest.raises(ManifestError, match=r"m\.txt"):
            ask(strict, filename)
    [record] = caplog.records
    assert record.name == "flask_cdn_stack"
    assert "m.txt" in record.getMessage()


def test_manifest_without_location(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    """CDN_MANIFEST without CDN_MANIFEST_URL is a missing manifest."""
    assert ask(make_app(CDN_MANIFEST=True)) == "/static/bah.js"
    assert "CDN_MANIFEST_URL" in caplog.text


def test_str_subclasses_are_built_as_flask_does(make_app: MakeApp) -> None:
    """A str that prints as another text is not mistaken for the text it holds."""

    class Name(str):
        def __str__(self) -> str:
            return "other.js"

    app = make_app(**OFF)
    ask(app)
    assert ask(app, Name("bah.js")).endswith("/static/other.js")


def test_override(make_app: MakeApp) -> None:
    """With the override, Flask's own function gives the CDN's URLs, and None means not given there."""
    app = make_app(CDN_OVERRIDE_FLASK_URL_FOR=True, **LISTED)
    expected = f"{HOST}/static/bah.js?c=cccccccc"
    with app.test_request_context():
        for _ in range(2):
            assert flask.url_for("static", filename="bah.js") == expected
            assert flask.url_for("static", filename="bah.js", _external=True) == expected
            assert flask.url_for("static", filename="bah.js", _scheme=None) == expected
            assert url_for("static", filename="bah.js", _scheme=None) == expected.removeprefix("http:")
        assert flask.url_for("static", filename="bah.js", _scheme="https").startswith("https://cdn")
        assert flask.url_for("static", filename="bah.js", _scheme="").startswith("//cdn")
        assert flask.url_for("static", filename="bah.js", _anchor="x", _method="GET") == expected + "#x"
        assert flask.url_for("static", filename="nope.js", _external=True) == "http://localhost/static/nope.js"
        assert flask.url_for("static", filename="bah.js") == expected, "nothing of that is remembered"
        assert flask.url_for("index", _anchor="x") == "/#x"
        with pytest.raises(BuildError):
            flask.url_for("static")
    assert app.url_for("static", filename="bah.js") == expected


@pytest.mark.parametrize(
    ("config", "start"),
    [(OFF, f"{HOST}/static/"), ({}, "/static/"), (VERSIONED, "/static/"), (LISTED | {"CDN_STRICT": True}, "/static/")],
)
def test_folders(make_app: MakeApp, config: dict[str, Any], start: str) -> None:
    """The URL of a folder, behind which scripts put names, never carries a version."""
    app = make_app(**config)
    assert [ask(app, name) for name in ("", "css/", "nothing/")] == [start, f"{start}css/", f"{start}nothing/"]

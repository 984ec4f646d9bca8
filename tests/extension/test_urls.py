from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask
import pytest
from flask import Blueprint, Flask
from markupsafe import Markup
from werkzeug.routing import BaseConverter, BuildError, ValidationError

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.errors import ManifestError, MissingAssetError
from flask_cdn_stack.extension.state import MAX_REMEMBERED, MAX_REPORTED

if TYPE_CHECKING:
    from .conftest import Clock, MakeApp, ManifestServer

MANIFEST = """\
# flask-cdn-stack manifest
aaaaaaaa  admin/admin_static/adm.js
bbbbbbbb  static/a%2Bb.js
cccccccc  static/bah.js
dddddddd  static/css/app.css
eeeeeeee  static/uni%C3%A9.js
"""


@pytest.fixture
def manifest(root: Path) -> dict[str, Any]:
    """Config for a manifest beside the app."""
    (root / "m.txt").write_text(MANIFEST)
    return {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"}


OFF = {"CDN_TIMESTAMP": False}


@pytest.mark.parametrize(
    ("config", "endpoint", "values", "expected"),
    [
        (OFF, "static", {"filename": "bah.js", "v": "2"}, "http://cdn.example.net/static/bah.js?v=2"),
        (OFF, "static", {"v": ["1", "2"], "filename": "bah.js"}, "http://cdn.example.net/static/bah.js?v=1&v=2"),
        (OFF, "static", {"filename": "bah.js", "v": None}, "http://cdn.example.net/static/bah.js"),
        (OFF, "static", {"filename": "nope.js"}, "http://cdn.example.net/static/nope.js"),
        (OFF, "static", {"filename": ""}, "http://cdn.example.net/static/"),
        (OFF, "static", {"filename": 5}, "http://cdn.example.net/static/5"),
        (OFF, "static", {"filename": Path("css/app.css")}, "http://cdn.example.net/static/css/app.css"),
        (OFF, "static", {"filename": Markup("a.js")}, "http://cdn.example.net/static/a.js"),
        (OFF, "static", {"filename": "a+b.js"}, "http://cdn.example.net/static/a%2Bb.js"),
        (OFF, "static", {"filename": "a.js", "q": "1&1 2"}, "http://cdn.example.net/static/a.js?q=1%261+2"),
        (OFF, "static", {"filename": "a.js", "_external": True}, "http://cdn.example.net/static/a.js"),
        (OFF, "static", {"filename": "a.js", "_external": False}, "http://cdn.example.net/static/a.js"),
        (OFF, "static", {"filename": "a.js", "_method": "POST"}, "http://cdn.example.net/static/a.js"),
        (OFF, "static", {"filename": "a.js", "_scheme": "https"}, "https://cdn.example.net/static/a.js"),
        (OFF, "static", {"filename": "a.js", "_scheme": None}, "//cdn.example.net/static/a.js"),
        (OFF, "static", {"filename": "a.js", "_scheme": ""}, "//cdn.example.net/static/a.js"),
        (OFF, "static", {"filename": "a.js", "_anchor": "a b/ü"}, "http://cdn.example.net/static/a.js#a%20b/%C3%BC"),
        (OFF, "static", {"filename": "a.js", "_anchor": ""}, "http://cdn.example.net/static/a.js#"),
        (OFF, "admin.static", {"filename": "adm.js"}, "http://cdn.example.net/admin/admin_static/adm.js"),
        (OFF, "again.static", {"filename": "adm.js"}, "http://cdn.example.net/again/admin_static/adm.js"),
        (OFF, "media", {"filename": "pic.png"}, "/media/pic.png"),
        (OFF, "index", {}, "/"),
        (OFF, "index", {"filename": "x"}, "/?filename=x"),
        (OFF, "view.static", {}, "/page"),
        (OFF, "view.static", {"filename": "x"}, "/page?filename=x"),
        (OFF, "tongue.static", {"filename": "x", "lang": "cs"}, "/cs/files/x"),
        (OFF | {"CDN_ENDPOINTS": []}, "static", {"filename": "a.js"}, "/static/a.js"),
        (OFF | {"CDN_ENDPOINTS": "media"}, "media", {"filename": "a"}, "http://cdn.example.net/media/a"),
        (OFF | {"CDN_ENDPOINTS": "media"}, "static", {"filename": "a"}, "/static/a"),
        (OFF | {"CDN_VERSION": 7}, "static", {"filename": "a"}, "http://cdn.example.net/static/a?v=7"),
        (
            OFF | {"CDN_VERSION": 7},
            "static",
            {"v": "mine", "filename": "a", "x": 1},
            "http://cdn.example.net/static/a?v=7&x=1",
        ),
        ({"CDN_VERSION": 7}, "static", {"filename": "bah.js"}, "http://cdn.example.net/static/bah.js?t=1400000000&v=7"),
        (
            {},
            "static",
            {"t": "mine", "filename": "bah.js", "x": 1},
            "http://cdn.example.net/static/bah.js?t=1400000000&x=1",
        ),
        ({}, "static", {"filename": "css/"}, "/static/css/"),
        ({}, "static", {"filename": Path("bah.js")}, "http://cdn.example.net/static/bah.js?t=1400000000"),
        ({}, "admin.static", {"filename": "both.js"}, "http://cdn.example.net/admin/admin_static/both.js?t=1500000001"),
        ({}, "again.static", {"filename": "both.js"}, "http://cdn.example.net/again/admin_static/both.js?t=1500000001"),
        ({}, "static", {"filename": "both.js"}, "http://cdn.example.net/static/both.js?t=1400000002"),
        (
            {},
            "parent.child.static",
            {"filename": "kid.js"},
            "http://cdn.example.net/parent/child/child_static/kid.js?t=1500000002",
        ),
        ({"CDN_ENDPOINTS": "static media"}, "media", {"filename": "pic.png"}, "http://cdn.example.net/media/pic.png"),
        ({}, "static", {"filename": "nope.js"}, "/static/nope.js"),
        ({}, "static", {"filename": "../secret.txt"}, "/static/../secret.txt"),
        ({"CDN_DOMAIN": None}, "static", {"filename": "bah.js"}, "/static/bah.js"),
        ({"CDN_DOMAIN": "x.net:81/Pre"} | OFF, "static", {"filename": "a"}, "http://x.net:81/Pre/static/a"),
        ({"CDN_DEBUG": True}, "static", {"filename": "bah.js", "_external": True}, "http://localhost/static/bah.js"),
    ],
)
def test_url(make_app: MakeApp, config: dict[str, Any], endpoint: str, values: dict[str, Any], expected: str) -> None:
    """Each URL is built by the rules, the first time and from memory, whatever page is shown."""
    app = make_app(**config)
    for page in ("/", "/admin/page"):
        with app.test_request_context(page):
            assert [url_for(endpoint, **values) for _ in range(3)] == [expected] * 3


@pytest.mark.parametrize(
    ("config", "values", "expected"),
    [
        ({}, {"filename": "bah.js"}, "/static/bah.js?c=cccccccc"),
        ({}, {"filename": "unié.js"}, "/static/uni%C3%A9.js?c=eeeeeeee"),
        ({}, {"filename": "a+b.js"}, "/static/a%2Bb.js?c=bbbbbbbb"),
        ({"CDN_CHECKSUM_LENGTH": 3}, {"filename": "bah.js"}, "/static/bah.js?c=ccc"),
        ({"CDN_CHECKSUM_LENGTH": 99}, {"filename": "bah.js"}, "/static/bah.js?c=cccccccc"),
        ({}, {"filename": "bah.js", "c": "mine", "x": "1"}, "/static/bah.js?c=cccccccc&x=1"),
        ({}, {"x": "1", "filename": "bah.js"}, "/static/bah.js?x=1&c=cccccccc"),
        ({"CDN_VERSION": "2"}, {"filename": "bah.js"}, "/static/bah.js?c=cccccccc&v=2"),
        ({"CDN_TIMESTAMP": False}, {"filename": "bah.js"}, "/static/bah.js?c=cccccccc"),
        ({"CDN_TIMESTAMP": True}, {"filename": "bah.js"}, "/static/bah.js?t=1400000000"),
    ],
)
def test_checksums(
    make_app: MakeApp, manifest: dict[str, Any], config: dict[str, Any], values: dict[str, Any], expected: str
) -> None:
    """The manifest's checksum stands after the caller's values, or where the caller put one."""
    app = make_app(**manifest, **config)
    with app.test_request_context():
        assert [url_for("static", **values) for _ in range(2)] == ["http://cdn.example.net" + expected] * 2


def test_relative_endpoints(make_app: MakeApp, manifest: dict[str, Any]) -> None:
    """An endpoint with a leading dot belongs to the blueprint of the request, as in Flask."""
    app = make_app(**manifest)
    with app.test_request_context("/admin/page"):
        assert url_for(".static", filename="adm.js").endswith("/admin/admin_static/adm.js?c=aaaaaaaa")
    with app.test_request_context("/"):
        assert url_for(".static", filename="bah.js").endswith("/static/bah.js?c=cccccccc")
    with app.app_context(), pytest.raises(RuntimeError, match="SERVER_NAME"):
        url_for(".static", filename="bah.js")


@pytest.mark.parametrize(
    ("https", "page", "expected"),
    [
        (None, "http://localhost/", "http:"),
        (None, "https://localhost/", "https:"),
        (True, "http://localhost/", "https:"),
        (False, "https://localhost/", "http:"),
        ("false", "https://localhost/", "http:"),
    ],
)
def test_scheme_of_the_request(make_app: MakeApp, https: object, page: str, expected: str) -> None:
    """CDN_HTTPS decides; where it does not, each request does."""
    app = make_app(CDN_HTTPS=https)
    for base_url in (page, "http://localhost/", page):
        with app.test_request_context(base_url=base_url):
            url = url_for("static", filename="bah.js")
    assert url.partition("//")[0] == expected


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
    app = make_app(PREFERRED_URL_SCHEME=preferred, **OFF)
    with app.app_context():
        assert {url_for("static", filename="bah.js") for _ in range(2)} == {
            f"{preferred}://cdn.example.net/static/bah.js"
        }


def test_mount_point(make_app: MakeApp) -> None:
    """Where the app is mounted is not part of an asset's path, and still is of the app's own URLs."""
    app = make_app(**OFF)
    with app.test_request_context(base_url="http://localhost/sub"):
        assert url_for("static", filename="bah.js") == "http://cdn.example.net/static/bah.js"
        assert url_for("index") == "/sub/"


@pytest.mark.parametrize("config", [OFF, {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"}])
def test_url_defaults(make_app: MakeApp, root: Path, config: dict[str, Any]) -> None:
    """Functions registered with url_defaults add to an asset's values, before and after it is remembered."""
    (root / "m.txt").write_text(MANIFEST)
    app = make_app(**config)
    stamp = "c=cccccccc" if "CDN_MANIFEST" in config else ""

    def query() -> str:
        return url_for("static", filename="bah.js").partition("?")[2]

    with app.test_request_context():
        assert query() == stamp
        extra: dict[str, str] = {}
        app.url_default_functions[None].append(lambda endpoint, values: values.update(_repeat(values, extra)))
        assert query() == stamp
        extra["lang"] = "cs"
        assert query() == "&".join(["lang=cs", *filter(None, [stamp])])
        extra.clear()
        assert query() == stamp
        extra["filename"] = "css/app.css"
        assert "css/app.css" in url_for("static", filename="bah.js")


def _repeat(values: dict[str, Any], extra: dict[str, str]) -> dict[str, str]:
    return {name: values.get(name, "") + value if name != "filename" else value for name, value in extra.items()}


def test_url_defaults_of_a_blueprint(make_app: MakeApp) -> None:
    """Defaults of a blueprint reach its own static files and no others; a fallback applies them once."""
    app = make_app()
    app.url_default_functions["admin"].append(lambda endpoint, values: values.update(n=values.get("n", 0) + 1))
    with app.test_request_context():
        for _ in range(2):
            assert url_for("admin.static", filename="adm.js").endswith("adm.js?n=1&t=1500000000")
            assert url_for("static", filename="bah.js").endswith("bah.js?t=1400000000")
            assert url_for("admin.static", filename="nope.js") == "/admin/admin_static/nope.js?n=1"


def test_failing_url_defaults(make_app: MakeApp) -> None:
    """An error in a url_defaults function reaches the caller."""
    app = make_app(**OFF)
    with app.test_request_context():
        url_for("static", filename="bah.js")
        app.url_default_functions[None].append(lambda endpoint, values: values["missing"])
        with pytest.raises(KeyError, match="missing"):
            url_for("static", filename="bah.js")


def test_build_errors(make_app: MakeApp) -> None:
    """What cannot be built goes to Flask, which asks the app's handlers."""
    app = make_app()
    calls: list[tuple[str, dict[str, Any]]] = [
        ("static", {}),
        ("static", {"filename": None}),
        ("nothing", {}),
        ("x.static", {"filename": "a"}),
    ]
    with app.test_request_context():
        for endpoint, values in calls:
            with pytest.raises(BuildError):
                url_for(endpoint, **values)
        app.url_build_error_handlers.append(lambda error, endpoint, values: f"handled:{endpoint}")
        for endpoint, values in calls:
            assert url_for(endpoint, **values) == f"handled:{endpoint}"


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
    with app.test_request_context():
        assert url_for("scripts", filename="a.js") == "http://cdn.example.net/scripts/a.js"
        assert url_for("scripts", filename="a.css") == "handled:scripts"


def test_flask_sees_special_values(make_app: MakeApp) -> None:
    """A URL that stays Flask's own keeps its anchor, scheme and the rest."""
    app = make_app()
    with app.test_request_context():
        assert url_for("index", _anchor="a", _scheme="https", _external=True) == "https://localhost/#a"
        assert url_for("static", filename="nope.js", _anchor="a", _external=True) == "http://localhost/static/nope.js#a"
        assert url_for("index", _scheme=None) == "/"


def test_host_matching(root: Path) -> None:
    """The host of a static rule gives way to the CDN's."""
    app = Flask("shop", root_path=str(root), host_matching=True, static_host="static.example.net")
    app.config.update(CDN_DOMAIN="cdn.example.net", CDN_TIMESTAMP=False)
    CDN(app)
    with app.test_request_context(base_url="http://www.example.net/"):
        assert url_for("static", filename="bah.js") == "http://cdn.example.net/static/bah.js"


def test_mtime_is_remembered_for_one_second(make_app: MakeApp, root: Path, clock: Clock) -> None:
    """A changed file has its new time in the URL a second later, and not on every call."""
    app = make_app(clock)
    file = root / "static/bah.js"
    with app.test_request_context():
        assert url_for("static", filename="bah.js").endswith("t=1400000000")
        os.utime(file, (1600000000, 1600000000))
        clock.now += 0.9
        assert url_for("static", filename="bah.js").endswith("t=1400000000")
        clock.now += 0.1
        assert url_for("static", filename="bah.js").endswith("t=1600000000")
        file.unlink()
        clock.now += 1
        assert url_for("static", filename="bah.js") == "/static/bah.js"


def test_mtime_is_remembered_for_each_scheme(make_app: MakeApp, root: Path, clock: Clock) -> None:
    """A request over https does not renew what requests over http have remembered."""
    app = make_app(clock, CDN_HTTPS=None)

    def ask(scheme: str) -> str:
        with app.test_request_context(base_url=f"{scheme}://localhost/"):
            return url_for("static", filename="bah.js")

    for scheme in ("http", "https"):
        assert ask(scheme) == f"{scheme}://cdn.example.net/static/bah.js?t=1400000000"
    os.utime(root / "static/bah.js", (1600000000, 1600000000))
    clock.now += 2
    for scheme in ("https", "http"):
        assert ask(scheme) == f"{scheme}://cdn.example.net/static/bah.js?t=1600000000"


def test_secrets_outside_the_folder(make_app: MakeApp, root: Path) -> None:
    """Names that leave the folder give away no modification time."""
    app = make_app()
    with app.test_request_context():
        for name in ("../secret.txt", str(root / "secret.txt"), "css/../../secret.txt", "a\0b"):
            assert "t=" not in url_for("static", filename=name)


def test_debug_is_looked_at_on_each_call(make_app: MakeApp) -> None:
    """Turning app.debug on and off takes effect at once, also for what is remembered."""
    app = make_app()
    with app.test_request_context():
        for debug, expected in [(False, "http://cdn"), (True, "/static"), (False, "http://cdn"), (True, "/static")]:
            app.debug = debug
            assert url_for("static", filename="bah.js").startswith(expected)


@pytest.mark.parametrize(("setting", "expected"), [(True, "/static"), (False, "http://cdn"), ("off", "http://cdn")])
def test_debug_setting_wins(make_app: MakeApp, setting: object, expected: str) -> None:
    """CDN_DEBUG says more than app.debug."""
    app = make_app(CDN_DEBUG=setting)
    with app.test_request_context():
        for app.debug in (False, True):
            assert url_for("static", filename="bah.js").startswith(expected)


def test_debug_needs_no_manifest(make_app: MakeApp, server: ManifestServer, caplog: pytest.LogCaptureFixture) -> None:
    """While debugging, the manifest is not fetched; it is when debugging ends."""
    url = server.add("/m", MANIFEST.encode())
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL=url)
    app.debug = True
    with app.test_request_context():
        assert url_for("static", filename="bah.js") == "/static/bah.js"
        CDN.reload(app)
        assert (server.requests, caplog.records) == ([], [])
        app.debug = False
        assert url_for("static", filename="bah.js").endswith("c=cccccccc")
    assert server.requests == ["/m"]


@pytest.mark.parametrize("config", [{}, {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"}])
def test_missing_asset(make_app: MakeApp, root: Path, config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """A missing asset has Flask's URL and is logged once; the others stay on the CDN."""
    (root / "m.txt").write_text(MANIFEST)
    app = make_app(**config)
    with app.test_request_context():
        for _ in range(3):
            assert url_for("static", filename="a b\n.js", x=1) == "/static/a%20b%0A.js?x=1"
        assert url_for("static", filename="bah.js").startswith("http://cdn")
    [record] = caplog.records
    assert (record.name, record.levelno) == ("flask_cdn_stack", logging.WARNING)
    assert record.getMessage().startswith("/static/a%20b%0A.js ")


def test_missing_assets_are_bounded(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    """However many names are asked for, a bounded number is logged and kept."""
    app = make_app()
    with app.test_request_context():
        for number in range(MAX_REPORTED + 50):
            url_for("static", filename=f"nope{number}.js")
    assert len(caplog.records) == MAX_REPORTED + 1
    assert "no further one" in caplog.records[-1].getMessage()


@pytest.mark.parametrize("config", [{}, {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"}])
def test_strict_missing_asset(make_app: MakeApp, root: Path, config: dict[str, Any]) -> None:
    """In strict mode a missing asset is an error that names it."""
    (root / "m.txt").write_text(MANIFEST)
    app = make_app(CDN_STRICT=True, **config)
    with app.test_request_context():
        assert url_for("static", filename="bah.js").startswith("http://cdn")
        with pytest.raises(MissingAssetError, match=r"/static/nope\.js"):
            url_for("static", filename="nope.js")
        assert url_for("index") == "/"


@pytest.mark.parametrize(
    "text", [None, b"\xff", b"# flask-cdn-stack manifest\nabc\n", b"# flask-cdn-stack manifest\na  b"]
)
def test_damaged_manifest(make_app: MakeApp, root: Path, text: bytes | None, caplog: pytest.LogCaptureFixture) -> None:
    """Without a whole manifest every URL is Flask's own, and one line says so; strict mode raises each time."""
    if text is not None:
        (root / "m.txt").write_bytes(text)
    config = {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"}
    app = make_app(**config)
    with app.test_request_context():
        for filename in ("bah.js", "css/app.css", "bah.js"):
            assert url_for("static", filename=filename) == f"/static/{filename}"
    [record] = caplog.records
    assert record.name == "flask_cdn_stack"
    assert "m.txt" in record.getMessage()
    strict = make_app(CDN_STRICT=True, **config)
    with strict.test_request_context():
        for _ in range(2):
            with pytest.raises(ManifestError, match=r"m\.txt"):
                url_for("static", filename="bah.js")
    assert len(caplog.records) == 1


def test_manifest_without_location(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    """CDN_MANIFEST without CDN_MANIFEST_URL is a missing manifest."""
    app = make_app(CDN_MANIFEST=True)
    with app.test_request_context():
        assert url_for("static", filename="bah.js") == "/static/bah.js"
    assert "CDN_MANIFEST_URL" in caplog.text


def test_dead_server_is_asked_once(make_app: MakeApp, server: ManifestServer, caplog: pytest.LogCaptureFixture) -> None:
    """A server that fails is not asked again until the app reloads."""
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL=server.add("/m", b"", 503))
    with app.test_request_context():
        for _ in range(5):
            assert url_for("static", filename="bah.js") == "/static/bah.js"
        assert (len(server.requests), len(caplog.records)) == (1, 1)
        CDN.reload(app)
        assert (len(server.requests), len(caplog.records)) == (2, 2)
        server.add("/m", MANIFEST.encode())
        CDN.reload(app)
        assert url_for("static", filename="bah.js").endswith("c=cccccccc")


def test_manifest_timeout(make_app: MakeApp, server: ManifestServer) -> None:
    """CDN_MANIFEST_TIMEOUT and CDN_MANIFEST_MAX_BYTES reach the reader."""
    url = server.add("/m", MANIFEST.encode())
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL=url, CDN_MANIFEST_MAX_BYTES=20, CDN_STRICT=True)
    with app.test_request_context(), pytest.raises(ManifestError, match="larger than 20 bytes"):
        url_for("static", filename="bah.js")


def test_memory_is_bounded(make_app: MakeApp, manifest: dict[str, Any]) -> None:
    """Names that users make up do not fill the memory, with or without a manifest."""
    plain, listed = make_app(**OFF), make_app(**manifest)
    for app, limit in ((plain, MAX_REMEMBERED), (listed, 2)):
        for number in range(MAX_REMEMBERED + 20):
            with app.test_request_context(base_url=f"http{'s' * (number % 2)}://localhost/"):
                url_for("static", filename=f"made-up{number}.js")
                url_for("static", filename="bah.js")
        remembered = app.extensions["cdn"].states.get().remembered
        assert 0 < sum(len(names) for known in remembered.values() for names in known.values()) <= limit


def test_special_values_are_not_remembered(make_app: MakeApp) -> None:
    """A call with an anchor or a scheme leaves nothing behind for the next one."""
    app = make_app(CDN_HTTPS=True, **OFF)
    with app.test_request_context():
        url_for("static", filename="bah.js", _anchor="x")
        url_for("static", filename="bah.js", _scheme="http")
        assert url_for("static", filename="bah.js") == "https://cdn.example.net/static/bah.js"
        assert url_for("static", filename="bah.js", _anchor="x").endswith("bah.js#x")


def test_str_subclasses_are_built_as_flask_does(make_app: MakeApp) -> None:
    """A str that prints as another text is not mistaken for the text it holds."""

    class Name(str):
        def __str__(self) -> str:
            return "other.js"

    app = make_app(**OFF)
    with app.test_request_context():
        url_for("static", filename="bah.js")
        assert url_for("static", filename=Name("bah.js")).endswith("/static/other.js")


def test_late_blueprint(make_app: MakeApp, root: Path) -> None:
    """A blueprint that is registered after the first URL is found."""
    app = make_app()
    with app.test_request_context():
        url_for("static", filename="bah.js")
    app.register_blueprint(Blueprint("late", "shop", url_prefix="/late", static_folder="media", root_path=str(root)))
    with app.test_request_context():
        assert url_for("late.static", filename="pic.png").endswith("/late/media/pic.png?t=1500000003")


def test_override(make_app: MakeApp, manifest: dict[str, Any]) -> None:
    """With the override, Flask's own function gives the CDN's URLs, and None means not given there."""
    app = make_app(CDN_OVERRIDE_FLASK_URL_FOR=True, **manifest)
    expected = "http://cdn.example.net/static/bah.js?c=cccccccc"
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
        assert flask.url_for("index", _anchor="x") == "/#x"
        with pytest.raises(BuildError):
            flask.url_for("static")
    assert app.url_for("static", filename="bah.js") == expected


def test_no_override(make_app: MakeApp) -> None:
    """Without the override, Flask's own function is left alone."""
    app = make_app()
    with app.test_request_context():
        assert flask.url_for("static", filename="bah.js") == "/static/bah.js"


@pytest.mark.parametrize("filename", ["", "css/", "nothing/"])
@pytest.mark.parametrize(
    ("config", "start"),
    [
        (OFF, "http://cdn.example.net/static/"),
        ({}, "/static/"),
        (OFF | {"CDN_VERSION": "1"}, "/static/"),
        (OFF | {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt", "CDN_STRICT": True}, "/static/"),
    ],
)
def test_folders(make_app: MakeApp, root: Path, config: dict[str, Any], start: str, filename: str) -> None:
    """The URL of a folder, behind which scripts put names, never carries a version."""
    (root / "m.txt").write_text("7fde  static/bah.js\n")
    with make_app(**config).test_request_context():
        assert url_for("static", filename=filename) == start + filename
